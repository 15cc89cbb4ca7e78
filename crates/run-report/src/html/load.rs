//! The page of a load run.

use askama::Template;

use super::{
    curve::{Dot, Drawn, Plot, Scale, Values, moment, ms, over_time, plain},
    frame::{Badge, Figure, Frame, Tone, commit, facts, machine, reasons},
    growth::{self, Growth},
    marks::Percent,
    shown::{Part, name, sentence},
    status::{self, StatusRow},
};
use crate::{
    load::{LoadPoint, LoadResult, ServerPoint, Times, words as load},
    soak::words::warm_up,
    words,
};

/// Rows of a table.
const MOST: usize = 200;
/// Dots of the plot of latency against load.
const MOST_DOTS: usize = 400;

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
            frame: frame(run, &growth),
            judged: judged(run),
            endpoints: endpoints(run),
            plots: load_plots(run),
            against: against_load(run),
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
            server: server_plots(run),
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

fn frame(run: &LoadResult, growth: &[Growth]) -> Frame {
    let mut sections = vec![("judged", "Thresholds and invariants")];
    let mut section = |is: bool, id, title| sections.extend(is.then_some((id, title)));
    section(!run.endpoints.is_empty(), "endpoints", "Endpoints");
    section(!run.timeline.load.is_empty(), "time", "Over time");
    section(!run.timeline.load.is_empty(), "against", "Latency against load");
    section(!run.steps.is_empty(), "steps", "Steps");
    section(!run.phases.is_empty(), "phases", "Before, during, after");
    section(!growth.is_empty(), "growth", "Growth");
    section(!run.timeline.server.is_empty(), "server", "Server");
    section(run.generator.is_some(), "generator", "Generator");
    section(true, "status", "Status at the end");
    section(true, "ran", "What ran");
    Frame {
        kind: "Load run",
        subject: format!("{} on {}", name(&run.profile), name(&run.target)),
        exit: run.exit_code,
        summary: format!("{}.", sentence(&load::totals(run))),
        reasons: reasons(
            run.reasons
                .iter()
                .map(|reason| (reason.exit_code, reason.text.as_str())),
        ),
        notices: run.notices.iter().take(MOST).map(|text| sentence(text)).collect(),
        figures: figures(run),
        facts: what_ran(run),
        sections,
        source: format!(
            "load-{}.json, schema version {}",
            name(&run.profile),
            run.schema_version
        ),
    }
}

fn figures(run: &LoadResult) -> Vec<Figure> {
    let single = || run.steps.iter().filter(|step| !step.composite);
    let requests: u64 = single().map(|step| step.requests).sum();
    let failed: u64 = single().map(|step| step.failed).sum();
    let limited: u64 = single().map(|step| step.rate_limited).sum();
    let broken = run.thresholds.iter().filter(|one| !one.pass).count();
    let bad = |is: bool| if is { Tone::Bad } else { Tone::Good };
    vec![
        Figure {
            name: "requests",
            value: requests.to_string(),
            tone: Tone::Plain,
        },
        Figure {
            name: "failed",
            value: failed.to_string(),
            tone: bad(failed > 0),
        },
        Figure {
            name: "answered with 429",
            value: limited.to_string(),
            tone: Tone::Plain,
        },
        Figure {
            name: "thresholds broken",
            value: format!("{broken} of {}", run.thresholds.len()),
            tone: bad(broken > 0),
        },
        Figure {
            name: "most users",
            value: run.plan.most_users.to_string(),
            tone: Tone::Plain,
        },
    ]
}

