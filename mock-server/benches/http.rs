//! What serving audio costs, against nginx on the same files.
//!
//! `cargo bench -p mock-server --bench http` asks the reference server and nginx in turn for an object of 1 KiB, one of
//! 256 KiB, and random ranges of 64 KiB of one of 4 MiB, over 1, 32 and 1,000 connections that are kept. The servers
//! have a core of their own and the client another. They take turns of some milliseconds. Ratios are ours to
//! nginx's within one round; the table has the median over the rounds, against the faster of two ways in which nginx can
//! send.
//!
//! Needs nginx and taskset. `BENCH_SECONDS` (1) and `BENCH_ROUNDS` (5) say how long it takes; `BENCH_SERVER` names
//! another binary than the one of this build.

#![expect(
    clippy::print_stdout,
    reason = "a table for people is what this program is for"
)]

#[path = "http/cell.rs"]
mod cell;
#[path = "http/contest.rs"]
mod contest;
mod rig;
#[path = "http/table.rs"]
mod table;
#[path = "http/turns.rs"]
mod turns;

use std::process::ExitCode;

use rig::{Outcome, Unmeasured, again};

fn main() -> ExitCode {
    if let Some(told) = again::told() {
        return again::ended(turns::taken(&told));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime
        .map_err(Unmeasured::from)
        .and_then(|runtime| runtime.block_on(run()));
    outcome
        .unwrap_or_else(|unmeasured| {
            println!("http against nginx: {unmeasured}");
            Outcome::Unmeasured
        })
        .into()
}

async fn run() -> Result<Outcome, Unmeasured> {
    let contest = contest::Contest::prepare().await?;
    let cells: Vec<_> = cell::all().collect();
    let results = contest.run(&cells);
    table::heading();
    let outcomes: Vec<_> = std::iter::zip(&cells, &results)
        .map(|(cell, result)| table::row(cell, result))
        .collect();
    table::notes();
    Ok(Outcome::worst(outcomes))
}
