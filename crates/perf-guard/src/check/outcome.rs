//! What the guard found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    cache::{CacheState, TimedKey},
    environment::Difference,
    explain::Explanation,
    limits::Limits,
    seconds::Seconds,
    verdict::Verdict,
};

/// One timed test that was held against its baseline, failed or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Name of the timed test.
    pub name: String,
    /// Cache state.
    pub cache: CacheState,
    /// Repeats whose median was taken.
    pub repeats: usize,
    /// Median of the repeats, in seconds.
    pub measured_s: Seconds,
    /// Median of the baseline's samples, in seconds.
    pub baseline_s: Seconds,
    /// A longer time than this fails, in seconds.
    pub threshold_s: Seconds,
    /// Threshold over baseline: the slowdown that the rule lets through.
    pub effective_ratio: f64,
    /// The limits that gave the threshold.
    pub limits: Limits,
}

/// A test that took longer than its threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The figures.
    pub comparison: Comparison,
    /// Where it got slower.
    pub explain: Explanation,
}

/// A timed test that could not be held against anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// Name of the timed test.
    pub name: String,
    /// Cache state.
    pub cache: CacheState,
    /// Why, in words.
    pub reason: String,
}

impl Skipped {
    pub(super) fn new(key: &TimedKey, reason: &str) -> Self {
        Self {
            name: key.test.clone(),
            cache: key.cache,
            reason: reason.to_owned(),
        }
    }
}

/// A timed test of the baseline that the run did not measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Extra {
    /// Name of the timed test.
    pub name: String,
    /// Cache state.
    pub cache: CacheState,
}

impl From<TimedKey> for Extra {
    fn from(key: TimedKey) -> Self {
        Self {
            name: key.test,
            cache: key.cache,
        }
    }
}

/// What the guard found; every list is by name and then cold before warm.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Everything that was held against the baseline.
    pub comparisons: Vec<Comparison>,
    /// What was too slow.
    pub failures: Vec<Failure>,
    /// What was measured and is missing in the baseline.
    pub skipped: Vec<Skipped>,
    /// What the baseline has and was not measured.
    pub extra: Vec<Extra>,
    /// Where environment or settings differ from the baseline's.
    pub differences: Vec<Difference>,
    /// The verdict of all that together.
    pub verdict: Verdict,
}

impl Outcome {
    /// How many were held against the baseline.
    #[must_use]
    pub fn perf_checked(&self) -> usize {
        self.comparisons.len()
    }
}
