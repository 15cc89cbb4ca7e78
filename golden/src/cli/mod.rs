//! The command line: what can be said there, and what of it cannot be meant.

mod args;
mod choices;
mod compare;
mod flake;
mod provable;
mod server_source;
mod settings;
#[cfg(test)]
mod tests;
mod usage;

pub use args::{Cli, Command, ProveArgs, ReportArgs, RunArgs};
pub use choices::Format;
pub use compare::{CalibrateArgs, CompareArgs, CompareSettings, RunsChoice};
pub use flake::{BurnArgs, FlakeArgs, FlakeSettings};
pub use server_source::{ServerSource, SourceError};
pub use settings::{Artifacts, Purpose, Settings, Where};
pub use usage::UsageError;
