//! What was measured: runs of base and head in pairs.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Plan;
use crate::{
    cache::TimedKey,
    seconds::{Seconds, ValueError},
};

/// Most pairs of one test: beyond this the exact distributions with ties would take seconds each.
pub const MAX_PAIRS: usize = 100;

/// Whether a run did the work that its test times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It did.
    Worked,
    /// The result was ready at once, from a cache: the time says nothing of the work and is dropped, but counted.
    FastReady,
    /// The result came from a cache, and that is what the test times: counted, and the time is used.
    CacheTimed,
}

/// One run of one test in one arm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Run {
    /// What it took.
    pub time: Seconds,
    /// Its tag.
    pub origin: Origin,
}

impl Run {
    /// A run that did the work.
    #[must_use]
    pub const fn worked(time: Seconds) -> Self {
        Self {
            time,
            origin: Origin::Worked,
        }
    }

    /// A run whose result was there already.
    #[must_use]
    pub const fn fast_ready(time: Seconds) -> Self {
        Self {
            time,
            origin: Origin::FastReady,
        }
    }

    pub(super) const fn is_usable(self) -> bool {
        !matches!(self.origin, Origin::FastReady)
    }

    pub(super) const fn is_cached(self) -> bool {
        !matches!(self.origin, Origin::Worked)
    }
}

/// Runs of both arms, interleaved in time: the i-th of base and the i-th of head are neighbours. 1 to [`MAX_PAIRS`], or
/// none of a test that was planned and did not run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pairs {
    base: Vec<Run>,
    head: Vec<Run>,
}

impl Pairs {
    const LEGAL: &'static str = "1 to 100 pairs";

    /// # Errors
    /// No pair, too many, or arms of different length; the error names the field under `field`.
    pub fn new(field: &str, base: Vec<Run>, head: Vec<Run>) -> Result<Self, ValueError> {
        if base.len() != head.len() {
            let found = format!("{} runs beside {} in {field}.base", head.len(), base.len());
            let legal = "as many runs as in base, because they are compared in pairs";
            return Err(ValueError::new(&format!("{field}.head"), found, legal));
        }
        match base.len() {
            0 => Err(ValueError::new(field, "empty", Self::LEGAL)),
            1..=MAX_PAIRS => Ok(Self { base, head }),
            many => Err(ValueError::new(field, format!("{many} pairs"), Self::LEGAL)),
        }
    }

    /// No pairs: of a test that was planned and did not run. Nothing speaks against it, and it still counts among the
    /// hypotheses, so that a run cut short does not judge the other tests by a softer rule.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// From plain numbers of seconds, none of them fast-ready.
    ///
    /// # Errors
    /// As for [`Pairs::new`], and a number that is no legal time, by `field.base[index]` or `field.head[index]`.
    pub fn from_f64s(field: &str, base: &[f64], head: &[f64]) -> Result<Self, ValueError> {
        let arm = |name: &str, seconds: &[f64]| -> Result<Vec<Run>, ValueError> {
            let run = |(i, &s): (usize, &f64)| {
                let time = Seconds::new(s).map_err(|e| e.under(format!("{field}.{name}[{i}]")));
                time.map(Run::worked)
            };
            seconds.iter().enumerate().map(run).collect()
        };
        Self::new(field, arm("base", base)?, arm("head", head)?)
    }

    /// How many pairs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.base.len()
    }

    /// Whether the test did not run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.base.is_empty()
    }

    pub(super) fn first(&self, pairs: usize) -> (&[Run], &[Run]) {
        let pairs = pairs.min(self.len());
        (&self.base[..pairs], &self.head[..pairs])
    }
}

/// One test of both arms.
#[derive(Debug, Clone, PartialEq)]
pub struct PairedTest {
    /// Which test in which cache state.
    pub key: TimedKey,
    /// Its runs.
    pub pairs: Pairs,
}

/// Why the arms cannot be compared at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComparisonError {
    /// Nothing to compare; an empty run has not passed.
    #[error("tests is empty, legal is one timed test or more")]
    Empty,
    /// Two tests of one name.
    #[error("tests: {key} stands there twice, legal is each timed test once in each cache state")]
    Duplicate {
        /// The key that came twice.
        key: TimedKey,
    },
    /// More pairs than the plan has: nobody fixed beforehand when they would end, so no look may use them.
    #[error("tests: {key} has {found} pairs, legal is {planned} or fewer, as planned before the first run")]
    Unplanned {
        /// Which test.
        key: TimedKey,
        /// Its pairs.
        found: usize,
        /// Pairs of the last look.
        planned: usize,
    },
}

/// The tests by name, then cold before warm.
pub(super) fn in_order<'a>(
    tests: &'a [PairedTest],
    plan: &Plan,
) -> Result<Vec<&'a PairedTest>, ComparisonError> {
    let mut seen = BTreeSet::new();
    let mut sorted: Vec<&PairedTest> = tests.iter().collect();
    sorted.sort_by(|a, b| a.key.cmp(&b.key));
    for test in &sorted {
        let key = || test.key.clone();
        if !seen.insert(&test.key) {
            return Err(ComparisonError::Duplicate { key: key() });
        }
        let (found, planned) = (test.pairs.len(), plan.pairs());
        if found > planned {
            let key = key();
            return Err(ComparisonError::Unplanned { key, found, planned });
        }
    }
    if sorted.is_empty() {
        return Err(ComparisonError::Empty);
    }
    Ok(sorted)
}
