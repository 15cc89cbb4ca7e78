//! The server under half a core and 128 MB.
//!
//! `cargo bench -p mock-server --bench constrained` puts the server into a control group with these limits and asks it
//! for an object of 1 KiB over 64 connections. Needs the right to make control groups (root), wrk and taskset;
//! `BENCH_SECONDS` (5) says for how long.

#![expect(
    clippy::print_stdout,
    reason = "a table for people is what this program is for"
)]

#[path = "constrained/group.rs"]
mod group;
mod rig;

use std::process::ExitCode;

use group::Group;
use rig::{
    Outcome, Unmeasured, child,
    cores::{self, Pinning},
    load::{Load, Part},
    object::Object,
    server::{Server, binary},
    setting,
    wrk::Wrk,
};

const CONNECTIONS: u32 = 64;
const OBJECT_BYTES: u64 = 1 << 10;
/// What is demanded.
const PER_S: f64 = 5_000.0;
const PEAK_BYTES: u64 = 100_000_000;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime
        .map_err(Unmeasured::from)
        .and_then(|runtime| runtime.block_on(run()));
    outcome
        .unwrap_or_else(|unmeasured| {
            println!("half a core and 128 MB: {unmeasured}");
            Outcome::Unmeasured
        })
        .into()
}

async fn run() -> Result<Outcome, Unmeasured> {
    let pinning = Pinning::find()?;
    let wrk = Wrk::find(&pinning)?;
    child::raise_file_limit(1_024)?;
    let group = Group::make()?;
    let server = Server::start(group.words(&pinning.on(cores::SERVER, &binary()))).await?;
    let object = Object::segment(&server, OBJECT_BYTES).await?;
    let load = Load {
        part: Part::Whole,
        connections: CONNECTIONS,
        time: setting::load_time(5)?,
    };
    let report = wrk.run(&server.url(&object.path), &load)?;
    let (peak, group_peak) = (server.usage().peak_resident_bytes()?, group.peak_bytes()?);
    let outcome = Outcome::of(report.per_s > PER_S && peak.max(group_peak) < PEAK_BYTES);
    println!(
        "half a core and 128 MB, {CONNECTIONS} connections, 1 KiB: {:.0} requests/s, peak {:.1} MB resident, {:.1} MB \
         charged to the group; demanded: over {PER_S} requests/s, under {} MB: {}",
        report.per_s,
        peak as f64 / 1e6,
        group_peak as f64 / 1e6,
        PEAK_BYTES / 1_000_000,
        outcome.mark()
    );
    Ok(outcome)
}
