//! `soak run`: cycles of jobs for a long time, and what must hold all the while.
//!
//! `args` and `plan` say what is to be done; a `cycle` submits a job, follows it and checks its audio, and writes what it saw
//! into the `ledger`. `conduct` has the target; `side_by_side` runs cycles on it, and `rounds` looks at the server meanwhile and has
//! `invariants` judge what was seen at each look and at each quiet point; `windows` keeps it within bounds, and `trends` judges
//! growth. `prove` shows that a leak is found.

mod args;
mod audio;
mod conduct;
mod evidence;
mod invariants;
mod ledger;
mod look;
mod plan;
mod progress;
mod prove;
mod publish;
mod quiet;
mod range;
mod result;
mod rounds;
mod side_by_side;
mod steps;
mod stop;
mod text;
mod trends;
mod windows;

use std::io;

use run_context::{Outside, chain};
use run_report::RunExit;

pub use args::{ProveArgs, RunArgs};
use plan::{Plan, PlanError};

/// Runs `soak run` until its end or until `interrupted` completes.
///
/// # Errors
/// What the system says when a result cannot be written.
pub(crate) async fn run(
    args: RunArgs,
    mut outside: Outside<'_>,
    interrupted: impl Future<Output = ()>,
) -> io::Result<RunExit> {
    let plan = match Plan::of(args, outside.around) {
        Ok(plan) => plan,
        Err(error) => return usage(&error, &mut outside),
    };
    let progress = progress::Progress::new("");
    let run = conduct::conduct(&plan, &progress, std::pin::pin!(interrupted)).await?;
    publish::publish(&run, &plan.artifacts, outside)
}

/// Runs `soak prove` until its end or until `interrupted` completes.
///
/// # Errors
/// What the system says when a result cannot be written.
pub(crate) async fn prove(
    args: &ProveArgs,
    mut outside: Outside<'_>,
    interrupted: impl Future<Output = ()>,
) -> io::Result<RunExit> {
    match prove::Proof::of(args, outside.around) {
        Ok(proof) => Box::pin(proof.run(outside, std::pin::pin!(interrupted))).await,
        Err(error) => usage(&error, &mut outside),
    }
}

fn usage(error: &PlanError, outside: &mut Outside<'_>) -> io::Result<RunExit> {
    writeln!(outside.err, "error: {}", chain(error))?;
    Ok(RunExit::Usage)
}
