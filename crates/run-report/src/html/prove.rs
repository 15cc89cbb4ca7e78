//! The page of a proof: which slowdowns and which breakages are noticed, by whom, and how often something cries wolf.

use askama::Template;

use super::{
    frame::{Badge, Fact, Figure, Frame, Tone, commit, facts, machine, reasons},
    map::{self, StageRow, TestCard},
    shown::{Part, name, sentence},
};
use crate::{
    prove::{Breakage, CellOutcome, ControlKind, ProveRun},
    test_result::TestStatus,
    words,
};

/// Entries of a list.
const MOST: usize = 500;

#[derive(Debug, Template)]
#[template(path = "prove.html")]
pub(super) struct ProvePage {
    frame: Frame,
    blind: Part<BlindRow>,
    stale: Part<StaleRow>,
    smallest: Part<SmallestRow>,
    magnitudes: Vec<String>,
    stages: Part<StageRow>,
    tests: Part<TestCard>,
    breakages: Part<BreakageRow>,
    alarms: Part<AlarmRow>,
    controls: Part<ControlRow>,
    thresholds: Part<ThresholdRow>,
    statistical: String,
    never_red: Option<Part<String>>,
}

/// A fault that was not noticed as it has to be.
#[derive(Debug)]
struct BlindRow {
    what: String,
    badge: Badge,
    reason: String,
}

/// An entry of the allow-list that is not needed.
#[derive(Debug)]
struct StaleRow {
    entry: String,
    badge: Badge,
}

/// The smallest slowdown caught at a stage.
#[derive(Debug)]
struct SmallestRow {
    stage: String,
    rule: &'static str,
    magnitude: String,
    by: String,
}

#[derive(Debug)]
struct BreakageRow {
    fault: String,
    badge: Badge,
    fired: String,
    noticed_by: String,
    note: String,
    witnesses: Part<String>,
}

/// How often a rule cried wolf.
#[derive(Debug)]
struct AlarmRow {
    rule: &'static str,
    red: String,
    bound: String,
    badge: Badge,
}

#[derive(Debug)]
struct ControlRow {
    number: usize,
    kind: &'static str,
    after: String,
    judged: usize,
    took: String,
    badge: Badge,
    alarms: Part<String>,
}

#[derive(Debug)]
struct ThresholdRow {
    name: String,
    cache: &'static str,
    baseline: String,
    threshold: String,
    effective_ratio: String,
}

impl ProvePage {
    pub(super) fn of(run: &ProveRun) -> Self {
        let rule = &run.statistical_rule;
        let page = Self {
            frame: frame(run),
            blind: Part::first(blind(run), MOST),
            stale: Part::first(stale(run), MOST),
            smallest: Part::first(smallest(run), MOST),
            magnitudes: map::magnitudes(run),
            stages: map::stages(run),
            tests: map::tests(run),
            breakages: Part::first(run.breakages.iter().map(BreakageRow::of).collect(), MOST),
            alarms: Part::first(alarms(run), MOST),
            controls: Part::first(controls(run), MOST),
            thresholds: Part::first(thresholds(run), MOST),
            statistical: format!(
                "The statistical rule compares {} runs with the fault with as many without it, interleaved: slower means by more \
                 than {:.0} %, with a chance of {} % for a false report in a cell.",
                rule.pairs,
                rule.smallest_effect * 100.0,
                rule.error * 100.0
            ),
            never_red: run
                .never_red
                .as_ref()
                .map(|tests| Part::first(tests.iter().map(|test| name(test)).collect(), MOST)),
        };
        page.with_sections()
    }

    fn with_sections(mut self) -> Self {
        let sections = [
            (
                !self.blind.is_empty() || !self.stale.is_empty(),
                "blind",
                "Blind spots",
            ),
            (!self.smallest.is_empty(), "smallest", "Smallest slowdown caught"),
            (!self.stages.is_empty(), "map", "Map of slowdowns"),
            (!self.tests.is_empty(), "tests", "Map of each test"),
            (!self.breakages.is_empty(), "breakages", "Faults that break"),
            (true, "controls", "Controls and false alarms"),
            (!self.thresholds.is_empty(), "rules", "Rules"),
            (true, "ran", "What ran"),
        ];
        let shown = sections.into_iter().filter(|(is, ..)| *is);
        self.frame.sections = shown.map(|(_, id, title)| (id, title)).collect();
        self
    }
}

fn frame(run: &ProveRun) -> Frame {
    Frame {
        kind: "Proof of the guard",
        subject: name(&format!("{}, {} extent", run.target, run.extent.as_str())),
        exit: run.exit_code,
        summary: summary(run),
        reasons: reasons(
            run.verdict_reasons
                .iter()
                .map(|reason| (reason.exit_code, reason.text.as_str())),
        ),
        notices: run.notices.iter().take(MOST).map(|text| sentence(text)).collect(),
        figures: figures(run),
        facts: what_ran(run),
        sections: Vec::new(),
        source: format!("prove.json, schema version {}", run.schema_version),
    }
}

