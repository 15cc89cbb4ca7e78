//! Which workers are alive, by their heartbeats.

use std::collections::{BTreeSet, HashMap};

use tokio::time::Instant;

use crate::engine::WorkerId;

/// Workers that gave a heartbeat not long ago. All operations cost O(log n).
#[derive(Debug, Default)]
pub(super) struct Workers {
    until: HashMap<WorkerId, Instant>,
    by_end: BTreeSet<(Instant, WorkerId)>,
}

impl Workers {
    /// Counts a worker as online until `until`.
    pub(super) fn beat(&mut self, worker: &WorkerId, until: Instant) {
        self.forget(worker);
        self.until.insert(worker.clone(), until);
        self.by_end.insert((until, worker.clone()));
    }

    pub(super) fn forget(&mut self, worker: &WorkerId) {
        if let Some(until) = self.until.remove(worker) {
            self.by_end.remove(&(until, worker.clone()));
        }
    }

    /// Drops the workers whose time is over by `now`.
    pub(super) fn expire(&mut self, now: Instant) {
        while self.by_end.first().is_some_and(|(until, _)| *until <= now) {
            if let Some((_, worker)) = self.by_end.pop_first() {
                self.until.remove(&worker);
            }
        }
    }

    /// How many are online, once those whose time is over were dropped.
    pub(super) fn online(&self) -> u64 {
        self.until.len() as u64
    }
}
