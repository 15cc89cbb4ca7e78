//! A server run as a child process: started, waited for, watched, stopped.
//!
//! The child lives in its own process group, so that an interrupt typed at the terminal reaches only the parent, which
//! then stops the child in its own time. What the server says and does over HTTP is the caller's concern: this crate
//! ends at the line `listening on http://ADDRESS:PORT`.

mod binary;
mod error;
mod evidence;
mod launch;
mod process;

pub use binary::{BinaryNotFound, find_binary};
pub use error::LaunchError;
pub use evidence::LogTail;
pub use launch::Launch;
pub use process::{Exit, Manner, ServerProcess, StopError};
