//! The page of a golden run.

use askama::Template;

use super::{
    frame::{Badge, Figure, Frame, Tone, commit, facts, machine, reasons, sections},
    guarded::Guarded,
    marks::Shape,
    results::{self, Check, Failure, TimedTable},
    shown::{Part, name, sentence},
    slower::{self, Slower},
    status::{self, StatusRow},
};
use crate::{golden_run::GoldenRun, test_result::TestStatus, words};

/// Entries of a list of remarks.
const MOST_REMARKS: usize = 200;

#[derive(Debug, Template)]
#[template(path = "golden.html")]
pub(super) struct GoldenPage {
    frame: Frame,
    slower: Part<Slower>,
    failures: Part<Failure>,
    guarded: Option<Guarded>,
    guard: String,
    unguarded: Part<Unguarded>,
    differences: Part<[String; 3]>,
    timed: TimedTable,
    checks: Part<Check>,
    faults: Part<FaultRow>,
    status: Part<StatusRow>,
    at_rest: Badge,
}

/// A timed value that was not held against a baseline.
#[derive(Debug)]
struct Unguarded {
    name: String,
    cache: &'static str,
    reason: String,
}

#[derive(Debug)]
struct FaultRow {
    rule: String,
    fired_total: u64,
    badge: Badge,
}

impl GoldenPage {
    pub(super) fn of(run: &GoldenRun) -> Self {
        let slower = slower::of(run);
        let failures = results::failures(&run.tests);
        Self {
            frame: frame(run),
            slower,
            failures,
            guarded: Guarded::of(run),
            guard: sentence(&words::guard(run)),
            unguarded: Part::first(unguarded(run), MOST_REMARKS),
            differences: Part::first(differences(run), MOST_REMARKS),
            timed: TimedTable::of(&run.tests),
            checks: results::checks(&run.tests),
            faults: Part::first(faults(run), MOST_REMARKS),
            status: status::rows(run.status_start.as_ref(), run.status_end.as_ref()),
            at_rest: at_rest(run),
        }
    }
}

fn count(run: &GoldenRun, status: TestStatus) -> usize {
    run.tests.iter().filter(|test| test.status == status).count()
}

fn frame(run: &GoldenRun) -> Frame {
    let target = if run.target.is_empty() {
        "target not known"
    } else {
        run.target.as_str()
    };
    let subject = if run.api_base.is_empty() {
        name(target)
    } else {
        format!("{} at {}", name(target), name(&run.api_base))
    };
    let sections = sections([
        (!run.perf_failures.is_empty(), "slower", "What got slower"),
        (count(run, TestStatus::Failed) > 0, "failed", "What failed"),
        (true, "guard", "Guard"),
        (
            run.tests.iter().any(|t| t.cache.is_some()),
            "timed",
            "Timed tests",
        ),
        (run.tests.iter().any(|t| t.cache.is_none()), "checks", "Checks"),
        (!run.faults_fired.is_empty(), "faults", "Faults"),
        (true, "status", "Status at the end"),
        (true, "ran", "What ran"),
    ]);
    Frame {
        kind: "Golden run",
        subject,
        exit: run.exit_code,
        summary: summary(run),
        reasons: reasons(
            run.verdict_reasons
                .iter()
                .map(|reason| (reason.exit_code, reason.text.as_str())),
        ),
        notices: run
            .notices
            .iter()
            .take(MOST_REMARKS)
            .map(|text| sentence(text))
            .collect(),
        figures: figures(run),
        facts: what_ran(run),
        sections,
        source: format!("golden.json, schema version {}", run.schema_version),
    }
}

fn summary(run: &GoldenRun) -> String {
    if run.tests.is_empty() {
        return "No test was run, so nothing has passed.".to_owned();
    }
    let [passed, failed, skipped] =
        [TestStatus::Passed, TestStatus::Failed, TestStatus::Skipped].map(|status| count(run, status));
    let guard = match (run.perf_checked, run.perf_failures.len()) {
        (0, _) => "no time was held against a baseline".to_owned(),
        (checked, 0) => format!("all {checked} guarded times kept within their thresholds"),
        (checked, slow) => format!("{slow} of {checked} guarded times are beyond their thresholds"),
    };
    format!("{passed} tests passed, {failed} failed, {skipped} skipped; {guard}.")
}

