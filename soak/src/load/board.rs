//! What is kept of a run while it runs: points of equal length, parts that the profile tells apart, and what ends it early.

use std::{sync::mpsc::SyncSender, time::Duration};

use load_engine::{
    Control, Observer, Window,
    record::{Latency, Outcome, Record},
};
use run_report::load::{LoadPoint, PhaseTimes};

use super::{
    progress::Glance,
    result::{ms, times},
    scenario::{Abort, Phase, Scenario},
};

/// Points of a run, about.
const POINTS: f64 = 200.0;
/// The length of the engine's windows.
pub(super) const WINDOW: Duration = Duration::from_secs(1);
/// A short run has shorter ones, so that it has some.
const SHORTEST_WINDOW: Duration = Duration::from_millis(100);

/// The length of the engine's windows for a run of this length.
pub(super) fn window_of(lasts: Duration) -> Duration {
    (lasts / 30).clamp(SHORTEST_WINDOW, WINDOW)
}

/// An observer that keeps what reports need.
#[derive(Debug)]
pub(super) struct Board {
    /// Windows of one point.
    windows_per_point: u32,
    open: Option<Open>,
    points: Vec<LoadPoint>,
    phases: Vec<(Phase, Tally)>,
    aborts: Vec<Abort>,
    aborted: Option<String>,
    tell: SyncSender<Glance>,
}

/// What ended within one span of time.
#[derive(Debug, Default)]
struct Tally {
    response: Latency,
    requests: u64,
    failed: u64,
    rate_limited: u64,
    accepted: u64,
}

/// A point that is being filled.
#[derive(Debug)]
struct Open {
    begins: Duration,
    ends: Duration,
    windows: u32,
    users: usize,
    tally: Tally,
}

/// What a board kept.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) points: Vec<LoadPoint>,
    pub(super) phases: Vec<PhaseTimes>,
    /// Why the run was ended early.
    pub(super) aborted: Option<String>,
}

impl Board {
    pub(super) fn new(scenario: &Scenario, tell: SyncSender<Glance>) -> Self {
        let lasts = scenario.load.lasts();
        let window = window_of(lasts);
        let windows = lasts.as_secs_f64() / window.as_secs_f64();
        let phases = scenario.phases.iter().cloned();
        Self {
            windows_per_point: (windows / POINTS).ceil().max(1.0) as u32,
            open: None,
            points: Vec::new(),
            phases: phases.map(|phase| (phase, Tally::default())).collect(),
            aborts: scenario.aborts.clone(),
            aborted: None,
            tell,
        }
    }

    pub(super) fn finish(mut self) -> Kept {
        self.close();
        let phases = self.phases.into_iter().map(|(phase, tally)| PhaseTimes {
            phase: phase.name,
            from_s: phase.from.as_secs_f64(),
            to_s: phase.to.as_secs_f64(),
            requests: tally.requests,
            failed: tally.failed,
            rate_limited: tally.rate_limited,
            response: times(&tally.response),
        });
        Kept {
            phases: phases.collect(),
            points: self.points,
            aborted: self.aborted,
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let tally = open.tally;
        let quantile = |of: f64| tally.response.quantile(of).map(ms);
        self.points.push(LoadPoint {
            at_s: open.begins.as_secs_f64(),
            lasts_s: (open.ends - open.begins).as_secs_f64(),
            users: open.users as u64,
            requests: tally.requests,
            failed: tally.failed,
            rate_limited: tally.rate_limited,
            accepted: tally.accepted,
            p50_ms: quantile(0.5),
            p95_ms: quantile(0.95),
            p99_ms: quantile(0.99),
        });
    }

    fn enter(&mut self, window: &Window) {
        let open = self.open.get_or_insert_with(|| Open {
            begins: window.begins,
            ends: window.ends,
            windows: 0,
            users: 0,
            tally: Tally::default(),
        });
        open.tally.add(&window.record);
        open.ends = window.ends;
        open.users = window.users;
        open.windows += 1;
        if open.windows >= self.windows_per_point {
            self.close();
        }
        for (phase, tally) in &mut self.phases {
            // A window counts for the part that its middle lies in.
            let middle = (window.begins + window.ends) / 2;
            if (phase.from..phase.to).contains(&middle) {
                tally.add(&window.record);
            }
        }
    }

    /// The first of the conditions of an early end that is broken.
    fn broken(&self, window: &Window, so_far: &Record) -> Option<String> {
        let due = self.aborts.iter().filter(|abort| window.ends >= abort.after);
        let judged = due.map(|abort| abort.threshold.judge(so_far, window.ends));
        let mut broken = judged.filter_map(|judged| match judged.held {
            load_engine::threshold::Held::No(value) => Some(format!(
                "ended early after {:.0} s: {} is {}",
                window.ends.as_secs_f64(),
                judged.threshold,
                judged.threshold.metric.show(value)
            )),
            // What has not occurred yet may still occur.
            _ => None,
        });
        broken.next()
    }
}

impl Tally {
    fn add(&mut self, record: &Record) {
        self.response.add(&record.timely());
        self.requests += record.total();
        self.failed += Outcome::ALL
            .into_iter()
            .filter(|outcome| outcome.failed())
            .map(|outcome| record.count(outcome))
            .sum::<u64>();
        self.rate_limited += record.count(Outcome::RateLimited);
        self.accepted += record.count(Outcome::Accepted);
    }
}

impl Observer for Board {
    fn window(&mut self, window: &Window, so_far: &Record) -> Control {
        self.enter(window);
        // Nobody may be looking, and whoever looks may be slow.
        let _ = self.tell.try_send(Glance::of(window, so_far));
        if self.aborted.is_none() {
            self.aborted = self.broken(window, so_far);
        }
        match self.aborted {
            Some(_) => Control::Stop,
            None => Control::Continue,
        }
    }
}
