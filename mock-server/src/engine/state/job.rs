//! The state machine of a job.

use audio_api::{ErrorCode, JobStatus};

use super::IllegalTransition;
use crate::engine::CancelReason;

/// The state of one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// No segment has been leased yet.
    Queued,
    /// At least one segment has been leased.
    InProgress,
    /// Every segment is ready.
    Complete,
    /// Some segments are ready, some failed.
    CompleteWithErrors,
    /// No segment succeeded; the first of them failed for this reason.
    Error(ErrorCode),
    /// Canceled, for this reason.
    Canceled(CancelReason),
}

/// What can happen to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEvent {
    /// A worker takes one of its segments.
    Lease,
    /// Its last segment ended.
    SegmentsEnded(Outcome),
    /// It is canceled.
    Cancel(CancelReason),
}

/// How the segments of a job ended, none of them canceled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All are ready.
    AllReady,
    /// Some are ready, some failed.
    Mixed,
    /// All failed, the first of them for this reason.
    AllFailed(ErrorCode),
}

impl JobState {
    /// The state that `event` leads to.
    ///
    /// # Errors
    /// [`IllegalTransition`] when the event does not fit; whoever asked keeps the state that it has.
    pub const fn after(self, event: JobEvent) -> Result<Self, IllegalTransition> {
        match (self, event) {
            (Self::Queued | Self::InProgress, JobEvent::Lease) => Ok(Self::InProgress),
            (Self::InProgress, JobEvent::SegmentsEnded(Outcome::AllReady)) => Ok(Self::Complete),
            (Self::InProgress, JobEvent::SegmentsEnded(Outcome::Mixed)) => Ok(Self::CompleteWithErrors),
            (Self::InProgress, JobEvent::SegmentsEnded(Outcome::AllFailed(code))) => Ok(Self::Error(code)),
            (Self::Queued | Self::InProgress, JobEvent::Cancel(reason)) => Ok(Self::Canceled(reason)),
            (state, event) => Err(IllegalTransition {
                what: "job",
                state: state.status().as_str(),
                event: event.name(),
            }),
        }
    }

    /// The state's wire name.
    #[must_use]
    pub const fn status(self) -> JobStatus {
        match self {
            Self::Queued => JobStatus::Queued,
            Self::InProgress => JobStatus::InProgress,
            Self::Complete => JobStatus::Complete,
            Self::CompleteWithErrors => JobStatus::CompleteWithErrors,
            Self::Error(_) => JobStatus::Error,
            Self::Canceled(_) => JobStatus::Canceled,
        }
    }

    /// Why the whole job ended without audio.
    #[must_use]
    pub const fn error_code(self) -> Option<ErrorCode> {
        match self {
            Self::Error(code) => Some(code),
            Self::Canceled(reason) => Some(reason.error_code()),
            Self::Queued | Self::InProgress | Self::Complete | Self::CompleteWithErrors => None,
        }
    }
}

impl JobEvent {
    const fn name(&self) -> &'static str {
        match self {
            Self::Lease => "lease",
            Self::SegmentsEnded(_) => "segments ended",
            Self::Cancel(_) => "cancel",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn job_event() -> impl Strategy<Value = JobEvent> {
        prop_oneof![
            Just(JobEvent::Lease),
            Just(JobEvent::SegmentsEnded(Outcome::AllReady)),
            Just(JobEvent::SegmentsEnded(Outcome::Mixed)),
            Just(JobEvent::SegmentsEnded(Outcome::AllFailed(
                ErrorCode::FallbackFailed
            ))),
            Just(JobEvent::Cancel(CancelReason::StaleQueued)),
        ]
    }

    proptest! {
        #[test]
        fn a_job_never_leaves_a_terminal_state_nor_returns_to_the_queue(events in vec(job_event(), 0..40)) {
            let mut state = JobState::Queued;
            for event in events {
                let before = state;
                match state.after(event) {
                    Ok(next) => {
                        prop_assert!(!before.status().is_terminal(), "left {before:?}");
                        prop_assert!(next != JobState::Queued);
                        state = next;
                    }
                    Err(refused) => prop_assert_eq!(refused.state, before.status().as_str()),
                }
            }
        }
    }

    #[test]
    fn a_job_cannot_end_by_its_segments_before_one_was_leased() {
        let ended = JobEvent::SegmentsEnded(Outcome::AllReady);
        assert!(JobState::Queued.after(ended).is_err());
        let running = JobState::Queued.after(JobEvent::Lease);
        assert_eq!(running, Ok(JobState::InProgress));
        assert_eq!(JobState::InProgress.after(JobEvent::Lease), running);
        assert_eq!(JobState::InProgress.after(ended), Ok(JobState::Complete));
    }

    #[test]
    fn the_reason_of_a_failed_or_canceled_job_is_told() {
        let failed = JobState::InProgress.after(JobEvent::SegmentsEnded(Outcome::AllFailed(
            ErrorCode::RetryCapExceeded,
        )));
        assert_eq!(
            failed.map(JobState::error_code),
            Ok(Some(ErrorCode::RetryCapExceeded))
        );
        let stale = JobState::Queued.after(JobEvent::Cancel(CancelReason::StaleQueued));
        assert_eq!(stale.map(JobState::error_code), Ok(Some(ErrorCode::StaleQueued)));
    }
}
