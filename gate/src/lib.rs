//! The freeze gate: a frozen baseline of performance with its policy.

mod cli;

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
    outside: Outside<'_>,
    interrupted: impl Future<Output = ()>,
) -> io::Result<RunExit> {
    match cli.command {}
}
