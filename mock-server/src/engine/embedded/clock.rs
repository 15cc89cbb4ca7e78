//! The time of one operation: read once, under the lock, so that operations and their times are in the same order.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// A moment that nothing here lives to see; stands for a wait without an end.
const NEVER: Duration = Duration::from_secs(30 * 365 * 24 * 3_600);

/// One moment on both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// For leases, backoffs and waits.
    pub(super) now: Instant,
    /// For what goes onto the wire.
    pub(super) wall: Timestamp,
}

impl Clock {
    pub(super) fn read() -> Self {
        Self {
            now: Instant::now(),
            wall: Timestamp::now(),
        }
    }

    /// The moment `after` from this one.
    pub(super) fn after(self, after: Duration) -> Instant {
        later(self.now, after)
    }
}

/// The moment `after` from `start`; one too far to be said is [`NEVER`].
pub(super) fn later(start: Instant, after: Duration) -> Instant {
    start.checked_add(after).unwrap_or_else(|| start + NEVER)
}

/// A duration as the wire has it: milliseconds, to the microsecond.
pub(super) fn wire_ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
