//! All that stands behind the engine's lock, and what time itself changes in it.

use audio_api::JobStatus;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    clock::{Clock, later},
    counters::Counters,
    jobs::JobTable,
    leases::Leases,
    queue::Queue,
    workers::Workers,
};
use crate::engine::{CancelReason, EngineConfig, Failure, state::IllegalTransition};

/// Jobs, queue, leases, workers and counters: what has to change together.
pub(super) struct State {
    pub(super) config: EngineConfig,
    pub(super) jobs: JobTable,
    pub(super) queue: Queue,
    pub(super) leases: Leases,
    pub(super) workers: Workers,
    pub(super) counters: Counters,
    /// What time has ended since the last sweep, by whomever it was noticed.
    pub(super) ended_by_time: EndedByTime,
    /// Leases that were lost in this operation; their holders are told once the lock is released.
    pub(super) lost: Vec<CancellationToken>,
    /// What the timekeeper sleeps until; `None` for no end.
    pub(super) alarm: Option<Instant>,
}

/// What time has ended.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct EndedByTime {
    pub(super) leases: u64,
    pub(super) stale_jobs: u64,
}

/// What has to be told once the lock is released.
#[derive(Debug)]
pub(super) struct Effects {
    /// Holders of leases that were lost.
    pub(super) lost: Vec<CancellationToken>,
    /// How many waiting workers have something to take.
    pub(super) announcements: usize,
    /// Whether the next thing to happen by itself is before what the timekeeper sleeps until.
    pub(super) alarm: Alarm,
}

/// Whether the timekeeper has to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alarm {
    Stands,
    Moved,
}

impl State {
    pub(super) fn new(config: EngineConfig) -> Self {
        Self {
            config,
            jobs: JobTable::default(),
            queue: Queue::default(),
            leases: Leases::default(),
            workers: Workers::default(),
            counters: Counters::default(),
            ended_by_time: EndedByTime::default(),
            lost: Vec::new(),
            alarm: None,
        }
    }

    /// Does what time demands; every operation begins with it, so that none sees a lease, worker or job whose time is
    /// over.
    pub(super) fn advance(&mut self, clock: Clock) {
        self.workers.expire(clock.now);
        while let Some((_, lease)) = self.leases.end_expired(clock.now) {
            self.ended_by_time.leases += 1;
            self.lost.push(lease.lost.clone());
            report(
                self.end_attempt(lease.segment, Failure::Synthesis, clock)
                    .map(drop),
            );
        }
        while let Some(key) = self.first_stale(clock) {
            self.ended_by_time.stale_jobs += 1;
            let canceled = self.cancel_job(key, CancelReason::StaleQueued, clock);
            report(canceled);
        }
    }

    /// Ends an operation: drops what is kept no longer, and says whom to tell.
    pub(super) fn settle(&mut self, clock: Clock) -> Effects {
        self.jobs
            .retain(self.config.retain_jobs, self.config.retain_bytes);
        let next = self.next_event();
        let alarm = match (next, self.alarm) {
            (Some(next), Some(alarm)) if next >= alarm => Alarm::Stands,
            (None, _) => Alarm::Stands,
            (Some(next), _) => {
                self.alarm = Some(next);
                Alarm::Moved
            }
        };
        Effects {
            lost: std::mem::take(&mut self.lost),
            announcements: self.queue.take_announcements(clock.now),
            alarm,
        }
    }

    /// What the timekeeper sleeps until from now on.
    pub(super) fn set_alarm(&mut self) -> Option<Instant> {
        self.alarm = self.next_event();
        self.alarm
    }

    /// When something for a waiting worker happens by itself: a segment comes due, or a lease ends.
    pub(super) fn next_event(&self) -> Option<Instant> {
        [self.queue.first_due(), self.leases.first_end()]
            .into_iter()
            .flatten()
            .min()
    }

    /// The first job that has been queued for too long; a job is queued until its first lease, so they are in order.
    fn first_stale(&self, clock: Clock) -> Option<super::jobs::JobKey> {
        let key = self.jobs.keys(Some(JobStatus::Queued), None).next()?;
        let accepted = self.jobs.get(key)?.accepted;
        (later(accepted, self.config.stale_queued_after) <= clock.now).then_some(key)
    }
}

/// Time has no caller to whom an error could be returned; one here is a fault of the engine itself.
fn report(result: Result<(), IllegalTransition>) {
    if let Err(error) = result {
        tracing::error!(%error, "the engine's state is inconsistent");
    }
}
