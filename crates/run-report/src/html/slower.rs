//! What got slower, and where: a table of stages for each regression.

use perf_guard::{Attribution, Explanation, StageTimes};

use super::{
    marks::Percent,
    shown::{Part, name, sentence},
};
use crate::{golden_run::GoldenRun, perf::PerfFailure, test_result::TestResult, words};

/// Regressions told in full.
const MOST: usize = 60;

/// One regression.
#[derive(Debug)]
pub(super) struct Slower {
    pub(super) what: String,
    pub(super) figures: String,
    pub(super) explanation: String,
    pub(super) stages: Stages,
}

/// Stage times before and now.
#[derive(Debug)]
pub(super) struct Stages {
    pub(super) rows: Part<StageRow>,
}

/// One stage. Times are those of a typical segment.
#[derive(Debug)]
pub(super) struct StageRow {
    pub(super) stage: String,
    pub(super) before: String,
    pub(super) now: String,
    pub(super) change: String,
    /// The bar of the change: from the middle to the right when slower, to the left when faster.
    pub(super) bar_from: Percent,
    pub(super) bar_width: Percent,
    /// Whether this stage is the one that the guard names.
    pub(super) named: bool,
    pub(super) grew: bool,
}

/// All regressions of a run, the worst first.
pub(super) fn of(run: &GoldenRun) -> Part<Slower> {
    let factor = |failure: &PerfFailure| failure.measured_s.as_secs_f64() / failure.threshold_s.as_secs_f64();
    let mut failures: Vec<&PerfFailure> = run.perf_failures.iter().collect();
    failures.sort_by(|a, b| factor(b).total_cmp(&factor(a)));
    let told = failures.into_iter().map(|failure| Slower {
        what: name(&words::timed(failure)),
        figures: words::figures(failure),
        explanation: sentence(&words::explanation(&failure.explain)),
        stages: Stages::of(&failure.explain, stages_now(run, failure)),
    });
    Part::first(told.collect(), MOST)
}

/// The stage times of the test that failed. Those of a further metric, as in `test_1.merged_fetch`, stand nowhere.
fn stages_now<'a>(run: &'a GoldenRun, failure: &PerfFailure) -> Option<&'a StageTimes> {
    let is_it = |test: &&TestResult| test.name == failure.name && test.cache == Some(failure.cache);
    run.tests.iter().find(is_it).map(|test| &test.stages_ms)
}

impl Stages {
    /// Where nothing got slower.
    pub(super) fn none() -> Self {
        Self {
            rows: Part::first(Vec::new(), 0),
        }
    }

    pub(super) fn of(explain: &Explanation, now: Option<&StageTimes>) -> Self {
        let mut deltas: Vec<(&String, f64)> = explain
            .stage_deltas_ms
            .iter()
            .map(|(stage, ms)| (stage, *ms))
            .collect();
        deltas.sort_by(|a, b| b.1.total_cmp(&a.1));
        let greatest = deltas.iter().fold(0.0_f64, |most, (_, ms)| most.max(ms.abs()));
        let rows = deltas.into_iter().map(|(stage, delta)| {
            let now = now.and_then(|times| times.get_ms(stage));
            let length = if greatest > 0.0 {
                delta.abs() / greatest * 48.0
            } else {
                0.0
            };
            StageRow {
                stage: name(stage),
                before: now.map(|ms| words::millis(ms - delta)).unwrap_or_default(),
                now: now.map(words::millis).unwrap_or_default(),
                change: words::change_millis(delta),
                bar_from: Percent(if delta < 0.0 { 50.0 - length } else { 50.0 }),
                bar_width: Percent(length),
                named: explain.stage == Attribution::Stage(stage.clone()),
                grew: delta > 0.0,
            }
        });
        Self {
            rows: Part::first(rows.collect(), 40),
        }
    }
}
