//! The merge lock: one merge a job at a time.

use std::time::Duration;

/// Names one take of a merge lock, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MergeLockToken(pub u128);

/// What came of asking for a merge lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeLock {
    /// It is held under this token.
    Acquired {
        /// Hand it back to release the lock.
        token: MergeLockToken,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Another holds it still.
    Held {
        /// How long it was waited for.
        waited: Duration,
    },
}
