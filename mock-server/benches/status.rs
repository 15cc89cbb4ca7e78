//! How long the status snapshot takes with 10,000 jobs stored, idle and while the server is under load.
//!
//! `cargo bench -p mock-server --bench status` starts the release binary, stores the jobs over its socket, and asks for
//! `/v1/admin/status` every 5 ms. Latency counts from when a request was due, so an answer that is late makes the next
//! ones late as well instead of hiding them. The load is 16 connections that never pause: they submit jobs, poll them,
//! list them, and fetch playlists and audio. The client shares the machine with the server, so what is shown is more than
//! the server's own. Ends with 1 unless p99 under load is below 50 ms.

#![expect(
    clippy::print_stdout,
    reason = "a table for people is what this program is for"
)]

mod rig;
mod served;

use std::{process::ExitCode, time::Duration};

use rig::Outcome;
use served::{LOADERS, Load, Served, submit};
use tokio::{task::JoinSet, time, time::Instant};

const FEW: usize = 16;
const STORED: usize = 10_000;
const SUBMITTERS: usize = 8;
const EVERY: Duration = Duration::from_millis(5);
const ASKED: u32 = 1_200;
/// What is demanded at p99 under load, in milliseconds.
const LIMIT_MS: f64 = 50.0;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = [
        "--retain-jobs",
        "1000000",
        "--retain-bytes",
        "8GiB",
        "--max-active-jobs",
        "100000",
    ];
    let (small, large) = (Served::start(&args).await, Served::start(&args).await);
    store(&small, FEW).await;
    store(&large, STORED).await;
    println!(
        "{:<34} {:>9} {:>9} {:>9}   p50 to the first",
        "status", "p50 ms", "p99 ms", "max ms"
    );
    let few = ask(&small).await;
    let idle = ask(&large).await;
    print_row(&format!("{FEW} jobs stored, idle"), &few, &few);
    print_row(&format!("{STORED} jobs stored, idle"), &idle, &few);
    let load = Load::on(&large).await;
    let loaded = ask(&large).await;
    let requests_per_s = load.stop().await;
    print_row(&format!("{STORED} jobs stored, under load"), &loaded, &few);
    let p99 = quantile(&loaded, 0.99);
    let outcome = Outcome::of(p99 < LIMIT_MS);
    println!(
        "the load: {LOADERS} connections, {requests_per_s:.0} requests/s; p99 under {LIMIT_MS} ms: {}",
        outcome.mark()
    );
    outcome.into()
}

/// Submits so many jobs and waits until they are complete.
async fn store(server: &Served, jobs: usize) {
    let mut submitters = JoinSet::new();
    for _ in 0..SUBMITTERS.min(jobs) {
        let mut connection = server.connect().await;
        submitters.spawn(async move {
            for _ in 0..jobs / SUBMITTERS.min(jobs) {
                submit(&mut connection).await;
            }
        });
    }
    submitters.join_all().await;
    let mut connection = server.connect().await;
    while connection.json("/v1/admin/status").await["active_jobs"] != 0 {
        time::sleep(Duration::from_millis(20)).await;
    }
    let status = connection.json("/v1/admin/status").await;
    assert_eq!(status["jobs"]["complete"], jobs);
}

/// Asks at its times; milliseconds from when each request was due, sorted.
async fn ask(server: &Served) -> Vec<f64> {
    let mut connection = server.connect().await;
    let start = Instant::now();
    let mut took = Vec::new();
    for n in 0..ASKED {
        let due = start + EVERY * n;
        time::sleep_until(due).await;
        connection.json("/v1/admin/status").await;
        took.push(due.elapsed().as_secs_f64() * 1e3);
    }
    took.sort_by(f64::total_cmp);
    took
}

fn quantile(sorted: &[f64], q: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * q).ceil() as usize]
}

fn print_row(name: &str, took: &[f64], first: &[f64]) {
    let [p50, p99, max] = [0.5, 0.99, 1.0].map(|q| quantile(took, q));
    let ratio = p50 / quantile(first, 0.5);
    println!("{name:<34} {p50:>9.2} {p99:>9.2} {max:>9.2}   {ratio:.2}");
}
