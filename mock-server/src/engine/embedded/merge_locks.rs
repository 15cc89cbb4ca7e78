//! Merge locks: one merge a job at a time, waited for in order.
//!
//! Behind a lock of their own, because nothing else changes with them. Only the first in a job's line watches for the
//! holder's end; whoever leaves the front tells the next.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use audio_api::{JobId, MergeLockContention};
use parking_lot::Mutex;
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use super::clock::{later, wire_ms};
use crate::engine::{MergeLock, MergeLockToken};

/// All merge locks, and what waiting for them cost.
#[derive(Debug, Default)]
pub(super) struct MergeLocks(Mutex<Locks>);

#[derive(Debug, Default)]
struct Locks {
    jobs: HashMap<JobId, Lock>,
    issued: u128,
    tickets: u64,
    acquisitions: u64,
    wait_count: u64,
    wait_total: Duration,
    wait_max: Duration,
}

/// One job's lock; kept while it is held or waited for.
#[derive(Debug, Default)]
struct Lock {
    holder: Option<Holder>,
    /// Who waits, in order of arrival.
    line: BTreeMap<u64, Arc<Notify>>,
}

#[derive(Debug, Clone, Copy)]
struct Holder {
    token: MergeLockToken,
    until: Instant,
}

/// One waiting call. Dropped, it leaves the line and its wait is counted, whatever came of it.
struct Waiting<'a> {
    locks: &'a MergeLocks,
    job: &'a JobId,
    ticket: u64,
    woken: Arc<Notify>,
    since: Instant,
    left: bool,
}

/// How a call stands.
enum Turn {
    /// It has the lock.
    Taken(MergeLockToken),
    /// Not yet; by itself that can change at this moment at the earliest.
    NotBefore(Option<Instant>),
}

impl MergeLocks {
    /// Takes a job's lock for `ttl`, waiting up to `wait`.
    pub(super) async fn take(&self, job: &JobId, ttl: Duration, wait: Duration) -> MergeLock {
        let mut waiting = match self.enter(job, ttl) {
            Ok(token) => {
                let waited = Duration::ZERO;
                return MergeLock::Acquired { token, waited };
            }
            Err(waiting) => waiting,
        };
        let deadline = later(waiting.since, wait);
        loop {
            let until = match waiting.try_take(ttl) {
                Turn::Taken(token) => {
                    let waited = waiting.leave();
                    return MergeLock::Acquired { token, waited };
                }
                Turn::NotBefore(moment) => moment.map_or(deadline, |moment| moment.min(deadline)),
            };
            if Instant::now() >= deadline {
                let waited = waiting.leave();
                return MergeLock::Held { waited };
            }
            tokio::select! {
                () = waiting.woken.notified() => {}
                () = sleep_until(until) => {}
            }
        }
    }

    /// Takes a lock that is free and that nobody waits for, or gets in line.
    fn enter<'a>(&'a self, job: &'a JobId, ttl: Duration) -> Result<MergeLockToken, Waiting<'a>> {
        let now = Instant::now();
        let mut locks = self.0.lock();
        let lock = locks.jobs.entry(job.clone()).or_default();
        if lock.line.is_empty() && lock.held_until(now).is_none() {
            return Ok(locks.acquire(job, later(now, ttl)));
        }
        let ticket = locks.tickets;
        locks.tickets += 1;
        let woken = Arc::new(Notify::new());
        if let Some(lock) = locks.jobs.get_mut(job) {
            lock.line.insert(ticket, Arc::clone(&woken));
        }
        Err(Waiting {
            locks: self,
            job,
            ticket,
            woken,
            since: now,
            left: false,
        })
    }

    /// Releases a lock, if `token` holds it.
    pub(super) fn release(&self, job: &JobId, token: MergeLockToken) {
        let mut locks = self.0.lock();
        let Some(lock) = locks.jobs.get_mut(job) else {
            return;
        };
        if lock.holder.is_some_and(|holder| holder.token == token) {
            lock.holder = None;
            lock.wake_first();
            locks.drop_if_idle(job, Instant::now());
        }
    }

    /// Forgets the locks that have expired and that nobody waits for.
    pub(super) fn sweep(&self) {
        let now = Instant::now();
        let mut locks = self.0.lock();
        locks
            .jobs
            .retain(|_, lock| !lock.line.is_empty() || lock.held_until(now).is_some());
    }

    pub(super) fn figures(&self) -> MergeLockContention {
        let locks = self.0.lock();
        MergeLockContention {
            acquisitions: locks.acquisitions,
            wait_count: locks.wait_count,
            wait_total_ms: wire_ms(locks.wait_total),
            wait_max_ms: wire_ms(locks.wait_max),
        }
    }
}

impl Locks {
    fn acquire(&mut self, job: &JobId, until: Instant) -> MergeLockToken {
        self.issued += 1;
        self.acquisitions += 1;
        let token = MergeLockToken(self.issued);
        let lock = self.jobs.entry(job.clone()).or_default();
        lock.holder = Some(Holder { token, until });
        token
    }

    fn count_wait(&mut self, waited: Duration) {
        self.wait_count += 1;
        self.wait_total += waited;
        self.wait_max = self.wait_max.max(waited);
    }

    fn drop_if_idle(&mut self, job: &JobId, now: Instant) {
        let idle = |lock: &Lock| lock.line.is_empty() && lock.held_until(now).is_none();
        if self.jobs.get(job).is_some_and(idle) {
            self.jobs.remove(job);
        }
    }
}

impl Lock {
    /// Until when it is held; `None` when it is free or its holder's time is over.
    fn held_until(&self, now: Instant) -> Option<Instant> {
        self.holder
            .map(|holder| holder.until)
            .filter(|until| now < *until)
    }

    fn wake_first(&self) {
        if let Some((_, first)) = self.line.first_key_value() {
            first.notify_one();
        }
    }
}

impl Waiting<'_> {
    fn try_take(&self, ttl: Duration) -> Turn {
        let now = Instant::now();
        let mut locks = self.locks.0.lock();
        let Some(lock) = locks.jobs.get(self.job) else {
            return Turn::NotBefore(Some(now));
        };
        if lock.line.first_key_value().map(|(ticket, _)| *ticket) != Some(self.ticket) {
            return Turn::NotBefore(None);
        }
        match lock.held_until(now) {
            Some(until) => Turn::NotBefore(Some(until)),
            None => Turn::Taken(locks.acquire(self.job, later(now, ttl))),
        }
    }

    /// Leaves the line, counts the wait, and says how long it was.
    fn leave(&mut self) -> Duration {
        let now = Instant::now();
        let waited = now.saturating_duration_since(self.since);
        if self.left {
            return waited;
        }
        self.left = true;
        let mut locks = self.locks.0.lock();
        locks.count_wait(waited);
        if let Some(lock) = locks.jobs.get_mut(self.job) {
            lock.line.remove(&self.ticket);
            lock.wake_first();
        }
        locks.drop_if_idle(self.job, now);
        waited
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}
