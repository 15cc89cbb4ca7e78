//! What an engine refuses, and how it fails.

use audio_api::JobId;

use super::state::IllegalTransition;

/// The engine itself failed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// It cannot be reached, or answered nonsense.
    #[error("the engine is unavailable: {detail}")]
    Unavailable {
        /// What happened.
        detail: String,
    },
    /// A list cursor that this engine did not make.
    #[error("cursor {given:?} is not one that a list answered; leave it out for the first page")]
    BadCursor {
        /// What was given.
        given: String,
    },
    /// It was about to do what its own state machines forbid, and did not.
    #[error("the engine's state is inconsistent")]
    Inconsistent(#[from] IllegalTransition),
}

/// Why a job was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// As many jobs as allowed are active.
    #[error("{active} jobs are active, the limit is {limit}; try again when one has ended")]
    TooManyActive {
        /// How many are.
        active: u64,
        /// How many may be.
        limit: u64,
    },
    /// No worker is online, and the server requires one.
    #[error("no worker is online")]
    NoWorkers,
    /// The idempotency key belongs to a job with another body.
    #[error("the idempotency key was used for job {first} with another body; use a new key for a new job")]
    KeyReused {
        /// The job that the key made.
        first: JobId,
    },
    /// The engine itself failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Why a lease could not be used.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// It has expired or ended, or its job was canceled or deleted. Whoever holds it must drop its work.
    #[error("the lease is lost")]
    Lost,
    /// The engine itself failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<IllegalTransition> for LeaseError {
    fn from(illegal: IllegalTransition) -> Self {
        Self::Engine(illegal.into())
    }
}

/// Why a fault rule was not added.
#[derive(Debug, thiserror::Error)]
pub enum FaultRefused {
    /// As many rules as allowed stand.
    #[error("{limit} fault rules stand, which is the limit; remove one first")]
    TooMany {
        /// How many may stand.
        limit: usize,
    },
    /// The engine itself failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}
