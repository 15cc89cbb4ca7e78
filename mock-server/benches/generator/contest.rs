//! `load-engine` and wrk, in turn, against one server.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use crate::{
    generate::{Generated, childrens_cpu_time, in_a_child},
    rig::{
        Outcome, Unmeasured, child,
        cores::{self, Pinning},
        load::{Load, Part},
        median,
        object::Object,
        server::{Server, binary},
        setting,
        wrk::Wrk,
    },
};

const CONNECTIONS: u32 = 64;
const RANGE: u64 = 4 << 10;
/// Resident memory that the generator may have at 64 connections.
const MEMORY: u64 = 15 << 20;

/// Everything that runs.
pub(crate) struct Contest {
    server: Server,
    small: Object,
    merged: Object,
    pinning: Pinning,
    wrk: Wrk,
    wrk_program: PathBuf,
    time: Duration,
    rounds: u32,
}

/// One generator in one round: processor time of one request, in microseconds, and requests.
struct Cost {
    cpu_us: f64,
    per_s: f64,
}

impl Contest {
    pub(crate) async fn prepare() -> Result<Self, Unmeasured> {
        let (time, rounds) = (setting::load_time(2)?, setting::rounds(5)?);
        let pinning = Pinning::find()?;
        let server = Server::start(pinning.on(cores::SERVER, &binary())).await?;
        Ok(Self {
            small: Object::segment(&server, 1 << 10).await?,
            merged: Object::merged(&server, 4 << 20).await?,
            server,
            wrk: Wrk::find(&pinning)?,
            wrk_program: child::find("wrk", "wrk")?,
            pinning,
            time,
            rounds,
        })
    }

    /// Both parts, with the most that the generator may cost in wrk's terms.
    pub(crate) fn run(&self) -> Result<Outcome, Unmeasured> {
        println!(
            "{:<16} {:>14} {:>12} {:>12} {:>10} {:>9}",
            "audio", "CPU a request", "CPU : wrk", "req/s : wrk", "peak RSS", "demanded"
        );
        let ranges = Part::Ranges {
            len: RANGE,
            of: self.merged.bytes.len() as u64,
        };
        let rows = [
            self.row("1 KiB", (&self.small, Part::Whole), 1.15)?,
            self.row("4 KiB of 4 MiB", (&self.merged, ranges), 1.05)?,
        ];
        Ok(Outcome::worst(rows))
    }

    fn row(&self, name: &str, (object, part): (&Object, Part), demanded: f64) -> Result<Outcome, Unmeasured> {
        let mut rounds = Vec::new();
        let mut peak = 0;
        for _ in 0..self.rounds {
            let (ours, generated) = self.ours(object, part)?;
            peak = peak.max(generated.peak_bytes);
            rounds.push((ours, self.wrks(object, part)?));
        }
        let ratio =
            |of: fn(&Cost) -> f64| median(rounds.iter().map(|(ours, wrk)| of(ours) / of(wrk)).collect());
        let cpu_ratio = ratio(|cost| cost.cpu_us);
        let outcome = Outcome::of(cpu_ratio <= demanded && peak <= MEMORY);
        println!(
            "{name:<16} {:>11.1} µs {cpu_ratio:>10.2} × {:>10.2} × {:>6.1} MiB {demanded:>7.2} × {}",
            median(rounds.iter().map(|(ours, _)| ours.cpu_us).collect()),
            ratio(|cost| cost.per_s),
            peak as f64 / f64::from(1 << 20),
            outcome.mark(),
        );
        Ok(outcome)
    }

    /// One load of `time` by `load-engine`.
    pub(crate) fn generate(&self, time: Duration) -> Result<Generated, Unmeasured> {
        self.generate_part((&self.small, Part::Whole), time)
    }

    fn generate_part(
        &self,
        (object, part): (&Object, Part),
        time: Duration,
    ) -> Result<Generated, Unmeasured> {
        let load = Load {
            part,
            connections: CONNECTIONS,
            time,
        };
        in_a_child(&self.pinning, (&self.server.url(""), &object.path), &load)
    }

    fn ours(&self, object: &Object, part: Part) -> Result<(Cost, Generated), Unmeasured> {
        let before = childrens_cpu_time()?;
        let generated = self.generate_part((object, part), self.time)?;
        let cpu = childrens_cpu_time()?.saturating_sub(before);
        Ok((self.cost(generated.requests, cpu), generated))
    }

    fn wrks(&self, object: &Object, part: Part) -> Result<Cost, Unmeasured> {
        let url = self.server.url(&object.path);
        let before = childrens_cpu_time()?;
        let requests = match part {
            // Without a script wrk makes its request once, which is the best it can do.
            Part::Whole => self.bare_wrk(&url)?,
            Part::Ranges { .. } => {
                let load = Load {
                    part,
                    connections: CONNECTIONS,
                    time: self.time,
                };
                self.wrk.run(&url, &load)?.requests
            }
        };
        let cpu = childrens_cpu_time()?.saturating_sub(before);
        Ok(self.cost(requests, cpu))
    }

    fn bare_wrk(&self, url: &str) -> Result<u64, Unmeasured> {
        let [taskset, words @ ..] = self.pinning.on(cores::CLIENT, &self.wrk_program);
        let output = Command::new(taskset)
            .args(words)
            .args(["--threads", "1", "--connections", &CONNECTIONS.to_string()])
            .args(["--duration", &format!("{}s", self.time.as_secs()), url])
            .stdin(Stdio::null())
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let failed = text.contains("Socket errors") || text.contains("Non-2xx");
        let line = text.lines().find(|line| line.contains(" requests in "));
        let requests = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        requests
            .filter(|_| !failed)
            .ok_or_else(|| Unmeasured(format!("wrk did not report a load without errors: {text}")))
    }

    fn cost(&self, requests: u64, cpu: Duration) -> Cost {
        Cost {
            cpu_us: cpu.as_secs_f64() * 1e6 / requests as f64,
            per_s: requests as f64 / self.time.as_secs_f64(),
        }
    }
}
