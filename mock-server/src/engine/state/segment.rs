//! The state machine of a segment.

use audio_api::{ErrorCode, SegmentStatus};
use jiff::Timestamp;

use super::IllegalTransition;
use crate::engine::{CancelReason, LeaseToken, SegmentResult};

/// The state of one segment.
#[derive(Debug, Clone, PartialEq)]
pub enum SegmentState {
    /// Waits for a worker, at first or again.
    Queued,
    /// Held by a worker under this lease.
    Synthesizing(LeaseToken),
    /// Its audio is stored.
    Ready(Box<StoredAudio>),
    /// Failed for good, for this reason.
    Error(ErrorCode),
    /// Its job was canceled before it was ready, for this reason.
    Canceled(CancelReason),
}

/// What is known of a ready segment's audio.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredAudio {
    /// What the attempt made.
    pub result: SegmentResult,
    /// When it was taken in.
    pub at: Timestamp,
}

/// What can happen to a segment.
#[derive(Debug, Clone, PartialEq)]
pub enum SegmentEvent {
    /// A worker takes it under this lease.
    Lease(LeaseToken),
    /// Its audio was stored.
    Store(Box<StoredAudio>),
    /// The attempt ended without a result and another may follow.
    Requeue,
    /// The attempt failed and none follows.
    Fail(ErrorCode),
    /// Its job is canceled.
    Cancel(CancelReason),
}

impl SegmentState {
    /// The state that `event` leads to.
    ///
    /// # Errors
    /// [`IllegalTransition`] when the event does not fit; whoever asked keeps the state that it has.
    pub fn after(&self, event: SegmentEvent) -> Result<Self, IllegalTransition> {
        match (self, event) {
            (Self::Queued, SegmentEvent::Lease(token)) => Ok(Self::Synthesizing(token)),
            (Self::Synthesizing(_), SegmentEvent::Store(audio)) => Ok(Self::Ready(audio)),
            (Self::Synthesizing(_), SegmentEvent::Requeue) => Ok(Self::Queued),
            (Self::Synthesizing(_), SegmentEvent::Fail(code)) => Ok(Self::Error(code)),
            (Self::Queued | Self::Synthesizing(_), SegmentEvent::Cancel(reason)) => {
                Ok(Self::Canceled(reason))
            }
            (state, event) => Err(IllegalTransition {
                what: "segment",
                state: state.status().as_str(),
                event: event.name(),
            }),
        }
    }

    /// Its audio, once that is stored.
    #[must_use]
    pub fn audio(&self) -> Option<&StoredAudio> {
        match self {
            Self::Ready(audio) => Some(audio),
            _ => None,
        }
    }

    /// The state's wire name.
    #[must_use]
    pub const fn status(&self) -> SegmentStatus {
        match self {
            Self::Queued => SegmentStatus::Queued,
            Self::Synthesizing(_) => SegmentStatus::Synthesizing,
            Self::Ready(_) => SegmentStatus::Ready,
            Self::Error(_) => SegmentStatus::Error,
            Self::Canceled(_) => SegmentStatus::Canceled,
        }
    }

    /// Why there is no audio and will be none; `None` while there may be.
    #[must_use]
    pub const fn error_code(&self) -> Option<ErrorCode> {
        match self {
            Self::Error(code) => Some(*code),
            Self::Canceled(reason) => Some(reason.error_code()),
            Self::Queued | Self::Synthesizing(_) | Self::Ready(_) => None,
        }
    }
}

