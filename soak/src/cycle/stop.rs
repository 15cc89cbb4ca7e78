//! Why a cycle went no further.

use audio_client::CallError;
use run_report::Invariant;

/// Why a cycle went no further.
#[derive(Debug)]
pub(super) enum Stop {
    /// Something failed; it counts against the error rate.
    Failed(String),
    /// An invariant does not hold.
    Broken(Invariant, String),
    /// Audio was evicted before it could be fetched, as a small cache does.
    Evicted,
}

impl From<CallError> for Stop {
    fn from(error: CallError) -> Self {
        Self::Failed(error.chain())
    }
}
