//! Soak and load: long runs with invariants, load profiles with thresholds, honest latency.

mod cli;
mod cycle;
mod growth;
mod load;
mod merge;
mod plan;
mod seed;
mod slo;

use std::io;

pub use cli::{Cli, Command};
pub use cycle::{ProveArgs, RunArgs};
pub use load::LoadArgs;
pub use merge::MergeArgs;
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
        Command::Load(args) => load::run(*args, outside, interrupted).await,
        Command::Merge(args) => merge::run(&args, &mut outside),
        Command::Run(args) => Box::pin(cycle::run(*args, outside, interrupted)).await,
        Command::Seed(args) => Box::pin(seed::run(*args, outside, interrupted)).await,
        Command::Slo(args) => slo::run(&args, &mut outside),
        Command::Plan(args) => plan::run(&args, &mut outside),
        Command::Prove(args) => Box::pin(cycle::prove(&args, outside, interrupted)).await,
    }
}
