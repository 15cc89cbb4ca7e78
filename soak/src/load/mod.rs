//! `soak load`: one load profile, from its file to a verdict.

mod args;
mod baseline;
mod board;
mod command;
mod conduct;
mod demand;
mod figures;
mod invariants;
mod leaks;
mod output;
mod progress;
mod result;
mod scenario;
mod settle_down;

pub use args::LoadArgs;
pub(crate) use command::run;
pub(crate) use output::terminal;
