//! How many segments a second 1, 2 and 4 workers make with a voice that costs nothing, and where the time goes.
//!
//! `cargo bench -p mock-server --bench segments` runs one server for each number of workers side by side and gives them
//! the same jobs in turn, round after round, so that what disturbs the machine disturbs all. Shares are of the workers'
//! time (workers × wall time): `synth`, `encode` and `store` as the manifests say, `other` what is left: leasing, completing,
//! waiting for a core. What a segment waited in the queue stands beside them, because no worker spends it.

#![expect(
    clippy::print_stdout,
    reason = "a table for people is what this program is for"
)]

mod rig;
mod served;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use rig::{Outcome, Unmeasured, median, usage::Watched};
use serde_json::{Value, json};
use served::{Connection, Served};

const WORKERS: [&str; 3] = ["1", "2", "4"];
const ROUNDS: usize = 8;
/// Segments of one job; a round is one job.
const SEGMENTS: usize = 60;

/// What one server has done so far.
#[derive(Default)]
struct Done {
    wall_s: Vec<f64>,
    cpu: Duration,
    stages_ms: [f64; 4],
}

impl Done {
    fn add_stages(&mut self, manifest: &Value) {
        let segments = manifest["segments"].as_array().expect("a list");
        for (sum, stage) in self.stages_ms.iter_mut().zip(STAGES) {
            *sum += segments
                .iter()
                .map(|segment| segment[stage].as_f64().expect("a time"))
                .sum::<f64>();
        }
    }

    /// Segments a second, of the middle round.
    fn rate(&self) -> f64 {
        SEGMENTS as f64 / median(self.wall_s.clone())
    }
}

/// In the order in which a segment passes them.
const STAGES: [&str; 4] = ["queue_wait_ms", "synth_ms", "encode_ms", "store_ms"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match measure().await {
        Ok(done) => {
            print_table(&done);
            ExitCode::SUCCESS
        }
        Err(unmeasured) => {
            println!("{unmeasured}");
            Outcome::Unmeasured.into()
        }
    }
}

async fn measure() -> Result<Vec<Done>, Unmeasured> {
    let mut servers = Vec::new();
    for workers in WORKERS {
        let server = Served::start(&["--workers", workers]).await;
        let mut connection = server.connect().await;
        make(&mut connection, "to warm up").await;
        let usage = Watched::new(server.pid())?;
        servers.push((server, usage, connection, Done::default()));
    }
    for round in 0..ROUNDS {
        for (_, usage, connection, done) in &mut servers {
            let (cpu, start) = (usage.cpu_time()?, Instant::now());
            let manifest = make(connection, &format!("in round {round}")).await;
            done.wall_s.push(start.elapsed().as_secs_f64());
            done.cpu += usage.cpu_time()?.saturating_sub(cpu);
            done.add_stages(&manifest);
        }
    }
    Ok(servers.into_iter().map(|(.., done)| done).collect())
}

/// A job of segments that nobody has made before; its manifest once it is complete.
async fn make(connection: &mut Connection, topic: &str) -> Value {
    let sentences = (0..SEGMENTS).map(|n| {
        format!(
            "In part {n} the reader hears {topic} about gold at some length, because no two sentences of this text may \
             ever share a single segment of it."
        )
    });
    let text = sentences.collect::<Vec<_>>().join(" ");
    let (status, body) = connection.post("/v1/tts/jobs", &json!({ "text": text })).await;
    assert_eq!(status, 200, "{body:?}");
    let answer: Value = serde_json::from_slice(&body).expect("JSON");
    let path = format!("/v1/tts/jobs/{}", answer["job_id"].as_str().expect("an id"));
    loop {
        let manifest = connection.json(&path).await["manifest"].take();
        if manifest["status"] == "complete" {
            assert_eq!(manifest["segments_total"], SEGMENTS);
            return manifest;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn print_table(done: &[Done]) {
    println!(
        "{:<8} {:>10} {:>6} {:>16} | {:>6} {:>7} {:>6} {:>6} | {:>18}",
        "workers",
        "segments/s",
        "ratio",
        "CPU ms a segment",
        "synth",
        "encode",
        "store",
        "other",
        "queue ms a segment"
    );
    let segments = (ROUNDS * SEGMENTS) as f64;
    for (workers, of) in WORKERS.iter().zip(done) {
        let number: f64 = workers.parse().expect("a number");
        let workers_ms = number * of.wall_s.iter().sum::<f64>() * 1e3;
        let [queue, stages @ ..] = of.stages_ms;
        let [synth, encode, store] = stages.map(|ms| ms / workers_ms * 100.0);
        let other = 100.0 - synth - encode - store;
        println!(
            "{workers:<8} {:>10.0} {:>6.2} {:>16.2} | {synth:>5.1}% {encode:>6.1}% {store:>5.1}% {other:>5.1}% | {:>18.1}",
            of.rate(),
            of.rate() / done[0].rate(),
            of.cpu.as_secs_f64() * 1e3 / segments,
            queue / segments,
        );
    }
}
