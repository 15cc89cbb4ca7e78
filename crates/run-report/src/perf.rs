//! The guard's findings as they stand in a run's result.

use perf_guard::{
    CacheState, Comparison, Difference, Explanation, Extra, Failure, Limits, Outcome, Seconds, Skipped,
    Verdict,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a timed value measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Submit to complete.
    SubmitToComplete,
    /// Submit to the first ready segment.
    FirstReady,
    /// Fetching the merged file.
    MergedFetch,
    /// Cancel to its acknowledgement.
    CancelAck,
    /// Fetching a segment.
    SegmentFetch,
    /// Fetching the playlist.
    PlaylistFetch,
    /// Fetching the status snapshot.
    StatusFetch,
}

impl Metric {
    /// In words, after the name of the test.
    #[must_use]
    pub const fn as_words(self) -> &'static str {
        match self {
            Self::SubmitToComplete => "submit to complete",
            Self::FirstReady => "submit to first ready segment",
            Self::MergedFetch => "merged fetch",
            Self::CancelAck => "cancel acknowledgement",
            Self::SegmentFetch => "segment fetch",
            Self::PlaylistFetch => "playlist fetch",
            Self::StatusFetch => "status fetch",
        }
    }
}

/// A timed test above its threshold. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PerfFailure {
    /// Name of the timed test.
    pub name: String,
    /// Cache state.
    pub cache: CacheState,
    /// What the times measure.
    pub metric: Metric,
    /// Median of the repeats.
    pub measured_s: Seconds,
    /// The same for the metric of that name, null for another; kept for readers that know no other metric.
    pub timing_submit_to_complete_s: Option<Seconds>,
    /// Median of the baseline.
    pub baseline_s: Seconds,
    /// A longer time than this fails.
    pub threshold_s: Seconds,
    /// Threshold over baseline: the slowdown that the rule lets through.
    pub effective_ratio: f64,
    /// The limits that gave the threshold.
    pub limits: Limits,
    /// Repeats whose median was taken.
    pub repeats: usize,
    /// Where it got slower.
    pub explain: Explanation,
}

impl PerfFailure {
    /// The guard's finding about a metric.
    #[must_use]
    pub fn new(failure: Failure, metric: Metric) -> Self {
        let Comparison {
            name,
            cache,
            repeats,
            measured_s,
            baseline_s,
            threshold_s,
            effective_ratio,
            limits,
        } = failure.comparison;
        Self {
            name,
            cache,
            metric,
            measured_s,
            timing_submit_to_complete_s: (metric == Metric::SubmitToComplete).then_some(measured_s),
            baseline_s,
            threshold_s,
            effective_ratio,
            limits,
            repeats,
            explain: failure.explain,
        }
    }
}

/// All that the guard found, ready for [`crate::GoldenRun::record_perf`].
#[derive(Debug, Clone, PartialEq)]
pub struct PerfReport {
    /// The guard's verdict.
    pub verdict: Verdict,
    /// What was held against the baseline, failed or not.
    pub checks: Vec<Comparison>,
    /// What was too slow.
    pub failures: Vec<PerfFailure>,
    /// What the baseline does not have.
    pub skipped: Vec<Skipped>,
    /// What the baseline has and was not measured.
    pub extra: Vec<Extra>,
    /// Where environment or settings differ from the baseline's.
    pub differences: Vec<Difference>,
}

impl PerfReport {
    /// From the guard's outcome; `metric_of` says what a timed test of that name measures.
    #[must_use]
    pub fn new(outcome: Outcome, metric_of: impl Fn(&str) -> Metric) -> Self {
        let failures = outcome.failures.into_iter().map(|failure| {
            let metric = metric_of(&failure.comparison.name);
            PerfFailure::new(failure, metric)
        });
        Self {
            verdict: outcome.verdict,
            failures: failures.collect(),
            checks: outcome.comparisons,
            skipped: outcome.skipped,
            extra: outcome.extra,
            differences: outcome.differences,
        }
    }
}
