//! What a comparison found: per test, and for the suite.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::estimate::Ratio;
use crate::{cache::CacheState, verdict::Verdict};

/// What is said of one test. Ordered worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PairedVerdict {
    /// Head is faster by more than the smallest effect.
    Improved,
    /// The runs were enough to show a slowdown, and none beyond the smallest effect was shown.
    NotShown,
    /// The runs are too few to show any slowdown.
    Insufficient,
    /// Head is slower by more than the smallest effect, or finds less in its cache.
    Regressed,
}

impl PairedVerdict {
    /// As people read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Improved => "improved",
            Self::NotShown => "not shown",
            Self::Insufficient => "insufficient data",
            Self::Regressed => "regressed",
        }
    }
}

impl fmt::Display for PairedVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One hypothesis in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The exact p of this test alone, at the look that decided, else at the last one reached; 1 before any look.
    pub p: f64,
    /// The same after Holm over the suite, to be held against that look's part of the error.
    pub p_adjusted: f64,
    /// After how many pairs a look rejected; nothing if none did.
    pub shown_after_pairs: Option<usize>,
}

impl Evidence {
    /// No look was reached, or nothing could be tested.
    pub(super) const NONE: Self = Self {
        p: 1.0,
        p_adjusted: 1.0,
        shown_after_pairs: None,
    };

    /// Whether a look rejected.
    #[must_use]
    pub const fn is_shown(&self) -> bool {
        self.shown_after_pairs.is_some()
    }
}

/// Evidence in both directions. Each has the whole error of its own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Directions {
    /// That head is worse.
    pub worse: Evidence,
    /// That head is better.
    pub better: Evidence,
}

/// How often an arm's result came from a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FastReady {
    /// Runs of base that were.
    pub base: usize,
    /// Runs of head that were.
    pub head: usize,
    /// Runs of each arm.
    pub of: usize,
}

/// Why a test is insufficient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "reason", deny_unknown_fields)]
pub enum Shortage {
    /// The run ended before its last look.
    Unfinished {
        /// Pairs there are.
        pairs: usize,
        /// Pairs of the last look.
        planned: usize,
    },
    /// What is left without fast-ready runs cannot show any slowdown.
    TooFewUsable {
        /// Usable runs of base.
        base: usize,
        /// Usable runs of head.
        head: usize,
        /// The floor for pairs without any fast-ready run; nothing if no number of runs is enough.
        floor: Option<usize>,
    },
}

/// One test.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PairedOutcome {
    /// Name of the test.
    pub name: String,
    /// Its cache state.
    pub cache: CacheState,
    /// What is said of it.
    pub verdict: PairedVerdict,
    /// The times.
    pub time: Directions,
    /// The runs whose result came from a cache, of which fewer is worse; nothing without any or with nothing else.
    pub hits: Option<Directions>,
    /// Their numbers.
    pub fast_ready: FastReady,
    /// Head over base; nothing if an arm has no usable run.
    pub ratio: Option<Ratio>,
    /// The smallest ratio that these runs, with their spread, could have shown with 80 % power; nothing if none.
    pub detectable_ratio: Option<f64>,
    /// What is missing; there is something exactly when the times are insufficient.
    pub shortage: Option<Shortage>,
}

/// All tests.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SuiteOutcome {
    /// Any regressed: failed. Else any insufficient, or no test: inconclusive. Else pass.
    pub verdict: Verdict,
    /// The tests by name, then cold before warm.
    pub tests: Vec<PairedOutcome>,
}

/// The suite's verdict, from which the exit code follows: 1, 3 or 0.
pub(super) fn of_suite(verdicts: impl IntoIterator<Item = PairedVerdict>) -> Verdict {
    Verdict::worst(verdicts.into_iter().map(|verdict| match verdict {
        PairedVerdict::Regressed => Verdict::Failed,
        PairedVerdict::Insufficient => Verdict::Inconclusive,
        PairedVerdict::Improved | PairedVerdict::NotShown => Verdict::Pass,
    }))
}
