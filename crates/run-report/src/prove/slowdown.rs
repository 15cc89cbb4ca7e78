//! Slowdowns: sleeps of growing length at a stage, and which timed test noticed them by which rule.

use perf_guard::{CacheState, Seconds};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ProveRule;

/// All magnitudes at one stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StageSlowdowns {
    /// The stage, as in `queue.lease`.
    pub stage: String,
    /// One cell a magnitude, ascending.
    pub cells: Vec<SlowdownCell>,
    /// The timed tests, each with its marks.
    pub tests: Vec<TestMap>,
    /// The smallest slowdown that each rule caught, and every one above it.
    pub smallest_caught: Vec<SmallestCaught>,
}

/// One stage at one magnitude.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowdownCell {
    /// The sleep.
    pub magnitude_ms: f64,
    /// Whether any test noticed, by any rule.
    pub outcome: CellOutcome,
    /// How often the fault fired; null where the cell was not run.
    pub fired_total: Option<u64>,
    /// Runs of each timed test under the fault.
    pub runs: u32,
    /// What it took.
    pub took_s: Option<Seconds>,
    /// What went wrong or was left out; null otherwise.
    pub note: Option<String>,
}

/// What came of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CellOutcome {
    /// The fault fired, and a test noticed.
    Caught,
    /// The fault fired, and no test noticed.
    Missed,
    /// Not run, because a smaller magnitude was caught.
    InferredCaught,
    /// Not run, because a larger magnitude was missed.
    InferredMissed,
    /// The fault never fired, so nothing was tested.
    NotFired,
    /// It could not be run, or its turn did not come.
    NotRun,
}

impl CellOutcome {
    /// As it stands in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::Missed => "missed",
            Self::InferredCaught => "inferred_caught",
            Self::InferredMissed => "inferred_missed",
            Self::NotFired => "not_fired",
            Self::NotRun => "not_run",
        }
    }
}

/// One timed test at one stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestMap {
    /// Name of the timed test, as in `test_1.first_ready`.
    pub name: String,
    /// Its cache state.
    pub cache: CacheState,
    /// Whether its time passes by the stage, so that it has to notice.
    pub on_path: bool,
    /// By the fixed rule, one mark a magnitude, ascending.
    pub fixed: Vec<MagnitudeMark>,
    /// By the statistical rule, likewise.
    pub statistical: Vec<MagnitudeMark>,
}

/// One test at one magnitude by one rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MagnitudeMark {
    /// The sleep.
    pub magnitude_ms: f64,
    /// Whether the rule caught it.
    pub mark: Mark,
    /// Median without the fault: by the fixed rule the baseline's, else that of the runs interleaved with those under
    /// the fault; null where it was not measured.
    pub base_s: Option<Seconds>,
    /// Median under the fault; a lower bound where runs were ended beyond the threshold; null where it was not measured.
    pub measured_s: Option<Seconds>,
}

/// Whether a rule caught a slowdown in a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// It went red.
    Caught,
    /// It stayed green.
    Missed,
    /// Not run: a smaller one was caught.
    InferredCaught,
    /// Not run: a larger one was missed.
    InferredMissed,
    /// The test does not pass this stage.
    OffPath,
    /// The fault did not fire.
    NotFired,
    /// There is no measurement.
    NotMeasured,
}

impl Mark {
    /// As it stands in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::Missed => "missed",
            Self::InferredCaught => "inferred_caught",
            Self::InferredMissed => "inferred_missed",
            Self::OffPath => "off_path",
            Self::NotFired => "not_fired",
            Self::NotMeasured => "not_measured",
        }
    }

    /// Whether the slowdown is caught, seen or inferred.
    #[must_use]
    pub const fn is_caught(self) -> bool {
        matches!(self, Self::Caught | Self::InferredCaught)
    }
}

/// The smallest slowdown at a stage that a rule caught.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmallestCaught {
    /// The rule.
    pub rule: ProveRule,
    /// The sleep; null if none was caught.
    pub magnitude_ms: Option<f64>,
    /// The timed tests that caught it, as in `test_1 (cold)`.
    pub by: Vec<String>,
}
