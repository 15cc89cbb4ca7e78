//! Base against head, run side by side: exact rank tests that see small slowdowns, and say so when they cannot.
//!
//! Times are compared as logarithms, so that everything is a ratio. Fast-ready runs are dropped by their tag, never by
//! their value, and their shares have a test of their own. For each test "head is slower than base by more than the
//! smallest effect" is tested by the exact rank sum on the arms and the exact signed rank on the pairs, p being twice
//! the smaller; Holm corrects for all tests of the suite, and the looks of the [`Plan`] share its error.
//!
//! What the figures assume: without a change the runs of a pair could be swapped without anybody noticing, which
//! interleaving the arms (ABBA) is for. Drift that both arms share makes the signed rank no worse and the rank sum
//! careful: it spreads both arms alike. Only noise that makes a slow run's partner fast would make the rank sum rash.
//! Against times stored in another session none of this holds; there the figures are advice.

mod advice;
mod arms;
mod detectable;
#[cfg(test)]
mod enumeration;
mod estimate;
mod fisher;
mod holm;
mod looks;
#[cfg(test)]
mod noise;
mod outcome;
mod pairs;
mod plan;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod published;
mod rank_sum;
mod ranks;
mod signed_rank;
mod tails;
#[cfg(test)]
mod tests;

pub use advice::{Advice, StoredTest};
pub use estimate::{Interval, Ratio, rounded};
pub use outcome::{Directions, Evidence, FastReady, PairedOutcome, PairedVerdict, Shortage, SuiteOutcome};
pub use pairs::{ComparisonError, MAX_PAIRS, Origin, PairedTest, Pairs, Run};
pub use plan::{Look, Plan};

use arms::Arms;
use detectable::{Shifts, Spread};
use looks::Finding;
use tails::Tails;

/// Compares by one plan. It keeps the null distributions that it has computed, which pays when many suites follow.
#[derive(Debug, Clone)]
pub struct Comparer {
    plan: Plan,
    tails: Tails,
    shifts: Shifts,
}

/// Compares one suite. The order of the tests does not matter; that of the pairs does, by the looks.
///
/// # Errors
/// No test, two of one name, or more pairs than planned.
pub fn compare(tests: &[PairedTest], plan: &Plan) -> Result<SuiteOutcome, ComparisonError> {
    Comparer::new(plan.clone()).compare(tests)
}

impl Comparer {
    /// For one plan.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            tails: Tails::default(),
            shifts: Shifts::default(),
        }
    }

    /// The plan.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// As [`compare`].
    ///
    /// # Errors
    /// As [`compare`].
    pub fn compare(&mut self, tests: &[PairedTest]) -> Result<SuiteOutcome, ComparisonError> {
        let tests = pairs::in_order(tests, &self.plan)?;
        let findings = self.findings(&tests);
        let hypotheses = self.hypotheses(&tests);
        let tests: Vec<PairedOutcome> = tests
            .into_iter()
            .zip(findings)
            .map(|(test, finding)| self.describe(test, finding, hypotheses))
            .collect();
        Ok(SuiteOutcome {
            verdict: outcome::of_suite(tests.iter().map(|test| test.verdict)),
            tests,
        })
    }

    /// The verdicts alone, by name and then cold before warm: what a simulation of many suites needs.
    ///
    /// # Errors
    /// As [`compare`].
    pub fn verdicts(&mut self, tests: &[PairedTest]) -> Result<Vec<PairedVerdict>, ComparisonError> {
        let tests = pairs::in_order(tests, &self.plan)?;
        let findings = self.findings(&tests);
        Ok(findings.iter().map(Finding::verdict).collect())
    }

    fn describe(&mut self, test: &PairedTest, finding: Finding, hypotheses: usize) -> PairedOutcome {
        let arms = Arms::of(test.pairs.first(self.plan.pairs()));
        let confidence = self.plan.confidence();
        PairedOutcome {
            name: test.key.test.clone(),
            cache: test.key.cache,
            verdict: finding.verdict(),
            time: finding.time,
            hits: finding.hits,
            fast_ready: arms.fast_ready,
            ratio: estimate::ratio(&mut self.tails.sums, &arms.base, &arms.head, confidence),
            detectable_ratio: self.detectable(test, hypotheses),
            shortage: finding.shortage,
        }
    }

    /// By the last look that the test reached, at Holm's strictest step.
    fn detectable(&mut self, test: &PairedTest, hypotheses: usize) -> Option<f64> {
        let reached = |look: &&Look| look.pairs <= test.pairs.len();
        let look = *self.plan.looks().iter().rfind(reached)?;
        let arms = Arms::of(test.pairs.first(look.pairs));
        let spread = Spread::of(&arms.base, &arms.head, &arms.differences);
        let level = self.plan.error_of(look) / hypotheses as f64;
        self.shifts.ratio(
            &mut self.tails,
            arms.usable(),
            spread,
            (self.plan.smallest_effect(), level),
        )
    }
}
