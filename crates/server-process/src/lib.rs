//! A server run as a child process: started, waited for, watched, stopped.
//!
//! The child lives in its own process group, so that an interrupt typed at the terminal reaches only the parent, which
//! then stops the child in its own time, with everything that the child started. What the server says and does over
//! HTTP is the caller's concern: this crate ends at the line `listening on http://ADDRESS:PORT`, or, of a server that
//! prints none, at the first connection that it accepts.

mod binary;
mod error;
mod evidence;
mod group;
mod launch;
mod process;

pub use binary::{BinaryNotFound, find_binary};
pub use error::LaunchError;
pub use evidence::LogTail;
pub use launch::Launch;
pub use process::{Exit, Manner, ServerProcess, StopError};
