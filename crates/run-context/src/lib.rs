//! What every command that runs against a target has around it.
//!
//! The flags that say where the target is ([`TargetArgs`]), the target itself, started or found ([`Reached`]), what the
//! command finds around itself ([`Surroundings`], [`tree`], [`machine`]), and what it leaves behind: files written whole
//! ([`write_whole`]) and the evidence of a run that went wrong ([`Evidence`]). [`run_program`] is the `main` of them all. It judges
//! nothing.

mod artifact;
mod chain;
mod evidence;
mod figures;
mod flags;
mod interrupt;
mod machine;
mod outside;
mod page;
mod program;
mod reach;
mod ready;
mod server;
mod surroundings;
mod tree;

pub use artifact::write_whole;
pub use chain::chain;
pub use evidence::{Evidence, dir_beside};
pub use figures::{ServerFigures, server_figures};
pub use flags::{ArgError, Target, TargetArgs, Where, read_file, secret, time};
pub use machine::machine;
pub use outside::Outside;
pub use page::page_path;
pub use program::{Interrupted, run_program};
pub use reach::{Reached, reach, reach_in};
pub use ready::wait_until_ready;
pub use server::{SERVER, start};
pub use surroundings::Surroundings;
pub use tree::{Tree, tree};

use audio_client::{CallError, SetupError};
use server_process::{BinaryNotFound, LaunchError};

/// Why there is no target. Exit code 4.
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
