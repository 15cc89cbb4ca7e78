//! The freeze gate: a frozen baseline of performance with its policy.
//!
//! `check` holds a candidate to the baseline, and measures one first when there is none; `bench` measures only; `bump` freezes
//! what was measured, with the reasons beside it; `verify` finds a frozen file that changed without them.

mod benchmark;
mod bump;
mod check;
mod cli;
mod file;
mod verify;

use std::io;

pub use cli::{Cli, Command};
use run_context::Outside;
use run_report::RunExit;

/// Runs the command until its end or until `interrupted` completes.
///
/// # Errors
/// What the system says when a result cannot be written.
pub async fn run_command(
    cli: Cli,
    mut outside: Outside<'_>,
    interrupted: impl Future<Output = ()>,
) -> io::Result<RunExit> {
    match cli.command {
        Command::Check(args) => check::run(*args, outside, interrupted).await,
        Command::Bench(args) => benchmark::run(*args, outside, interrupted).await,
        Command::Bump(args) => bump::run(&args, &mut outside),
        Command::Verify(args) => verify::run(&args, &mut outside),
    }
}
