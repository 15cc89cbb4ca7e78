//! A server that stands still for a second: what is reported, and what is true.

use std::{
    num::NonZeroUsize,
    thread,
    time::{Duration, Instant, SystemTime},
};

use http::{Method, uri::PathAndQuery};
use load_engine::{
    Catalogue, Journey, Plan, Quiet, StepId, StopSignal, Target, User,
    load::{Load, Ramp, Spacing},
};
use rustix::process::{Pid, Signal, kill_process};

use crate::rig::{Outcome, Unmeasured, pause, server::Server};

const RATE: f64 = 200.0;
const LASTS: Duration = Duration::from_secs(20);
const CONNECTIONS: usize = 10;
const STANDS: Duration = Duration::from_secs(1);
const AFTER: Duration = Duration::from_secs(8);
/// How far the reported percentile may be from the true one.
const WITHIN: f64 = 0.03;

struct Ask(StepId);

impl Journey for Ask {
    type Memory = ();

    fn memory(&self, _: usize) {}

    async fn run(&self, user: &mut User, (): &mut ()) {
        let request = user
            .target()
            .request(Method::GET, PathAndQuery::from_static("/health"));
        // Whatever comes of it is in the record.
        let _ = user.send(self.0, &request).await;
    }
}

pub(crate) async fn run() -> Result<Outcome, Unmeasured> {
    let server = Server::start([]).await?;
    let pid = i32::try_from(server.usage().pid())?;
    let pid = Pid::from_raw(pid).ok_or_else(|| Unmeasured("the server has no process id".to_owned()))?;
    let plan = Plan {
        target: Target::new(&server.url(""), None, Duration::from_secs(5))?,
        load: Load::Open {
            rate: Ramp::constant(RATE, LASTS)?,
            spacing: Spacing::Even,
            users: CONNECTIONS,
            backlog: 10_000,
        },
        seed: 1,
        threads: NonZeroUsize::MIN,
        request_timeout: Duration::from_secs(10),
        graceful: Duration::from_secs(10),
        window: Duration::from_secs(1),
        lanes: 1,
    };
    let mut catalogue = Catalogue::default();
    let step = catalogue.step("health", "/health");
    let stopper = thread::spawn(move || stand_still(pid));
    let ended = load_engine::run(&plan, (Ask(step), catalogue), &mut Quiet, &StopSignal::new())?;
    let stood = stopper
        .join()
        .map_err(|_| Unmeasured("the thread that stops the server panicked".to_owned()))??;
    let quantile =
        |of: &load_engine::record::Latency| of.quantile(0.99).map_or(0.0, |time| time.as_secs_f64() * 1e3);
    let (_, record) = ended
        .record
        .steps()
        .next()
        .ok_or_else(|| Unmeasured("nothing was recorded".to_owned()))?;
    let timings = record
        .of(load_engine::record::Outcome::Ok)
        .ok_or_else(|| Unmeasured("no request was answered".to_owned()))?;
    let truth = truth_ms(ended.started_at, stood)?;
    let reported = quantile(&timings.response);
    let outcome = Outcome::of((reported / truth - 1.0).abs() <= WITHIN);
    println!(
        "\n{RATE} requests a second over {CONNECTIONS} connections for {} s, the server stopped for {:.0} ms: p99 {reported:.0} ms, in truth \
         {truth:.0} ms, within {:.0} %: {}; by service times it would be {:.0} ms",
        LASTS.as_secs(),
        stood.1.duration_since(stood.0)?.as_secs_f64() * 1e3,
        WITHIN * 100.0,
        outcome.mark(),
        quantile(&timings.service),
    );
    Ok(outcome)
}

/// Stops the server and lets it go on; from when until when it stood.
fn stand_still(pid: Pid) -> Result<(SystemTime, SystemTime), Unmeasured> {
    pause(AFTER);
    kill_process(pid, Signal::STOP)?;
    let (from, begun) = (SystemTime::now(), Instant::now());
    pause(STANDS.saturating_sub(begun.elapsed()));
    kill_process(pid, Signal::CONT)?;
    Ok((from, SystemTime::now()))
}

/// The 99th percentile that follows from the schedule: who was due while the server stood waited until it went on, all others
/// hardly at all.
fn truth_ms(started: SystemTime, (from, to): (SystemTime, SystemTime)) -> Result<f64, Unmeasured> {
    let (from, to) = (
        from.duration_since(started)?.as_secs_f64(),
        to.duration_since(started)?.as_secs_f64(),
    );
    let arrivals = (RATE * LASTS.as_secs_f64()) as u64;
    let due = (0..arrivals).map(|n| n as f64 / RATE);
    let mut waits: Vec<f64> = due
        .map(|due| if (from..to).contains(&due) { to - due } else { 0.0 })
        .collect();
    waits.sort_by(f64::total_cmp);
    // As an HdrHistogram counts: the value that 99 % do not exceed.
    let rank = (0.99 * arrivals as f64).ceil() as usize;
    Ok(waits[rank - 1] * 1e3)
}
