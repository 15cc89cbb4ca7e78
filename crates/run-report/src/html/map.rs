//! The map of a proof: stages by magnitudes, in all and for each test. Every cell has a sign of its own and says in words
//! what it means.

use std::collections::BTreeMap;

use perf_guard::CacheState;

use super::{
    frame::{Badge, Tone},
    shown::{Part, name},
};
use crate::{
    prove::{CellOutcome, MagnitudeMark, Mark, ProveRun, SlowdownCell, TestMap},
    words,
};

/// Stages, tests and magnitudes of a page.
const MOST_STAGES: usize = 60;
const MOST_TESTS: usize = 120;
const MOST_MAGNITUDES: usize = 40;

/// One stage over all tests.
#[derive(Debug)]
pub(super) struct StageRow {
    pub(super) stage: String,
    pub(super) cells: Vec<Cell>,
}

/// One test.
#[derive(Debug)]
pub(super) struct TestCard {
    pub(super) label: String,
    pub(super) rows: Vec<TestRow>,
    pub(super) off_path: String,
}

/// One test at one stage.
#[derive(Debug)]
pub(super) struct TestRow {
    pub(super) stage: String,
    /// By the fixed rule and by the statistical one, for each magnitude.
    pub(super) cells: Vec<[Cell; 2]>,
}

/// A cell: its class in the style sheet, its sign, and what it means in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) class: &'static str,
    pub(super) sign: &'static str,
    pub(super) words: String,
    /// Beside the sign, such as how often the fault fired.
    pub(super) note: String,
}

impl Cell {
    fn new((class, sign): (&'static str, &'static str), words: String) -> Self {
        Self {
            class,
            sign,
            words,
            note: String::new(),
        }
    }

    fn unknown() -> Self {
        Self::new(("idle", "–"), "not measured".to_owned())
    }
}

/// What is said of a whole cell.
pub(super) fn badge(outcome: CellOutcome) -> Badge {
    match outcome {
        CellOutcome::Caught => Badge::new(Tone::Good, "noticed"),
        CellOutcome::InferredCaught => Badge::new(Tone::Good, "noticed, inferred"),
        CellOutcome::Missed => Badge::new(Tone::Bad, "missed"),
        CellOutcome::InferredMissed => Badge::new(Tone::Bad, "missed, inferred"),
        CellOutcome::NotFired => Badge::new(Tone::Doubtful, "never fired"),
        CellOutcome::NotRun => Badge::new(Tone::Doubtful, "not run"),
    }
}

pub(super) fn magnitudes(run: &ProveRun) -> Vec<String> {
    run.magnitudes_ms
        .iter()
        .take(MOST_MAGNITUDES)
        .map(|ms| words::sleep(*ms))
        .collect()
}

/// All stages, with the outcome of each magnitude over all tests.
pub(super) fn stages(run: &ProveRun) -> Part<StageRow> {
    let rows = run.slowdowns.iter().map(|of_stage| StageRow {
        stage: name(&of_stage.stage),
        cells: run
            .magnitudes_ms
            .iter()
            .take(MOST_MAGNITUDES)
            .map(|ms| {
                let cell = of_stage.cells.iter().find(|cell| cell.magnitude_ms == *ms);
                cell.map_or_else(Cell::unknown, |cell| of_cell(cell, &of_stage.tests))
            })
            .collect(),
    });
    Part::first(rows.collect(), MOST_STAGES)
}

fn of_cell(cell: &SlowdownCell, tests: &[TestMap]) -> Cell {
    let look = match cell.outcome {
        CellOutcome::Caught => ("caught", "✓"),
        CellOutcome::InferredCaught => ("caught inferred", "(✓)"),
        CellOutcome::Missed => ("missed", "✗"),
        CellOutcome::InferredMissed => ("missed inferred", "(✗)"),
        CellOutcome::NotFired => ("idle", "∅"),
        CellOutcome::NotRun => ("idle", "–"),
    };
    let on_path = tests.iter().filter(|test| test.on_path);
    let caught = on_path.clone().filter(|test| {
        let marks = test.fixed.iter().chain(&test.statistical);
        marks
            .clone()
            .any(|mark| mark.magnitude_ms == cell.magnitude_ms && mark.mark.is_caught())
    });
    let (caught, of) = (caught.count(), on_path.count());
    let fired = cell
        .fired_total
        .map(|times| format!(", fired {times} times"))
        .unwrap_or_default();
    let note = cell
        .note
        .as_deref()
        .map(|note| format!("; {}", name(note)))
        .unwrap_or_default();
    Cell {
        note: if of > 0 {
            format!("{caught}/{of}")
        } else {
            String::new()
        },
        ..Cell::new(
            look,
            format!(
                "{}: {caught} of {of} tests on its path noticed{fired}{note}",
                badge(cell.outcome).word
            ),
        )
    }
}

/// All timed tests, each with the stages that it passes.
pub(super) fn tests(run: &ProveRun) -> Part<TestCard> {
    let mut cards: BTreeMap<(&str, CacheState), TestCard> = BTreeMap::new();
    for of_stage in run.slowdowns.iter().take(MOST_STAGES) {
        for test in &of_stage.tests {
            let card = cards.entry((&test.name, test.cache)).or_insert_with(|| TestCard {
                label: name(&format!("{} ({})", test.name, test.cache)),
                rows: Vec::new(),
                off_path: String::new(),
            });
            if test.on_path {
                card.rows.push(row(&of_stage.stage, test, &run.magnitudes_ms));
            } else {
                let comma = if card.off_path.is_empty() { "" } else { ", " };
                card.off_path += &format!("{comma}{}", name(&of_stage.stage));
            }
        }
    }
    Part::first(cards.into_values().collect(), MOST_TESTS)
}

fn row(stage: &str, test: &TestMap, magnitudes: &[f64]) -> TestRow {
    let by = |rule: &str, marks: &[MagnitudeMark], ms: f64| {
        let mark = marks.iter().find(|mark| mark.magnitude_ms == ms);
        mark.map_or_else(Cell::unknown, |mark| of_mark(rule, mark))
    };
    let cells = magnitudes.iter().take(MOST_MAGNITUDES).map(|ms| {
        [
            by("fixed", &test.fixed, *ms),
            by("statistical", &test.statistical, *ms),
        ]
    });
    TestRow {
        stage: name(stage),
        cells: cells.collect(),
    }
}

fn of_mark(rule: &str, mark: &MagnitudeMark) -> Cell {
    let (look, word) = match mark.mark {
        Mark::Caught => (("caught", "✓"), "caught"),
        Mark::InferredCaught => (("caught inferred", "(✓)"), "caught, inferred"),
        Mark::Missed => (("missed", "✗"), "missed"),
        Mark::InferredMissed => (("missed inferred", "(✗)"), "missed, inferred"),
        Mark::OffPath => (("idle", "·"), "not on its path"),
        Mark::NotFired => (("idle", "∅"), "never fired"),
        Mark::NotMeasured => (("idle", "–"), "not measured"),
    };
    let times = match (mark.base_s, mark.measured_s) {
        (Some(base), Some(measured)) => format!(", {} after {}", words::time(measured), words::time(base)),
        _ => String::new(),
    };
    Cell::new(look, format!("{rule} rule: {word}{times}"))
}
