//! The result of one test of the suite.

use std::collections::BTreeMap;

use perf_guard::{CacheState, Seconds, StageTimes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestStatus {
    /// Everything it checks holds.
    Passed,
    /// Something does not hold; `reason` and `evidence` say what.
    Failed,
    /// It was not run, or cannot be on this target; `reason` says why. Never counted as passed.
    Skipped,
}

impl TestStatus {
    /// As it stands in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One test, of a timed test one entry for each cache state. Times are in seconds and the medians of the repeats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestResult {
    /// Name of the test.
    pub name: String,
    /// How it ended.
    pub status: TestStatus,
    /// Cache state of a timed test; null for a test that is not timed.
    pub cache: Option<CacheState>,
    /// Why it failed or was skipped, in one sentence; null when it passed.
    pub reason: Option<String>,
    /// What was seen: requests, answers, values, one line each.
    pub evidence: Vec<String>,
    /// The job that the test is about; the last repeat's.
    pub job_id: Option<String>,
    /// Submit to complete.
    pub timing_submit_to_complete_s: Option<Seconds>,
    /// Submit to the first ready segment.
    pub timing_first_ready_s: Option<Seconds>,
    /// Fetching the merged file.
    pub timing_merged_fetch_s: Option<Seconds>,
    /// Cancel to its acknowledgement.
    pub timing_cancel_ack_s: Option<Seconds>,
    /// Wall time of the whole test with all repeats.
    pub timing_total_s: Option<Seconds>,
    /// Segments of the job.
    pub segments_total: Option<u32>,
    /// Of them, ready at the end.
    pub segments_ready: Option<u32>,
    /// Of them, in error at the end.
    pub segments_error: Option<u32>,
    /// Share of the segments that the manifest tags as cached, 0 to 1.
    pub cached_share: Option<f64>,
    /// Stage medians over the repeats, in milliseconds of a typical segment.
    pub stages_ms: StageTimes,
    /// The repeats in the order of running; empty for a test that is not timed.
    pub repeats: Vec<Repeat>,
}

/// One repeat of a timed test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// Its job.
    pub job_id: Option<String>,
    /// Timed metric → seconds, under the names that the baseline uses.
    pub samples_s: BTreeMap<String, Seconds>,
    /// Stage times, in milliseconds of a typical segment.
    pub stages_ms: StageTimes,
    /// Share of the segments that the manifest tags as cached, 0 to 1.
    pub cached_share: Option<f64>,
}

impl TestResult {
    /// A test that passed; what else is known is for the caller to fill in.
    #[must_use]
    pub fn passed(name: impl Into<String>, cache: Option<CacheState>) -> Self {
        Self::bare(name.into(), cache, TestStatus::Passed)
    }

    /// A test that failed, with the reason in one sentence.
    #[must_use]
    pub fn failed(name: impl Into<String>, cache: Option<CacheState>, reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..Self::bare(name.into(), cache, TestStatus::Failed)
        }
    }

    /// A test that was not run, with the reason in one sentence.
    #[must_use]
    pub fn skipped(name: impl Into<String>, cache: Option<CacheState>, reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..Self::bare(name.into(), cache, TestStatus::Skipped)
        }
    }

    fn bare(name: String, cache: Option<CacheState>, status: TestStatus) -> Self {
        Self {
            name,
            status,
            cache,
            reason: None,
            evidence: Vec::new(),
            job_id: None,
            timing_submit_to_complete_s: None,
            timing_first_ready_s: None,
            timing_merged_fetch_s: None,
            timing_cancel_ack_s: None,
            timing_total_s: None,
            segments_total: None,
            segments_ready: None,
            segments_error: None,
            cached_share: None,
            stages_ms: StageTimes::new(),
            repeats: Vec::new(),
        }
    }

    /// Name and cache state for people: `test_1 (cold)`.
    #[must_use]
    pub fn label(&self) -> String {
        self.cache
            .map_or_else(|| self.name.clone(), |cache| format!("{} ({cache})", self.name))
    }
}
