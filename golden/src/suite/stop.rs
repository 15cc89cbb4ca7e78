//! Why a test ends before its end.

use audio_client::CallError;

use crate::audio::AudioError;

/// Why a test ends before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Something does not hold; one sentence.
    Failed(String),
    /// It cannot be run on this target; one sentence.
    Skipped(String),
}

impl From<CallError> for Stop {
    fn from(error: CallError) -> Self {
        Self::Failed(error.chain())
    }
}

impl From<AudioError> for Stop {
    fn from(error: AudioError) -> Self {
        let cause = std::error::Error::source(&error)
            .map(|cause| format!(": {cause}"))
            .unwrap_or_default();
        Self::Failed(format!("{error}{cause}"))
    }
}

/// Ends the test as failed, with this sentence, unless the condition holds.
macro_rules! ensure {
    ($holds:expr, $($sentence:tt)+) => {
        // A value of its own, because the negation of a comparison of floats reads like a mistake.
        let holds: bool = $holds;
        if !holds {
            return Err($crate::suite::Stop::Failed(format!($($sentence)+)));
        }
    };
}
pub(crate) use ensure;
