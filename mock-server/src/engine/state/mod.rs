//! The state machines of jobs and segments: which event leads from which state to which.
//!
//! Pure and shared by all engines. A state holds only what is true in it, a terminal state has no way out, and an event
//! that does not fit is an error, never a silent change. What else an event changes (queue, counters, leases) is the
//! engine's.

mod job;
mod segment;

use audio_api::ErrorCode;

use super::CancelReason;

pub use job::{JobEvent, JobState, Outcome};
pub use segment::{SegmentEvent, SegmentState, StoredAudio};

impl CancelReason {
    /// The reason's wire name.
    #[must_use]
    pub const fn error_code(self) -> ErrorCode {
        match self {
            Self::Requested => ErrorCode::Canceled,
            Self::StaleQueued => ErrorCode::StaleQueued,
        }
    }
}

/// An event that does not fit the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("event {event:?} does not fit a {what} in state {state:?}")]
pub struct IllegalTransition {
    /// A job or a segment.
    pub what: &'static str,
    /// The state's wire name.
    pub state: &'static str,
    /// The event.
    pub event: &'static str,
}
