//! The page of a soak.

use askama::Template;
use perf_guard::trend::TrendVerdict;

use super::{
    frame::{Badge, Figure, Frame, Tone, commit, facts, machine, sections},
    growth::{self, Growth},
    shown::{Part, name, sentence},
    status::{self, StatusRow},
};
use crate::{
    soak::{InvariantTally, SoakRun, SoakWindow, words as soaked},
    words,
};

/// Entries of a list.
const MOST: usize = 300;

#[derive(Debug, Template)]
#[template(path = "soak.html")]
pub(super) struct SoakPage {
    frame: Frame,
    failures: Part<FailureRow>,
    evidence: Option<String>,
    warm_up: String,
    growth: Vec<Growth>,
    invariants: Vec<InvariantRow>,
    windows: Part<WindowRow>,
    times: Part<TimesRow>,
    status: Part<StatusRow>,
}

#[derive(Debug)]
struct FailureRow {
    after: String,
    invariant: &'static str,
    text: String,
}

#[derive(Debug)]
struct InvariantRow {
    name: &'static str,
    says: String,
    checked: u64,
    broken: u64,
    badge: Badge,
}

#[derive(Debug)]
struct WindowRow {
    when: String,
    cycles: u64,
    errors: String,
    request: String,
    ready: String,
    memory: String,
    quiet: String,
    badge: Badge,
}

#[derive(Debug)]
struct TimesRow {
    name: String,
    count: u64,
    p50: String,
    p95: String,
    p99: String,
    max: String,
}

impl SoakPage {
    pub(super) fn of(run: &SoakRun) -> Self {
        let mut page = Self {
            frame: frame(run),
            failures: Part::first(failures(run), MOST),
            evidence: run.evidence.as_deref().map(name),
            warm_up: sentence(&soaked::warm_up(&run.warm_up)),
            growth: growth::of_soak(run),
            invariants: run.invariants.iter().map(invariant).collect(),
            windows: Part::first(run.windows.iter().map(window).collect(), MOST),
            times: Part::first(times(run), MOST),
            status: status::rows(run.status_start.as_ref(), run.status_end.as_ref()),
        };
        page.frame.sections = sections([
            (!page.failures.is_empty(), "failed", "What broke"),
            (!page.growth.is_empty(), "growth", "Growth"),
            (!page.invariants.is_empty(), "invariants", "Invariants"),
            (!page.windows.is_empty(), "windows", "Windows"),
            (!page.times.is_empty(), "times", "Times"),
            (true, "status", "Status at the end"),
            (true, "ran", "What ran"),
        ]);
        page
    }
}

fn frame(run: &SoakRun) -> Frame {
    Frame {
        kind: "Soak",
        subject: name(&format!("{} at {}", run.target, run.api_base)),
        exit: run.exit_code,
        summary: sentence(&soaked::done(run)) + ".",
        reasons: run.reasons.iter().take(MOST).map(|text| sentence(text)).collect(),
        notices: run.notices.iter().take(MOST).map(|text| sentence(text)).collect(),
        figures: figures(run),
        facts: facts([
            ("target", Some(name(&run.target))),
            ("api_base", Some(name(&run.api_base))),
            ("started", Some(words::moment(run.started_at))),
            ("duration", Some(words::seconds(run.duration_seconds))),
            ("planned", Some(words::seconds(run.planned_seconds))),
            ("cycles at a time", Some(run.concurrency.to_string())),
            ("cancels every", Some(format!("{} cycles", run.cancel_every))),
            ("seed", Some(run.seed.to_string())),
            ("window", Some(words::seconds(run.window_seconds))),
            ("server flags", Some(name(&run.server_args.join(" ")))),
            ("faults", Some(name(&run.faults.join(" ")))),
            ("machine", Some(machine(&run.environment))),
            ("commit", commit(run.git_commit.as_deref(), run.git_dirty)),
        ]),
        sections: Vec::new(),
        source: format!("soak.json, schema version {}", run.schema_version),
    }
}

fn figures(run: &SoakRun) -> Vec<Figure> {
    let broken = run.failures.len() as u64 + run.failures_left_out;
    let leaks = run
        .trends
        .iter()
        .filter(|trend| trend.verdict == TrendVerdict::Leak)
        .count();
    let bad_if = |bad: bool| if bad { Tone::Bad } else { Tone::Plain };
    let figure = |name, value: String, tone| Figure { name, value, tone };
    vec![
        figure("cycles", run.cycles.to_string(), Tone::Plain),
        figure("broken invariants", broken.to_string(), bad_if(broken > 0)),
        figure("figures that grow", leaks.to_string(), bad_if(leaks > 0)),
        figure("errors", run.tally.errors.to_string(), Tone::Plain),
        figure("operations", run.tally.operations.to_string(), Tone::Plain),
        figure("merged files checked", run.tally.merged.to_string(), Tone::Plain),
    ]
}

fn failures(run: &SoakRun) -> Vec<FailureRow> {
    let row = |failure: &crate::soak::Violation| FailureRow {
        after: format!("{:.1} s", failure.at_seconds),
        invariant: failure.invariant.as_str(),
        text: sentence(&failure.text),
    };
    run.failures.iter().map(row).collect()
}

fn invariant(tally: &InvariantTally) -> InvariantRow {
    let badge = match (tally.broken, tally.checked) {
        (1.., _) => Badge::new(Tone::Bad, "broken"),
        (0, 0) => Badge::new(Tone::Doubtful, "not looked at"),
        _ => Badge::new(Tone::Good, "held"),
    };
    InvariantRow {
        name: tally.invariant.as_str(),
        says: sentence(
            tally
                .not_applicable
                .as_deref()
                .unwrap_or(tally.invariant.in_words()),
        ),
        checked: tally.checked,
        broken: tally.broken,
        badge,
    }
}

fn window(window: &SoakWindow) -> WindowRow {
    let millis = |ms: Option<f64>| ms.map(words::millis).unwrap_or_default();
    let names: Vec<&str> = window.broken.iter().map(|invariant| invariant.as_str()).collect();
    WindowRow {
        when: format!("{:.0} to {:.0} s", window.from_seconds, window.to_seconds),
        cycles: window.cycles,
        errors: format!("{} of {}", window.tally.errors, window.tally.operations),
        request: millis(window.request_p50_ms),
        ready: millis(window.ready_p50_ms),
        memory: window
            .rss_min_bytes
            .map(|bytes| format!("{:.1} MiB", bytes / 1_048_576.0))
            .unwrap_or_default(),
        quiet: window
            .quiet_after_seconds
            .map_or_else(|| "never".to_owned(), words::seconds),
        badge: match (names.is_empty(), window.warm) {
            (false, _) => Badge::new(Tone::Bad, names.join(", ")),
            (true, true) => Badge::new(Tone::Good, "held"),
            (true, false) => Badge::new(Tone::Plain, "held, warming up"),
        },
    }
}

fn times(run: &SoakRun) -> Vec<TimesRow> {
    let row = |times: &crate::soak::SoakHistogram| TimesRow {
        name: name(&times.name),
        count: times.count,
        p50: words::millis(times.p50_ms),
        p95: words::millis(times.p95_ms),
        p99: words::millis(times.p99_ms),
        max: words::millis(times.max_ms),
    };
    run.histograms.iter().map(row).collect()
}
