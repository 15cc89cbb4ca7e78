//! The stored jobs, with the indices that keep every look-up at O(log n), and the limits on how many are kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use audio_api::{JobId, JobStatus};

use super::{clock::Clock, job::Job};
use crate::engine::state::{IllegalTransition, JobEvent, JobState};

/// A job's place in the order of submission.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct JobKey(pub(super) u64);

/// The stored jobs.
#[derive(Default)]
pub(super) struct JobTable {
    jobs: BTreeMap<JobKey, Entry>,
    by_id: HashMap<JobId, JobKey>,
    by_status: [BTreeSet<JobKey>; JobStatus::ALL.len()],
    by_idempotency_key: HashMap<String, JobKey>,
    /// In the order in which they ended.
    ended: BTreeMap<u64, JobKey>,
    ended_bytes: u64,
    endings: u64,
    next: JobKey,
}

struct Entry {
    job: Box<Job>,
    /// When it ended, in the order of endings.
    ending: Option<u64>,
}

impl JobTable {
    pub(super) fn insert(&mut self, job: Job) -> JobKey {
        let key = self.next;
        self.next = JobKey(key.0 + 1);
        self.by_id.insert(job.id.clone(), key);
        self.by_status[slot(job.state())].insert(key);
        if let Some(idempotency) = &job.idempotency {
            self.by_idempotency_key.insert(idempotency.key.clone(), key);
        }
        let job = Box::new(job);
        self.jobs.insert(key, Entry { job, ending: None });
        key
    }

    pub(super) fn key_of(&self, id: &JobId) -> Option<JobKey> {
        self.by_id.get(id).copied()
    }

    pub(super) fn get(&self, key: JobKey) -> Option<&Job> {
        self.jobs.get(&key).map(|entry| &*entry.job)
    }

    pub(super) fn get_mut(&mut self, key: JobKey) -> Option<&mut Job> {
        self.jobs.get_mut(&key).map(|entry| &mut *entry.job)
    }

    pub(super) fn by_id(&self, id: &JobId) -> Option<&Job> {
        self.get(self.key_of(id)?)
    }

    /// As [`JobTable::by_id`], with an id that was not made yet.
    pub(super) fn by_name(&self, id: &str) -> Option<&Job> {
        self.get(*self.by_id.get(id)?)
    }

    pub(super) fn by_idempotency_key(&self, key: &str) -> Option<&Job> {
        self.get(*self.by_idempotency_key.get(key)?)
    }

    /// Changes a job's state and its place in the indices. An unknown job is left alone.
    pub(super) fn apply(
        &mut self,
        key: JobKey,
        event: JobEvent,
        clock: Clock,
    ) -> Result<(), IllegalTransition> {
        let Some(entry) = self.jobs.get_mut(&key) else {
            return Ok(());
        };
        let before = entry.job.state();
        entry.job.apply(event, clock)?;
        let after = entry.job.state();
        if slot(before) == slot(after) {
            return Ok(());
        }
        self.by_status[slot(before)].remove(&key);
        self.by_status[slot(after)].insert(key);
        if after.status().is_terminal() {
            entry.ending = Some(self.endings);
            self.ended.insert(self.endings, key);
            self.endings += 1;
            self.ended_bytes += entry.job.size_bytes;
        }
        Ok(())
    }

    /// Forgets a job, with its idempotency key.
    pub(super) fn remove(&mut self, key: JobKey) {
        let Some(Entry { job, ending }) = self.jobs.remove(&key) else {
            return;
        };
        self.by_id.remove(&job.id);
        self.by_status[slot(job.state())].remove(&key);
        if let Some(idempotency) = &job.idempotency {
            self.by_idempotency_key.remove(&idempotency.key);
        }
        if let Some(ending) = ending {
            self.ended.remove(&ending);
            self.ended_bytes -= job.size_bytes;
        }
    }

    /// Forgets the jobs that ended first until at most `jobs` ended ones stay, of at most `bytes` together.
    pub(super) fn retain(&mut self, jobs: usize, bytes: u64) {
        while self.ended.len() > jobs || self.ended_bytes > bytes {
            let Some((_, key)) = self.ended.pop_first() else {
                return;
            };
            self.remove(key);
        }
    }

    /// The jobs in one state, or in any, oldest first.
    pub(super) fn keys(
        &self,
        status: Option<JobStatus>,
        before: Option<JobKey>,
    ) -> Box<dyn DoubleEndedIterator<Item = JobKey> + '_> {
        let before = before.unwrap_or(self.next);
        match status {
            None => Box::new(self.jobs.range(..before).map(|(key, _)| *key)),
            Some(status) => Box::new(self.by_status[status as usize].range(..before).copied()),
        }
    }

    /// How many jobs have not ended.
    pub(super) fn active(&self) -> u64 {
        let active = JobStatus::ALL.into_iter().filter(|status| !status.is_terminal());
        active
            .map(|status| self.by_status[status as usize].len() as u64)
            .sum()
    }

    /// Whether no trace of a job is left.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
            && self.by_id.is_empty()
            && self.by_status.iter().all(BTreeSet::is_empty)
            && self.by_idempotency_key.is_empty()
            && self.ended.is_empty()
            && self.ended_bytes == 0
    }

    /// The jobs that have not ended.
    pub(super) fn active_ids(&self) -> Vec<JobId> {
        let active = JobStatus::ALL.into_iter().filter(|status| !status.is_terminal());
        let keys = active.flat_map(|status| &self.by_status[status as usize]);
        keys.filter_map(|key| self.get(*key))
            .map(|job| job.id.clone())
            .collect()
    }

    /// The key that the next job will get; all that were given out are below.
    pub(super) const fn next_key(&self) -> JobKey {
        self.next
    }
}

const fn slot(state: JobState) -> usize {
    state.status() as usize
}
