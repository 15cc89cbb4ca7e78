//! `soak seed`: a server filled with synthetic jobs, the same ones whenever it is run.
//!
//! Every job has an `Idempotency-Key` made of the seed, its organisation, user and recording. A key that the server knows gives the
//! job of the first time, so that running it again finds what is there and makes what is missing. That is all that resuming
//! takes: a file of what was done could disagree with the server, its keys cannot.

mod job;
mod load;
mod progress;
mod retention;

use std::{io, time::Duration};

use clap::Args;
use run_context::{Outside, TargetArgs, chain, reach, time};
use run_report::RunExit;

use job::Extent;
use load::{Loaded, Loader, SeedError};
use retention::{RetentionError, keep};

/// Flags of `soak seed`.
#[derive(Debug, Args)]
pub struct SeedArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Organisations
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    orgs: u32,
    /// Users of each organisation, among whom its recordings go round
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    users: u32,
    /// Recordings of each organisation
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    recordings: u32,
    /// What the keys and texts are made of: another seed gives other jobs
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Submits at once
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: u16,
    /// How many jobs the server keeps, for a server that runs already: it does not say so itself
    #[arg(long, value_name = "N", requires = "api_base")]
    retains: Option<u64>,
    /// How long a submit is tried again while the server says that it is busy
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = time)]
    patience: Duration,
    /// Keep the server that was started until this is interrupted
    #[arg(long, conflicts_with = "api_base")]
    hold: bool,
}

/// Runs it.
///
/// # Errors
/// What the system says when nothing can be shown.
pub(crate) async fn run(
    args: SeedArgs,
    mut outside: Outside<'_>,
    interrupted: impl Future<Output = ()>,
) -> io::Result<RunExit> {
    tokio::pin!(interrupted);
    let extent = Extent {
        seed: args.seed,
        orgs: args.orgs,
        users: args.users,
        recordings: args.recordings,
    };
    let target = match args.target.target(outside.around) {
        Ok(target) => target,
        Err(error) => return ended(&error, RunExit::Usage, &mut outside),
    };
    let target = match keep(target, extent.total(), args.retains) {
        Ok(target) => target,
        Err(error @ RetentionError::Flag { .. }) => return ended(&error, RunExit::Usage, &mut outside),
        Err(error) => return ended(&error, RunExit::CouldNotRun, &mut outside),
    };
    let reached = tokio::select! {
        biased;
        () = &mut interrupted => return Ok(RunExit::Interrupted),
        reached = reach(&target) => reached,
    };
    let reached = match reached {
        Ok(reached) => reached,
        Err(error) => return ended(&error, RunExit::CouldNotRun, &mut outside),
    };
    // Every exchange of many thousands would be written down.
    let client = match reached.client.apart() {
        Ok(client) => client,
        Err(error) => return ended(&error, RunExit::CouldNotRun, &mut outside),
    };
    writeln!(
        outside.err,
        "loading {} jobs ({extent}) into {}",
        extent.total(),
        client.base()
    )?;
    let loader = Loader::new(&client, extent, usize::from(args.concurrency), args.patience);
    let loaded = tokio::select! {
        biased;
        () = &mut interrupted => Err(SeedError::Interrupted),
        loaded = loader.load(outside.err) => loaded?,
    };
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(error) => {
            writeln!(
                outside.err,
                "{}; run it again to go on where it stopped",
                loader.so_far()
            )?;
            return ended(&error, error.exit(), &mut outside);
        }
    };
    tell(&loaded, client.base(), &mut outside)?;
    if args.hold && reached.process.is_some() {
        writeln!(outside.out, "{} stays until this is interrupted", client.base())?;
        interrupted.await;
    }
    Ok(RunExit::Pass)
}

fn tell(loaded: &Loaded, base: &str, outside: &mut Outside<'_>) -> io::Result<()> {
    writeln!(
        outside.out,
        "{base} has {} jobs: {} created, {} found, in {:.1} s; {} times told to wait",
        loaded.total(),
        loaded.created,
        loaded.found,
        loaded.took.as_secs_f64(),
        loaded.told_to_wait
    )
}

fn ended(error: &dyn std::error::Error, exit: RunExit, outside: &mut Outside<'_>) -> io::Result<RunExit> {
    writeln!(outside.err, "error: {}", chain(error))?;
    Ok(exit)
}
