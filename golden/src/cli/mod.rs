//! The command line: what can be said there, and what of it cannot be meant.

mod args;
mod settings;

pub use args::{Cli, Command, ProveArgs, RunArgs};
pub use settings::{Artifacts, Format, Purpose, Settings, Surroundings, UsageError, Where};