/// Outcomes of all cells, those that break included.
fn outcomes(run: &ProveRun) -> impl Iterator<Item = CellOutcome> {
    let slowdowns = run
        .slowdowns
        .iter()
        .flat_map(|stage| stage.cells.iter().map(|cell| cell.outcome));
    slowdowns.chain(run.breakages.iter().map(|cell| cell.outcome))
}

fn summary(run: &ProveRun) -> String {
    let count = |outcome| outcomes(run).filter(|found| *found == outcome).count();
    let (caught, missed) = (count(CellOutcome::Caught), count(CellOutcome::Missed));
    if caught + missed == 0 {
        return "No fault was tested, so nothing is proven.".to_owned();
    }
    let inferred = count(CellOutcome::InferredCaught) + count(CellOutcome::InferredMissed);
    let idle = count(CellOutcome::NotFired) + count(CellOutcome::NotRun);
    format!(
        "{} faults were injected: {caught} were noticed and {missed} were not; {inferred} more follow from these, {idle} \
         were not tested.",
        caught + missed
    )
}

fn figures(run: &ProveRun) -> Vec<Figure> {
    let count = |outcome| outcomes(run).filter(|found| *found == outcome).count();
    let (new, allowed) = (
        run.blind_spots
            .iter()
            .filter(|spot| spot.allowed.is_none())
            .count(),
        run.blind_spots
            .iter()
            .filter(|spot| spot.allowed.is_some())
            .count(),
    );
    let red: u64 = run.false_alarms.iter().map(|alarms| alarms.red).sum();
    let bound = run
        .false_alarms
        .iter()
        .filter_map(|alarms| alarms.upper_bound_95)
        .reduce(f64::max);
    let figure = |name, value: String, tone| Figure { name, value, tone };
    let bad_if = |bad: bool, known: bool| match (bad, known) {
        (true, _) => Tone::Bad,
        (false, true) => Tone::Good,
        (false, false) => Tone::Doubtful,
    };
    let tested = count(CellOutcome::Caught) + count(CellOutcome::Missed);
    let mut figures = vec![
        figure(
            "faults noticed",
            format!("{} of {tested}", count(CellOutcome::Caught)),
            Tone::Plain,
        ),
        figure("new blind spots", new.to_string(), bad_if(new > 0, tested > 0)),
        figure("accepted blind spots", allowed.to_string(), Tone::Plain),
        figure("false alarms", red.to_string(), bad_if(red > 0, bound.is_some())),
    ];
    figures.extend(bound.map(|bound| {
        figure(
            "95 % bound on false alarms a suite, worst rule",
            words::percent(bound),
            Tone::Plain,
        )
    }));
    figures.extend(
        run.timing_total_s
            .map(|total| figure("wall time", words::time(total), Tone::Plain)),
    );
    figures
}

fn blind(run: &ProveRun) -> Vec<BlindRow> {
    let mut spots: Vec<_> = run.blind_spots.iter().collect();
    // Those that fail the proof come first.
    spots.sort_by_key(|spot| spot.allowed.is_some());
    let rows = spots.into_iter().map(|spot| BlindRow {
        what: sentence(&spot.in_words()),
        badge: match spot.allowed {
            None => Badge::new(Tone::Bad, "new"),
            Some(_) => Badge::new(Tone::Plain, "accepted"),
        },
        reason: spot.allowed.as_deref().map(sentence).unwrap_or_default(),
    });
    rows.collect()
}

fn stale(run: &ProveRun) -> Vec<StaleRow> {
    let rows = run.stale_allowances.iter().map(|stale| StaleRow {
        entry: name(&stale.entry),
        badge: if stale.fails {
            Badge::new(Tone::Bad, "has to go")
        } else {
            Badge::new(Tone::Doubtful, "not needed this time")
        },
    });
    rows.collect()
}

fn smallest(run: &ProveRun) -> Vec<SmallestRow> {
    let rows = run.slowdowns.iter().flat_map(|stage| {
        stage.smallest_caught.iter().map(|smallest| SmallestRow {
            stage: name(&stage.stage),
            rule: smallest.rule.as_str(),
            magnitude: smallest
                .magnitude_ms
                .map_or_else(|| "none was caught".to_owned(), words::sleep),
            by: sentence(&smallest.by.join(", ")),
        })
    });
    rows.collect()
}