fn figures(run: &GoldenRun) -> Vec<Figure> {
    let tone = |bad: bool, good: bool| match (bad, good) {
        (true, _) => Tone::Bad,
        (false, true) => Tone::Good,
        (false, false) => Tone::Doubtful,
    };
    let passed = count(run, TestStatus::Passed);
    let failed = count(run, TestStatus::Failed);
    let slowest = run
        .perf_checks
        .iter()
        .map(|check| check.measured_s.as_secs_f64() / check.baseline_s.as_secs_f64())
        .reduce(f64::max);
    let mut figures = vec![
        Figure {
            name: "tests passed",
            value: format!("{passed} of {}", run.tests.len()),
            tone: tone(failed > 0, passed > 0),
        },
        Figure {
            name: "tests failed",
            value: failed.to_string(),
            tone: tone(failed > 0, passed > 0),
        },
        Figure {
            name: "skipped",
            value: count(run, TestStatus::Skipped).to_string(),
            tone: Tone::Plain,
        },
        Figure {
            name: "guarded times too slow",
            value: format!("{} of {}", run.perf_failures.len(), run.perf_checked),
            tone: tone(!run.perf_failures.is_empty(), run.perf_checked > 0),
        },
    ];
    figures.extend(slowest.map(|ratio| Figure {
        name: "most above its baseline",
        value: words::ratio(ratio),
        tone: Tone::Plain,
    }));
    figures.extend(run.timing_total_s.map(|total| Figure {
        name: "wall time",
        value: words::time(total),
        tone: Tone::Plain,
    }));
    figures
}

fn what_ran(run: &GoldenRun) -> Vec<super::frame::Fact> {
    let states: Vec<&str> = run.cache_states.iter().map(|state| state.as_str()).collect();
    let baseline = run.baseline.as_ref();
    let recorded = baseline.map(|info| {
        let commit = info
            .git_commit
            .as_deref()
            .unwrap_or("a commit that it does not name");
        let when = info
            .recorded_at
            .map_or_else(|| "at a time that it does not name".to_owned(), words::moment);
        format!("{}, recorded {when} at {}", name(&info.path), name(commit))
    });
    facts([
        ("Target", Some(name(&run.target))),
        ("Server", Some(name(&run.api_base))),
        ("Proxy", run.web_base.as_deref().map(name)),
        (
            "Server version",
            run.environment.server_version.as_deref().map(name),
        ),
        ("Suite version", Some(name(&run.suite_version))),
        ("Commit", commit(run.git_commit.as_deref(), run.git_dirty)),
        ("Started", Some(words::moment(run.started_at))),
        ("Ended", run.finished_at.map(words::moment)),
        ("Machine", Some(machine(&run.environment))),
        ("Cache states", Some(states.join(", "))),
        ("Repeats", Some(run.repeats.to_string())),
        ("Settings digest", Some(name(&run.settings_digest))),
        ("Baseline", Some(recorded.unwrap_or_else(|| "none".to_owned()))),
        (
            "Others use the target",
            Some(if run.shared_target { "yes" } else { "no" }.to_owned()),
        ),
    ])
}

fn unguarded(run: &GoldenRun) -> Vec<Unguarded> {
    let skipped = run.perf_skipped.iter().map(|skipped| Unguarded {
        name: name(&skipped.name),
        cache: skipped.cache.as_str(),
        reason: sentence(&skipped.reason),
    });
    let extra = run.perf_extra.iter().map(|extra| Unguarded {
        name: name(&extra.name),
        cache: extra.cache.as_str(),
        reason: "in the baseline, not measured by this run".to_owned(),
    });
    skipped.chain(extra).collect()
}

fn differences(run: &GoldenRun) -> Vec<[String; 3]> {
    let differences = run.env_differences.iter();
    differences
        .map(|d| [name(&d.field), name(&d.baseline), name(&d.current)])
        .collect()
}

fn faults(run: &GoldenRun) -> Vec<FaultRow> {
    let faults = run.faults_fired.iter().map(|fault| FaultRow {
        rule: name(&fault.rule),
        fired_total: fault.fired_total,
        badge: if fault.fired_total > 0 {
            Badge::new(Tone::Plain, "fired")
        } else {
            Badge::new(Tone::Doubtful, "never fired")
        },
    });
    faults.collect()
}

/// What the snapshot at the end says of jobs that still ran.
fn at_rest(run: &GoldenRun) -> Badge {
    let active = run
        .status_end
        .as_ref()
        .and_then(|status| status.get("active_jobs"));
    match active.map(|jobs| jobs.as_u64()) {
        None => Badge::new(Tone::Bad, "active_jobs is not known"),
        Some(Some(0)) => Badge::new(Tone::Good, "no job was active any more"),
        Some(Some(jobs)) if run.shared_target => Badge::new(
            Tone::Plain,
            format!("{jobs} jobs were active on a target that others use too"),
        ),
        Some(Some(jobs)) => Badge::new(Tone::Bad, format!("{jobs} jobs were still active")),
        Some(None) => Badge::new(Tone::Bad, "active_jobs is no number"),
    }
}
