//! One timed value of a comparison.

use perf_guard::{
    CacheState, CounterDeltas, Explanation, Seconds, StageTimes,
    comparison::{Directions, FastReady, Origin, PairedVerdict, Ratio, Shortage},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Arm, Metric};

/// One metric of one test in one cache state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparedTest {
    /// Name of the timed value, for further metrics of a test `TEST.METRIC`.
    pub name: String,
    /// Cache state.
    pub cache: CacheState,
    /// What the times measure.
    pub metric: Metric,
    /// What is said of it.
    pub verdict: PairedVerdict,
    /// Whether the second run was red too; null without one.
    pub confirmed: Option<bool>,
    /// Head over base; null if an arm has no usable run.
    pub ratio: Option<Ratio>,
    /// The smallest ratio that these runs, with their spread, could have shown with 80 % power; null if none.
    pub detectable_ratio: Option<f64>,
    /// The evidence of the times.
    pub time: Directions,
    /// The evidence of the share of cached runs, of which fewer is worse; null without any or with nothing else.
    pub hits: Option<Directions>,
    /// How many runs came from a cache.
    pub fast_ready: FastReady,
    /// What is missing; not null exactly when the times are insufficient.
    pub shortage: Option<Shortage>,
    /// Median of base's usable times.
    pub base_median_s: Option<Seconds>,
    /// Median of head's usable times.
    pub head_median_s: Option<Seconds>,
    /// Median stage times of base, in milliseconds of a typical segment.
    pub base_stages_ms: StageTimes,
    /// Median stage times of head.
    pub head_stages_ms: StageTimes,
    /// Change of base's counters over its runs of this test.
    pub base_counters: CounterDeltas,
    /// Change of head's counters over its runs of this test.
    pub head_counters: CounterDeltas,
    /// Where it got slower, of one whose times regressed: the growth is that of the medians, the counters are head's minus base's.
    pub explain: Option<Explanation>,
    /// Base's runs in the order of the pairs.
    pub base: Vec<CompareSample>,
    /// Head's runs in the order of the pairs.
    pub head: Vec<CompareSample>,
    /// Which arm had the first run, pair by pair.
    pub first: Vec<Arm>,
}

/// One run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareSample {
    /// What it took.
    pub seconds: Seconds,
    /// Its tag.
    pub origin: Origin,
    /// Share of the segments that the manifest tags as cached, 0 to 1.
    pub cached_share: Option<f64>,
    /// When it began, in seconds since the first run of all.
    pub at_s: f64,
}

impl ComparedTest {
    /// Name and cache state for people: `test_1 (cold)`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{} ({})", self.name, self.cache)
    }

    /// An arm's runs.
    #[must_use]
    pub fn samples(&self, arm: Arm) -> &[CompareSample] {
        match arm {
            Arm::Base => &self.base,
            Arm::Head => &self.head,
        }
    }
}
