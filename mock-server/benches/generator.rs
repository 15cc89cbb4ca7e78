//! What the load generator costs, and whether its latencies are true.
//!
//! `cargo bench -p mock-server --bench generator` has `load-engine` and wrk ask the same server in turn, for an object of
//! 1 KiB and for random ranges of 4 KiB of one of 4 MiB, over 64 connections that are kept. The server has one core and
//! the generator the other. Then it stops the server for a second (SIGSTOP) in the middle of 20 s at 200 requests a second over
//! 10 connections, and holds the 99th percentile that is reported to the one that follows from the schedule and the stop.
//!
//! Needs wrk and taskset. `BENCH_SECONDS` (2) and `BENCH_ROUNDS` (5) say how long the contest takes; `BENCH_LONG_THOUSANDS`
//! (200) says how many thousand requests show in the end that memory stays flat.

#![expect(
    clippy::print_stdout,
    reason = "a table for people is what this program is for"
)]

#[path = "generator/contest.rs"]
mod contest;
#[path = "generator/generate.rs"]
mod generate;
#[path = "generator/long.rs"]
mod long;
mod rig;
#[path = "generator/stall.rs"]
mod stall;

use std::process::ExitCode;

use rig::{Outcome, Unmeasured, again};

fn main() -> ExitCode {
    if let Some(told) = again::told() {
        return again::ended(generate::generate(&told));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime
        .map_err(Unmeasured::from)
        .and_then(|runtime| runtime.block_on(run()));
    outcome
        .unwrap_or_else(|unmeasured| {
            println!("generator: {unmeasured}");
            Outcome::Unmeasured
        })
        .into()
}

async fn run() -> Result<Outcome, Unmeasured> {
    let contest = contest::Contest::prepare().await?;
    let outcomes = [contest.run()?, stall::run().await?, long::run(&contest)?];
    Ok(Outcome::worst(outcomes))
}
