//! Room for a bounded number of what the system has few of: open files, mappings.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// So many rooms.
#[derive(Debug)]
pub(super) struct Rooms(Arc<Semaphore>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct Room(#[expect(dead_code, reason = "held for its end")] OwnedSemaphorePermit);

impl Rooms {
    pub(super) fn at_most(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))))
    }

    /// One more, if there is any.
    pub(super) fn take(&self) -> Option<Room> {
        self.0.clone().try_acquire_owned().ok().map(Room)
    }
}