fn what_ran(run: &LoadResult) -> Vec<super::frame::Fact> {
    let plan = &run.plan;
    let mix: Vec<String> = plan
        .mix
        .iter()
        .map(|share| format!("{} × {}", share.weight, share.action))
        .collect();
    let scaled = (plan.scale != 1.0).then(|| format!("times are {} of the profile's", plan.scale));
    let key = run
        .figures
        .iter()
        .map(|one| format!("{}: {}", one.name, load::figure(one)));
    let key: Vec<String> = key.collect();
    facts([
        ("Profile", Some(name(&run.profile))),
        ("For", Some(sentence(&run.description))),
        ("Load", Some(sentence(&load::plan(plan)))),
        ("Scale", scaled),
        (
            "Pause",
            Some(format!("{} s to {} s", plan.think_least_s, plan.think_most_s)),
        ),
        ("Mix", Some(sentence(&mix.join(", ")))),
        ("Figures", Some(sentence(&key.join("; ")))),
        ("Target", Some(name(&run.target))),
        ("Server", Some(name(&run.api_base))),
        ("Server settings", Some(sentence(&plan.server_args.join(" ")))),
        ("Faults", Some(sentence(&plan.faults.join(", ")))),
        ("Seed", Some(plan.seed.to_string())),
        ("Version", Some(name(&run.suite_version))),
        ("Commit", commit(run.git_commit.as_deref(), run.git_dirty)),
        ("Started", Some(words::moment(run.started_at))),
        ("Ended", run.finished_at.map(words::moment)),
        ("Machine", Some(machine(&run.environment))),
    ])
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

fn of_points(points: &[LoadPoint], of: impl Fn(&LoadPoint) -> Option<f64>) -> Values {
    points
        .iter()
        .map(|point| (point.at_s + point.lasts_s / 2.0, of(point)))
        .collect()
}

fn end_of(run: &LoadResult) -> f64 {
    let load = run.timeline.load.iter().map(|point| point.at_s + point.lasts_s);
    let server = run.timeline.server.iter().map(|point| point.at_s);
    load.chain(server).fold(1.0, f64::max)
}

fn drawn(class: &'static str, name: &str, values: Values) -> Drawn {
    Drawn {
        class,
        name: name.to_owned(),
        values,
    }
}

fn all(drawn: &[Drawn]) -> impl Iterator<Item = f64> {
    drawn
        .iter()
        .flat_map(|line| line.values.iter().filter_map(|(_, value)| *value))
}

fn load_plots(run: &LoadResult) -> Vec<Plot> {
    let points = &run.timeline.load;
    let end = end_of(run);
    let mut latency = vec![
        drawn("third", "p99", of_points(points, |point| point.p99_ms)),
        drawn("first", "p95", of_points(points, |point| point.p95_ms)),
        drawn("second", "p50", of_points(points, |point| point.p50_ms)),
    ];
    if let Some(overlay) = &run.overlay {
        let earlier = of_points(&overlay.load, |point| point.p95_ms);
        latency.push(drawn("earlier", "p95 of the earlier run", earlier));
    }
    let users = vec![drawn(
        "first",
        "users",
        of_points(points, |point| Some(point.users as f64)),
    )];
    let rate = vec![drawn(
        "first",
        "requests/s",
        of_points(points, |point| Some(point.requests_per_s())),
    )];
    let ended = vec![
        drawn("bad", "failed/s", of_points(points, |p| Some(p.per_s(p.failed)))),
        drawn(
            "second",
            "429/s",
            of_points(points, |p| Some(p.per_s(p.rate_limited))),
        ),
        drawn("third", "202/s", of_points(points, |p| Some(p.per_s(p.accepted)))),
    ];
    let log = Scale::log(all(&latency));
    let linear = |drawn: &[Drawn]| Scale::from_zero(all(drawn));
    let (of_users, of_rate, of_ended) = (linear(&users), linear(&rate), linear(&ended));
    [
        over_time(
            "Response times from when requests were due",
            (latency, end),
            (log, ms),
        ),
        over_time("Users", (users, end), (of_users, plain)),
        over_time("Requests a second", (rate, end), (of_rate, plain)),
        over_time("Failed, 429 and 202 a second", (ended, end), (of_ended, plain)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Each span of time as a dot: how many requests a second there were, and how long they took.
fn against_load(run: &LoadResult) -> Option<Plot> {
    let earlier = run.overlay.as_ref().map_or(&[][..], |overlay| &overlay.load);
    let points = earlier
        .iter()
        .map(|point| (point, true))
        .chain(run.timeline.load.iter().map(|point| (point, false)));
    let known: Vec<(&LoadPoint, f64, bool)> = points
        .filter_map(|(point, earlier)| Some((point, point.p95_ms?, earlier)))
        .collect();
    let every = known.len().div_ceil(MOST_DOTS).max(1);
    let across = Scale::from_zero(known.iter().map(|(point, ..)| point.requests_per_s()))?;
    let up = Scale::log(known.iter().map(|(_, p95, _)| *p95))?;
    let dots = known.iter().step_by(every).map(|(point, p95, earlier)| Dot {
        x: Percent(across.at(point.requests_per_s())),
        y: Percent(100.0 - up.at(*p95)),
        earlier: *earlier,
        title: format!(
            "{:.0} requests/s with {} users at {}: p95 {}",
            point.requests_per_s(),
            point.users,
            moment(point.at_s),
            words::millis(*p95)
        ),
    });
    Some(Plot {
        title: "95th percentile against requests a second".to_owned(),
        desc: format!("{} spans of time, each a dot", known.len()),
        up: up.upright(ms),
        across: across.across(|value| format!("{}/s", plain(value))),
        lines: Vec::new(),
        dots: dots.collect(),
    })
}

fn server_plots(run: &LoadResult) -> Vec<Plot> {
    let points = &run.timeline.server;
    let end = end_of(run);
    let of = |of: fn(&ServerPoint) -> Option<f64>| -> Values {
        points.iter().map(|point| (point.at_s, of(point))).collect()
    };
    let mib = |bytes: f64| bytes / f64::from(1 << 20);
    let memory: Values = of(|point| point.resident_bytes)
        .into_iter()
        .map(|(at, bytes)| (at, bytes.map(mib)))
        .collect();
    let plots = [
        (
            "Resident memory, MiB",
            vec![drawn("first", "resident memory in MiB", memory)],
        ),
        (
            "Queue and active jobs",
            vec![
                drawn(
                    "first",
                    "segments that wait",
                    of(|point| Some(point.queue_len as f64)),
                ),
                drawn(
                    "second",
                    "active jobs",
                    of(|point| Some(point.active_jobs as f64)),
                ),
            ],
        ),
        (
            "Descriptors and threads",
            vec![
                drawn("first", "descriptors", of(|point| point.open_fds)),
                drawn("second", "threads", of(|point| point.threads)),
            ],
        ),
    ];
    let plots = plots.into_iter().filter_map(|(title, drawn)| {
        let scale = Scale::from_zero(all(&drawn));
        over_time(title, (drawn, end), (scale, plain))
    });
    plots.collect()
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