impl BreakageRow {
    fn of(cell: &Breakage) -> Self {
        let mut notes: Vec<String> = cell.note.iter().map(|note| sentence(note)).collect();
        if cell.server_ended {
            notes.insert(0, "the server ended".to_owned());
        }
        let witnesses = cell.tests.iter().map(|witness| {
            let label = witness.cache.map_or_else(
                || witness.name.clone(),
                |cache| format!("{} ({cache})", witness.name),
            );
            let said = match witness.status {
                TestStatus::Passed => "did not notice",
                TestStatus::Failed => "noticed",
                TestStatus::Skipped => "skipped",
            };
            let reason = witness
                .reason
                .as_deref()
                .map(|reason| format!(": {reason}"))
                .unwrap_or_default();
            sentence(&format!("{label} {said}{reason}"))
        });
        Self {
            fault: name(&cell.fault),
            badge: map::badge(cell.outcome),
            fired: cell
                .fired_total
                .map_or_else(|| "not known".to_owned(), |times| times.to_string()),
            noticed_by: sentence(&cell.noticed_by.join(", ")),
            note: notes.join("; "),
            witnesses: Part::first(witnesses.collect(), 100),
        }
    }
}

fn alarms(run: &ProveRun) -> Vec<AlarmRow> {
    let rows = run.false_alarms.iter().map(|alarms| AlarmRow {
        rule: alarms.rule.as_str(),
        red: format!("{} of {}", alarms.red, alarms.controls),
        bound: alarms
            .upper_bound_95
            .map_or_else(|| "not known".to_owned(), words::percent),
        badge: match (alarms.controls, alarms.red) {
            (0, _) => Badge::new(Tone::Doubtful, "no control judged by it"),
            (_, 0) => Badge::new(Tone::Good, "no false alarm"),
            _ => Badge::new(Tone::Bad, "false alarms"),
        },
    });
    rows.collect()
}

fn controls(run: &ProveRun) -> Vec<ControlRow> {
    let rows = run.controls.iter().enumerate().map(|(i, control)| ControlRow {
        number: i + 1,
        kind: match control.kind {
            ControlKind::Timed => "timed tests",
            ControlKind::Correctness => "tests of correctness",
        },
        after: control
            .after
            .as_deref()
            .map_or_else(|| "the beginning".to_owned(), name),
        judged: control.judged,
        took: control.took_s.map(words::time).unwrap_or_default(),
        badge: match (control.judged, control.alarms.len()) {
            (0, _) => Badge::new(Tone::Doubtful, "judged nothing"),
            (_, 0) => Badge::new(Tone::Good, "green"),
            (_, alarms) => Badge::new(Tone::Bad, format!("{alarms} went red")),
        },
        alarms: Part::first(
            control
                .alarms
                .iter()
                .map(|alarm| {
                    sentence(&format!(
                        "{}, {} rule: {}",
                        alarm.test,
                        alarm.rule.as_str(),
                        alarm.reason
                    ))
                })
                .collect(),
            50,
        ),
    });
    rows.collect()
}

fn thresholds(run: &ProveRun) -> Vec<ThresholdRow> {
    let rows = run.fixed_rule.thresholds.iter().map(|row| ThresholdRow {
        name: name(&row.name),
        cache: row.cache.as_str(),
        baseline: words::time(row.baseline_s),
        threshold: words::time(row.threshold_s),
        effective_ratio: words::ratio(row.effective_ratio),
    });
    rows.collect()
}

fn what_ran(run: &ProveRun) -> Vec<Fact> {
    let fixed = &run.fixed_rule;
    let sleeps: Vec<String> = run.magnitudes_ms.iter().map(|ms| words::sleep(*ms)).collect();
    facts([
        ("Target", Some(name(&run.target))),
        ("Server", Some(name(&run.api_base))),
        (
            "Server version",
            run.environment.server_version.as_deref().map(name),
        ),
        ("Voice cost", run.voice_cost.as_deref().map(name)),
        ("Suite version", Some(name(&run.suite_version))),
        ("Commit", commit(run.git_commit.as_deref(), run.git_dirty)),
        ("Started", Some(words::moment(run.started_at))),
        ("Ended", run.finished_at.map(words::moment)),
        ("Machine", Some(machine(&run.environment))),
        ("Extent", Some(run.extent.as_str().to_owned())),
        ("Slowdowns", Some(name(&sleeps.join(", ")))),
        (
            "Fixed rule",
            Some(format!(
                "{} repeats against {} runs of the baseline",
                fixed.repeats, fixed.baseline_runs
            )),
        ),
        (
            "Limits",
            Some(
                fixed
                    .limits_from
                    .as_deref()
                    .map_or_else(|| "built in".to_owned(), name),
            ),
        ),
        ("Rules put to the test", Some(rules(run))),
    ])
}

fn rules(run: &ProveRun) -> String {
    let rules: Vec<&str> = run
        .false_alarms
        .iter()
        .map(|alarms| alarms.rule.as_str())
        .collect();
    rules.join(", ")
}
