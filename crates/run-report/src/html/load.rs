//! The page of a load run.

mod heading;
mod plots;

use askama::Template;

use super::{
    curve::{Plot, moment},
    frame::{Badge, Frame, Tone},
    growth::{self, Growth},
    shown::{Part, name, sentence},
    status::{self, StatusRow},
};
use crate::{
    load::{LoadResult, Times, words as load},
    soak::words::warm_up,
    words,
};

/// Rows of a table.
const MOST: usize = 200;

#[derive(Debug, Template)]
#[template(path = "load.html")]
pub(super) struct LoadPage {
    frame: Frame,
    judged: Part<JudgedRow>,
    endpoints: Part<EndpointRow>,
    plots: Vec<Plot>,
    against: Option<Plot>,
    overlay: Option<String>,
    steps: Part<StepRow>,
    checks: Part<CheckRow>,
    phases: Part<PhaseRow>,
    growth: Vec<Growth>,
    warm_up: String,
    server: Vec<Plot>,
    server_note: String,
    generator: Vec<[String; 2]>,
    status: Part<StatusRow>,
}

/// A threshold or an invariant.
#[derive(Debug)]
struct JudgedRow {
    what: String,
    value: String,
    badge: Badge,
}

/// One endpoint against its target and baseline.
#[derive(Debug)]
struct EndpointRow {
    cells: [String; 5],
    badge: Badge,
}

/// One step, or a time of the journey's own.
#[derive(Debug)]
struct StepRow {
    name: String,
    route: String,
    badge: Option<Badge>,
    counts: [String; 4],
    times: [String; 4],
}

/// One check.
#[derive(Debug)]
struct CheckRow {
    name: String,
    passed: u64,
    failed: u64,
    badge: Badge,
}

/// One part of the run.
#[derive(Debug)]
struct PhaseRow {
    name: String,
    span: String,
    cells: [String; 6],
}

impl LoadPage {
    pub(super) fn of(run: &LoadResult) -> Self {
        let growth = run
            .leaks
            .as_ref()
            .map_or_else(Vec::new, |leaks| growth::of_load(leaks, &run.timeline.server));
        Self {
            frame: heading::frame(run, &growth),
            judged: judged(run),
            endpoints: endpoints(run),
            plots: plots::load(run),
            against: plots::against_load(run),
            overlay: run
                .overlay
                .as_ref()
                .map(|overlay| format!("{}, made {}", name(&overlay.path), name(&overlay.started_at))),
            steps: steps(run),
            checks: checks(run),
            phases: phases(run),
            growth,
            warm_up: run
                .leaks
                .as_ref()
                .map_or_else(String::new, |leaks| sentence(&warm_up(&leaks.warm_up))),
            server: plots::server(run),
            server_note: server_note(run),
            generator: generator(run),
            status: status::rows(run.status_start.as_ref(), run.status_end.as_ref()),
        }
    }
}

fn judged(run: &LoadResult) -> Part<JudgedRow> {
    let row = |what: &str, value: &str, pass| JudgedRow {
        what: name(what),
        value: sentence(value),
        badge: held(pass),
    };
    let thresholds = run.thresholds.iter();
    let thresholds = thresholds.map(|one| row(&one.threshold, &one.shown, one.pass));
    let invariants = run
        .invariants
        .iter()
        .map(|one| row(&one.name, &one.detail, one.pass));
    Part::first(thresholds.chain(invariants).collect(), MOST)
}

fn held(pass: bool) -> Badge {
    if pass {
        Badge::new(Tone::Good, "held")
    } else {
        Badge::new(Tone::Bad, "broken")
    }
}

fn endpoints(run: &LoadResult) -> Part<EndpointRow> {
    let or_dash = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), words::millis);
    let rows = run.endpoints.iter().map(|one| EndpointRow {
        cells: [
            name(&one.endpoint),
            or_dash(one.p95_ms),
            or_dash(one.target_ms),
            or_dash(one.baseline_p95_ms),
            one.ratio.map_or_else(|| "-".to_owned(), words::ratio),
        ],
        badge: if one.pass {
            held(true)
        } else {
            Badge::new(Tone::Bad, sentence(&one.why))
        },
    });
    Part::first(rows.collect(), MOST)
}