impl SegmentEvent {
    const fn name(&self) -> &'static str {
        match self {
            Self::Lease(_) => "lease",
            Self::Store(_) => "store",
            Self::Requeue => "requeue",
            Self::Fail(_) => "fail",
            Self::Cancel(_) => "cancel",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::{collection::vec, prelude::*};
    use rstest::rstest;

    use super::*;
    use crate::engine::StageTimes;

    fn audio() -> Box<StoredAudio> {
        Box::new(StoredAudio {
            result: SegmentResult {
                cache_key: "key".to_owned(),
                size_bytes: 1,
                duration: Duration::from_millis(5),
                cached: false,
                times: StageTimes::default(),
            },
            at: Timestamp::UNIX_EPOCH,
        })
    }

    fn segment_event() -> impl Strategy<Value = SegmentEvent> {
        prop_oneof![
            any::<u128>().prop_map(|token| SegmentEvent::Lease(LeaseToken(token))),
            Just(SegmentEvent::Store(audio())),
            Just(SegmentEvent::Requeue),
            Just(SegmentEvent::Fail(ErrorCode::SynthesisFailed)),
            Just(SegmentEvent::Cancel(CancelReason::Requested)),
        ]
    }

    proptest! {
        #[test]
        fn a_segment_never_leaves_a_terminal_state_and_is_stored_at_most_once(events in vec(segment_event(), 0..40)) {
            let mut state = SegmentState::Queued;
            let mut stored = 0;
            for event in events {
                let before = state.clone();
                let is_store = matches!(event, SegmentEvent::Store(_));
                match state.after(event) {
                    Ok(next) => {
                        prop_assert!(!before.status().is_terminal(), "left {before:?}");
                        stored += usize::from(is_store);
                        state = next;
                    }
                    Err(refused) => prop_assert_eq!(refused.state, before.status().as_str()),
                }
            }
            prop_assert!(stored <= 1);
            prop_assert_eq!(stored == 1, state.status() == SegmentStatus::Ready);
        }

        #[test]
        fn a_segment_is_leased_before_it_ends_with_a_result(events in vec(segment_event(), 0..40)) {
            let mut state = SegmentState::Queued;
            let mut leased = false;
            for event in events {
                let is_lease = matches!(event, SegmentEvent::Lease(_));
                if let Ok(next) = state.after(event) {
                    leased |= is_lease;
                    state = next;
                }
            }
            let has_result = matches!(state, SegmentState::Ready(_) | SegmentState::Error(_));
            prop_assert!(leased || !has_result);
        }
    }

    #[rstest]
    #[case::lease(
        SegmentState::Queued,
        SegmentEvent::Lease(LeaseToken(7)),
        SegmentStatus::Synthesizing
    )]
    #[case::store(
        SegmentState::Synthesizing(LeaseToken(7)),
        SegmentEvent::Store(audio()),
        SegmentStatus::Ready
    )]
    #[case::again(
        SegmentState::Synthesizing(LeaseToken(7)),
        SegmentEvent::Requeue,
        SegmentStatus::Queued
    )]
    #[case::fail(
        SegmentState::Synthesizing(LeaseToken(7)),
        SegmentEvent::Fail(ErrorCode::EncodeFailed),
        SegmentStatus::Error
    )]
    #[case::cancel_waiting(
        SegmentState::Queued,
        SegmentEvent::Cancel(CancelReason::Requested),
        SegmentStatus::Canceled
    )]
    #[case::cancel_running(
        SegmentState::Synthesizing(LeaseToken(7)),
        SegmentEvent::Cancel(CancelReason::Requested),
        SegmentStatus::Canceled
    )]
    fn a_legal_event_leads_on(
        #[case] from: SegmentState,
        #[case] event: SegmentEvent,
        #[case] to: SegmentStatus,
    ) {
        assert_eq!(from.after(event).map(|state| state.status()), Ok(to));
    }

    #[rstest]
    #[case::store_unleased(SegmentState::Queued, SegmentEvent::Store(audio()), "store")]
    #[case::lease_twice(
        SegmentState::Synthesizing(LeaseToken(1)),
        SegmentEvent::Lease(LeaseToken(2)),
        "lease"
    )]
    #[case::store_twice(SegmentState::Ready(audio()), SegmentEvent::Store(audio()), "store")]
    #[case::cancel_ready(
        SegmentState::Ready(audio()),
        SegmentEvent::Cancel(CancelReason::Requested),
        "cancel"
    )]
    #[case::revive(
        SegmentState::Canceled(CancelReason::Requested),
        SegmentEvent::Requeue,
        "requeue"
    )]
    fn an_event_that_does_not_fit_is_refused_by_name(
        #[case] from: SegmentState,
        #[case] event: SegmentEvent,
        #[case] name: &str,
    ) {
        let refused = from.after(event).expect_err("must be refused");
        assert_eq!(
            refused.to_string(),
            format!(
                "event {name:?} does not fit a segment in state {:?}",
                from.status().as_str()
            )
        );
    }
}
