//! What follows a failed attempt. Pure and shared by all engines; counting is the engine's.

use std::time::Duration;

use audio_api::ErrorCode;

use super::{Failure, FailureOutcome, Fallback, RetryPolicy};

/// Which of its models a segment is tried with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelTier {
    /// The one that the job asked for.
    Primary,
    /// The one that is tried once when that one has failed to its cap.
    Fallback,
}

impl RetryPolicy {
    /// What follows the `failures`-th failed attempt (from 1) on the model of `tier`.
    ///
    /// `jitter`, from 0 to 1, places the backoff between its half and its whole.
    #[must_use]
    pub fn after_failure(
        &self,
        tier: ModelTier,
        failures: u32,
        failure: Failure,
        jitter: f64,
    ) -> FailureOutcome {
        match (tier, self.fallback) {
            (ModelTier::Fallback, _) => FailureOutcome::Failed(ErrorCode::FallbackFailed),
            (ModelTier::Primary, _) if failures <= self.max_retries => FailureOutcome::Retry {
                after: self.backoff_after(failures, jitter),
            },
            (ModelTier::Primary, Fallback::OtherModel) => FailureOutcome::Fallback,
            (ModelTier::Primary, Fallback::Off) if self.max_retries > 0 => {
                FailureOutcome::Failed(ErrorCode::RetryCapExceeded)
            }
            (ModelTier::Primary, Fallback::Off) => FailureOutcome::Failed(failure.error_code()),
        }
    }

    fn backoff_after(&self, failures: u32, jitter: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let whole = self
            .backoff
            .checked_mul(1 << doublings)
            .map_or(self.max_backoff, |backoff| backoff.min(self.max_backoff));
        whole.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
    }
}

impl Failure {
    /// The reason that a segment shows when neither a retry nor a fallback was allowed. The contract has no code of its
    /// own for the blob store; what could not be stored counts as not encoded.
    #[must_use]
    pub const fn error_code(self) -> ErrorCode {
        match self {
            Self::Synthesis => ErrorCode::SynthesisFailed,
            Self::Encoding | Self::Storing => ErrorCode::EncodeFailed,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn policy(max_retries: u32, fallback: Fallback) -> RetryPolicy {
        RetryPolicy {
            max_retries,
            backoff: Duration::from_millis(50),
            max_backoff: Duration::from_millis(150),
            fallback,
        }
    }

    fn retry(ms: u64) -> FailureOutcome {
        FailureOutcome::Retry {
            after: Duration::from_millis(ms),
        }
    }

    #[rstest]
    #[case::first(1, 1.0, retry(50))]
    #[case::first_least(1, 0.0, retry(25))]
    #[case::second(2, 1.0, retry(100))]
    #[case::bounded(3, 1.0, retry(150))]
    #[case::far_beyond_the_bound(1_000, 1.0, retry(150))]
    fn a_retry_waits_between_half_and_all_of_a_doubling_backoff(
        #[case] failures: u32,
        #[case] jitter: f64,
        #[case] outcome: FailureOutcome,
    ) {
        let policy = policy(2_000, Fallback::Off);
        assert_eq!(
            policy.after_failure(ModelTier::Primary, failures, Failure::Synthesis, jitter),
            outcome
        );
    }

    #[rstest]
    #[case::fallback(2, Fallback::OtherModel, Failure::Encoding, FailureOutcome::Fallback)]
    #[case::fallback_without_retries(0, Fallback::OtherModel, Failure::Encoding, FailureOutcome::Fallback)]
    #[case::capped(
        2,
        Fallback::Off,
        Failure::Encoding,
        FailureOutcome::Failed(ErrorCode::RetryCapExceeded)
    )]
    #[case::voice(
        0,
        Fallback::Off,
        Failure::Synthesis,
        FailureOutcome::Failed(ErrorCode::SynthesisFailed)
    )]
    #[case::encoder(
        0,
        Fallback::Off,
        Failure::Encoding,
        FailureOutcome::Failed(ErrorCode::EncodeFailed)
    )]
    #[case::store(
        0,
        Fallback::Off,
        Failure::Storing,
        FailureOutcome::Failed(ErrorCode::EncodeFailed)
    )]
    fn the_failure_after_the_last_retry(
        #[case] max_retries: u32,
        #[case] fallback: Fallback,
        #[case] failure: Failure,
        #[case] outcome: FailureOutcome,
    ) {
        let policy = policy(max_retries, fallback);
        let last = max_retries + 1;
        assert_eq!(
            policy.after_failure(ModelTier::Primary, last, failure, 0.5),
            outcome
        );
    }

    #[test]
    fn the_fallback_model_is_tried_once() {
        let policy = policy(5, Fallback::OtherModel);
        assert_eq!(
            policy.after_failure(ModelTier::Fallback, 1, Failure::Synthesis, 0.5),
            FailureOutcome::Failed(ErrorCode::FallbackFailed)
        );
    }
}
