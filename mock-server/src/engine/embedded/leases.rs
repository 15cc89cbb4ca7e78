//! The leases that are held: by token, by the time at which they end, and by worker.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::queue::{Place, SegmentRef};
use crate::engine::{LeaseToken, WorkerId};

/// One lease that is held.
#[derive(Debug)]
pub(super) struct HeldLease {
    pub(super) segment: SegmentRef,
    pub(super) worker: WorkerId,
    /// The place in line that it was taken from.
    pub(super) place: Place,
    /// What the segment's wait in the queue was before this lease, should the lease be given back.
    pub(super) earlier_wait: Option<Duration>,
    /// Cancelled when the lease is lost.
    pub(super) lost: CancellationToken,
}

/// The leases that are held. All operations cost O(log n).
#[derive(Debug, Default)]
pub(super) struct Leases {
    held: HashMap<LeaseToken, (HeldLease, Instant)>,
    by_end: BTreeSet<(Instant, LeaseToken)>,
    by_worker: HashMap<WorkerId, BTreeSet<LeaseToken>>,
    issued: u128,
}

impl Leases {
    /// A token that was never used before.
    pub(super) fn next_token(&mut self) -> LeaseToken {
        self.issued += 1;
        LeaseToken(self.issued)
    }

    pub(super) fn hold(&mut self, token: LeaseToken, lease: HeldLease, ends: Instant) {
        self.by_worker
            .entry(lease.worker.clone())
            .or_default()
            .insert(token);
        self.by_end.insert((ends, token));
        self.held.insert(token, (lease, ends));
    }

    /// Moves a lease's end; `None` when it is not held.
    pub(super) fn extend(&mut self, token: LeaseToken, ends: Instant) -> Option<()> {
        let (_, end) = self.held.get_mut(&token)?;
        self.by_end.remove(&(*end, token));
        self.by_end.insert((ends, token));
        *end = ends;
        Some(())
    }

    /// Ends a lease; `None` when it is not held.
    pub(super) fn end(&mut self, token: LeaseToken) -> Option<HeldLease> {
        let (lease, end) = self.held.remove(&token)?;
        self.by_end.remove(&(end, token));
        if let Some(tokens) = self.by_worker.get_mut(&lease.worker) {
            tokens.remove(&token);
            if tokens.is_empty() {
                self.by_worker.remove(&lease.worker);
            }
        }
        Some(lease)
    }

    /// Ends the lease that expired first, if one has by `now`.
    pub(super) fn end_expired(&mut self, now: Instant) -> Option<(LeaseToken, HeldLease)> {
        let (_, token) = *self.by_end.first().filter(|(end, _)| *end <= now)?;
        self.end(token).map(|lease| (token, lease))
    }

    /// When the next lease ends.
    pub(super) fn first_end(&self) -> Option<Instant> {
        self.by_end.first().map(|(end, _)| *end)
    }

    /// The tokens that a worker holds, oldest first.
    pub(super) fn of_worker(&self, worker: &WorkerId) -> Vec<LeaseToken> {
        self.by_worker
            .get(worker)
            .map_or_else(Vec::new, |tokens| tokens.iter().copied().collect())
    }
}
