//! What was done and seen between two quiet points.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Invariant;

/// What was done, in all or in a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SoakTally {
    /// Requests, and jobs by how they ended.
    pub operations: u64,
    /// Of them, those that failed.
    pub errors: u64,
    /// Submits that were told to come again later, which is no error.
    pub busy: u64,
    /// Audio that was evicted before it could be fetched, which is no error either.
    pub evicted: u64,
    /// Jobs that were complete.
    pub jobs_complete: u64,
    /// Jobs that were canceled.
    pub jobs_canceled: u64,
    /// Segments that were fetched whole.
    pub segments: u64,
    /// Ranges that were held to the whole.
    pub ranges: u64,
    /// Merged files that were held to their segments.
    pub merged: u64,
    /// Of them, those that several clients asked for at once.
    pub merged_at_once: u64,
}

/// From one quiet point to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SoakWindow {
    /// When it began, in seconds since the first cycle.
    pub from_seconds: f64,
    /// When its quiet point was over.
    pub to_seconds: f64,
    /// How many windows were put together in it.
    pub windows: u32,
    /// Whether warm-up was over when it began.
    pub warm: bool,
    /// Cycles that ended in it.
    pub cycles: u64,
    /// What was done.
    pub tally: SoakTally,
    /// Looks at the server's figures.
    pub samples: u64,
    /// The least resident memory of the server, in bytes; null where it does not say, as the others.
    pub rss_min_bytes: Option<f64>,
    /// The most.
    pub rss_max_bytes: Option<f64>,
    /// The fewest open descriptors.
    pub fds_min: Option<f64>,
    /// The fewest threads.
    pub threads_min: Option<f64>,
    /// Segments that waited for a worker, on average over the looks.
    pub queue_mean: f64,
    /// The most jobs that were active at a look.
    pub active_max: u64,
    /// Median time of a request, in milliseconds.
    pub request_p50_ms: Option<f64>,
    /// Median time from submit to the last segment ready of jobs with new texts, in milliseconds.
    pub ready_p50_ms: Option<f64>,
    /// How long requests waited for the merge lock, in milliseconds for each second of the window.
    pub merge_wait_ms_per_s: f64,
    /// How long it took at the quiet point until no job was active, in seconds; null when one stayed.
    pub quiet_after_seconds: Option<f64>,
    /// Invariants that did not hold.
    pub broken: Vec<Invariant>,
}

impl SoakTally {
    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            operations: self.operations + other.operations,
            errors: self.errors + other.errors,
            busy: self.busy + other.busy,
            evicted: self.evicted + other.evicted,
            jobs_complete: self.jobs_complete + other.jobs_complete,
            jobs_canceled: self.jobs_canceled + other.jobs_canceled,
            segments: self.segments + other.segments,
            ranges: self.ranges + other.ranges,
            merged: self.merged + other.merged,
            merged_at_once: self.merged_at_once + other.merged_at_once,
        }
    }

    /// Errors as a share of operations; nothing without any.
    #[must_use]
    pub fn error_rate(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "no run makes 2^53 requests")]
        let rate = self.errors as f64 / self.operations as f64;
        (self.operations > 0).then_some(rate)
    }
}
