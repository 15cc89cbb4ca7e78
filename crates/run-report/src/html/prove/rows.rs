//! The rows of a proof's tables.

use super::super::{
    frame::{Badge, Tone},
    map,
    shown::{Part, name, sentence},
};
use crate::{
    prove::{Breakage, ControlKind, ProveRun},
    test_result::TestStatus,
    words,
};

/// A fault that was not noticed as it has to be.
#[derive(Debug)]
pub(super) struct BlindRow {
    pub(super) what: String,
    pub(super) badge: Badge,
    pub(super) reason: String,
}

/// An entry of the allow-list that is not needed.
#[derive(Debug)]
pub(super) struct StaleRow {
    pub(super) entry: String,
    pub(super) badge: Badge,
}

/// The smallest slowdown caught at a stage.
#[derive(Debug)]
pub(super) struct SmallestRow {
    pub(super) stage: String,
    pub(super) rule: &'static str,
    pub(super) magnitude: String,
    pub(super) by: String,
}

#[derive(Debug)]
pub(super) struct BreakageRow {
    pub(super) fault: String,
    pub(super) badge: Badge,
    pub(super) fired: String,
    pub(super) noticed_by: String,
    pub(super) note: String,
    pub(super) witnesses: Part<String>,
}

/// How often a rule cried wolf.
#[derive(Debug)]
pub(super) struct AlarmRow {
    pub(super) rule: &'static str,
    pub(super) red: String,
    pub(super) bound: String,
    pub(super) badge: Badge,
}

#[derive(Debug)]
pub(super) struct ControlRow {
    pub(super) number: usize,
    pub(super) kind: &'static str,
    pub(super) after: String,
    pub(super) judged: usize,
    pub(super) took: String,
    pub(super) badge: Badge,
    pub(super) alarms: Part<String>,
}

#[derive(Debug)]
pub(super) struct ThresholdRow {
    pub(super) name: String,
    pub(super) cache: &'static str,
    pub(super) baseline: String,
    pub(super) threshold: String,
    pub(super) effective_ratio: String,
}

pub(super) fn blind(run: &ProveRun) -> Vec<BlindRow> {
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

pub(super) fn stale(run: &ProveRun) -> Vec<StaleRow> {
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

pub(super) fn smallest(run: &ProveRun) -> Vec<SmallestRow> {
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
    pub(super) fn of(cell: &Breakage) -> Self {
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

pub(super) fn alarms(run: &ProveRun) -> Vec<AlarmRow> {
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

pub(super) fn controls(run: &ProveRun) -> Vec<ControlRow> {
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

pub(super) fn thresholds(run: &ProveRun) -> Vec<ThresholdRow> {
    let rows = run.fixed_rule.thresholds.iter().map(|row| ThresholdRow {
        name: name(&row.name),
        cache: row.cache.as_str(),
        baseline: words::time(row.baseline_s),
        threshold: words::time(row.threshold_s),
        effective_ratio: words::ratio(row.effective_ratio),
    });
    rows.collect()
}
