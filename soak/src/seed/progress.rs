//! How far it is.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Instant,
};

/// Counts of a load that goes on.
#[derive(Debug)]
pub(super) struct Progress {
    total: u64,
    begun: Instant,
    pub(super) created: AtomicU64,
    pub(super) found: AtomicU64,
    pub(super) told_to_wait: AtomicU64,
}

impl Progress {
    pub(super) fn new(total: u64) -> Self {
        Self {
            total,
            begun: Instant::now(),
            created: AtomicU64::new(0),
            found: AtomicU64::new(0),
            told_to_wait: AtomicU64::new(0),
        }
    }

    pub(super) const fn begun(&self) -> Instant {
        self.begun
    }
}

impl fmt::Display for Progress {
    /// As in `3200 of 20000 jobs, 3100 created and 100 found, 812 a second, 14 times told to wait`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (created, found) = (self.created.load(Relaxed), self.found.load(Relaxed));
        let done = created + found;
        let rate = done as f64 / self.begun.elapsed().as_secs_f64().max(1e-3);
        write!(
            f,
            "{done} of {} jobs, {created} created and {found} found, {rate:.0} a second, {} times told to wait",
            self.total,
            self.told_to_wait.load(Relaxed)
        )
    }
}
