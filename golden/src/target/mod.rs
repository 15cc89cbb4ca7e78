//! The target: started or found, reached, and ready.

mod reach;
mod ready;
mod server;

pub use reach::{Reached, reach};
pub use ready::wait_until_ready;
pub use server::{SERVER, start};

use audio_client::{CallError, SetupError};
use server_process::{BinaryNotFound, LaunchError};

/// Why there is no target to test. Exit code 4.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The server program is not there.
    #[error(transparent)]
    Binary(#[from] BinaryNotFound),
    /// The server did not come up.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// It cannot be reached the way it was asked for.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// It did not become ready.
    #[error("{base} is not ready after {within:?}: {last}")]
    NotReady {
        /// Where it is.
        base: String,
        /// How long it was given.
        within: std::time::Duration,
        /// What it said last.
        last: String,
    },
    /// It cannot be told to go wrong.
    #[error("{base} takes no faults, so nothing can be proven on it: {why}")]
    NoFaults {
        /// Where it is.
        base: String,
        /// Why not.
        why: String,
    },
    /// Its status cannot be read.
    #[error("the status snapshot cannot be had")]
    Status(#[source] CallError),
}
