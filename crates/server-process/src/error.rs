//! Why a server did not come up.

use std::{io, time::Duration};

use crate::Exit;

/// Why a server did not come up. The child, if there was one, is dead by then.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The program could not be started at all.
    #[error("start {program}")]
    Spawn {
        /// The program.
        program: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It ended before it listened.
    #[error("{program} ended before it listened: {exit}")]
    Died {
        /// The program.
        program: String,
        /// How it ended, with its last words.
        exit: Exit,
    },
    /// It runs, and did not say in time that it listens.
    #[error("{program} did not {waited_for} within {within:?}; its last lines:\n{log}")]
    Silent {
        /// The program.
        program: String,
        /// What it should have done.
        waited_for: String,
        /// How long it was given.
        within: Duration,
        /// Its last lines on standard error.
        log: String,
    },
    /// Watching it failed.
    #[error("watch {program}")]
    Watch {
        /// The program.
        program: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}
