//! The pairs of a comparison: made in order, looked at when the plan says so, and what the statistics say of them.

use std::{collections::BTreeSet, time::Instant};

use perf_guard::{
    TimedKey,
    comparison::{Comparer, PairedVerdict, Plan, SuiteOutcome},
};

use super::{conduct::CompareError, sides::Sides};
use crate::{
    suite::{Event, Progress},
    timed::{PairedRuns, Pairing, TimedTest},
};

/// Makes all pairs of the tests that are active, and looks at them when the plan says so: a test of which all values
/// have regressed needs no more runs.
pub(super) async fn make(
    runs: &mut PairedRuns,
    sides: &mut Sides<'_>,
    (mut active, tests): (Vec<&TimedTest>, &[TimedTest]),
    (plan, pairing): (&Plan, Pairing),
    progress: &dyn Progress,
) -> Result<(), CompareError> {
    let began = Instant::now();
    for look in plan.looks() {
        while runs.pairs() < look.pairs && !active.is_empty() {
            let made = runs.pairs() + 1;
            runs.make(sides, (&active, made), pairing, progress).await?;
            let to_come = u32::try_from(plan.pairs() - made).unwrap_or(u32::MAX);
            let each = began.elapsed() / u32::try_from(made).unwrap_or(1);
            progress.tell(Event::Paired {
                made,
                planned: plan.pairs(),
                left: each * to_come,
            });
        }
        if look.pairs < plan.pairs() {
            let decided = regressed(&judge(runs, tests, plan)?);
            let over = |test: &&TimedTest| test.keys().all(|key| decided.contains(&key));
            let spared: Vec<&TimedTest> = active.iter().copied().filter(over).collect();
            progress.tell(Event::Spared {
                steps: runs_of(&spared) * (plan.pairs() - look.pairs) as u64,
            });
            active.retain(|test| !over(test));
        }
    }
    Ok(())
}

/// What the statistics say of the runs so far.
///
/// # Errors
/// No test, or more runs than planned.
pub(super) fn judge(
    runs: &PairedRuns,
    tests: &[TimedTest],
    plan: &Plan,
) -> Result<SuiteOutcome, CompareError> {
    let paired = runs.to_compare(tests)?;
    Ok(Comparer::new(plan.clone()).compare(&paired)?)
}

pub(super) fn regressed(outcome: &SuiteOutcome) -> BTreeSet<TimedKey> {
    let red = outcome
        .tests
        .iter()
        .filter(|test| test.verdict == PairedVerdict::Regressed);
    red.map(|test| TimedKey::new(test.name.as_str(), test.cache))
        .collect()
}

/// The tests with anything red, with the metrics and states in which it is.
pub(super) fn narrowed(tests: &[TimedTest], red: &BTreeSet<TimedKey>) -> Vec<TimedTest> {
    let narrow = |test: &TimedTest| {
        let is_red =
            |metric, cache| red.contains(&TimedKey::new(crate::timed::key_of(&test.name, metric), cache));
        let mut part = test.clone();
        part.states
            .retain(|&cache| test.metrics.iter().any(|&metric| is_red(metric, cache)));
        part.metrics
            .retain(|&metric| test.states.iter().any(|&cache| is_red(metric, cache)));
        part
    };
    let parts = tests.iter().map(narrow);
    parts.filter(|part| !part.states.is_empty()).collect()
}

pub(super) fn runs_of(tests: &[&TimedTest]) -> u64 {
    2 * tests.iter().map(|test| test.states.len() as u64).sum::<u64>()
}