fn server_note(run: &LoadResult) -> String {
    let line = &run.timeline;
    if line.server_missed == 0 {
        return format!("Asked {} times.", line.server_asked);
    }
    format!(
        "Asked {} times; {} times it did not answer as it should.",
        line.server_asked, line.server_missed
    )
}

fn four(times: Option<&Times>) -> [String; 4] {
    [
        load::time(times, |t| t.p50_ms),
        load::time(times, |t| t.p95_ms),
        load::time(times, |t| t.p99_ms),
        load::time(times, |t| t.max_ms),
    ]
}

fn steps(run: &LoadResult) -> Part<StepRow> {
    let steps = run.steps.iter().map(|step| StepRow {
        name: name(&step.step),
        route: if step.composite {
            "several at once".to_owned()
        } else {
            name(&step.route)
        },
        badge: (step.failed > 0).then(|| Badge::new(Tone::Bad, format!("{} failed", step.failed))),
        counts: [
            step.requests.to_string(),
            format!("{:.1}", step.requests_per_s),
            step.count("accepted").to_string(),
            step.rate_limited.to_string(),
        ],
        times: four(step.response.as_ref()),
    });
    let trends = run.trends.iter().filter_map(|trend| {
        let times = trend.times.as_ref()?;
        Some(StepRow {
            name: name(&trend.trend),
            route: "time of the journey".to_owned(),
            badge: None,
            counts: [
                times.count.to_string(),
                String::new(),
                String::new(),
                String::new(),
            ],
            times: four(Some(times)),
        })
    });
    Part::first(steps.chain(trends).collect(), MOST)
}

fn checks(run: &LoadResult) -> Part<CheckRow> {
    let checked = run.checks.iter().filter(|check| check.passed + check.failed > 0);
    let rows = checked.map(|check| CheckRow {
        name: name(&check.check),
        passed: check.passed,
        failed: check.failed,
        badge: if check.failed == 0 {
            Badge::new(Tone::Good, "held")
        } else {
            Badge::new(Tone::Bad, "failed")
        },
    });
    Part::first(rows.collect(), MOST)
}

fn phases(run: &LoadResult) -> Part<PhaseRow> {
    let rows = run.phases.iter().map(|phase| {
        let [p50, p95, p99, _] = four(phase.response.as_ref());
        PhaseRow {
            name: name(&phase.phase),
            span: format!("{} to {}", moment(phase.from_s), moment(phase.to_s)),
            cells: [
                phase.requests.to_string(),
                phase.failed.to_string(),
                phase.rate_limited.to_string(),
                p50,
                p95,
                p99,
            ],
        }
    });
    Part::first(rows.collect(), MOST)
}

fn generator(run: &LoadResult) -> Vec<[String; 2]> {
    let Some(own) = &run.generator else {
        return Vec::new();
    };
    let journeys = &own.journeys;
    let row = |what: &str, value: String| [what.to_owned(), value];
    let mut rows = vec![
        row(
            "busiest thread",
            format!("{} of a core", words::percent(own.busiest_cpu_share)),
        ),
        row("processor time", words::seconds(own.cpu_s)),
        row("send lag p99", load::time(own.send_lag.as_ref(), |t| t.p99_ms)),
        row(
            "connections opened",
            own.connect.map_or(0, |times| times.count).to_string(),
        ),
        row("opening one, p99", load::time(own.connect.as_ref(), |t| t.p99_ms)),
        row("not opened", own.connect_failures.to_string()),
        row("lost with a request under way", own.lost_connections.to_string()),
        row(
            "received",
            format!("{:.1} MiB", own.received_bytes as f64 / f64::from(1 << 20)),
        ),
        row(
            "journeys",
            format!(
                "{} due, {} begun, {} late, {} dropped, {} cut off at the end",
                journeys.due, journeys.begun, journeys.late, journeys.dropped, journeys.interrupted
            ),
        ),
    ];
    rows.extend(
        own.doubts
            .iter()
            .take(MOST)
            .map(|doubt| row("doubt", sentence(doubt))),
    );
    rows
}
