//! The command line: what can be said there, and what of it cannot be meant.

mod args;
mod choices;
mod provable;
mod settings;
mod surroundings;
#[cfg(test)]
mod tests;
mod usage;

pub use args::{Cli, Command, ProveArgs, RunArgs};
pub use choices::Format;
pub use settings::{Artifacts, Purpose, Settings, Where};
pub use surroundings::Surroundings;
pub use usage::UsageError;
