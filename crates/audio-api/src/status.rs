//! The observability snapshot: numbers only, right across all processes of the deployment.

use serde::{Deserialize, Serialize};

/// What the whole deployment is doing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatusSnapshot {
    /// Workers that gave a heartbeat in the last 10 s.
    pub workers_online: u64,
    /// Segments that wait for a worker, those waiting out a retry's backoff included.
    pub queue_len: u64,
    /// Age of the oldest waiting segment in seconds; 0 when none waits.
    pub oldest_queued_age_s: f64,
    /// Jobs that have not ended.
    pub active_jobs: u64,
    /// Jobs by how they ended, since the start.
    pub jobs: JobCounts,
    /// Segments that failed for good, since the start.
    pub dead_letters: u64,
    /// Retries of segments, since the start.
    pub retry_counts: RetryCounts,
    /// Times the fallback model was tried, since the start.
    pub fallback_model_usage: u64,
    /// What waiting for the merge lock cost, since the start.
    pub merge_lock_contention: MergeLockContention,
    /// Jobs canceled for having been queued too long, since the start.
    pub stale_queued_cancels: u64,
    /// Times any fault rule fired, removed rules included, since the start.
    pub faults_fired: u64,
    /// Seconds since this process started.
    pub uptime_s: f64,
    /// The server's version.
    pub version: String,
}

/// Jobs by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobCounts {
    /// All that were accepted.
    pub submitted: u64,
    /// Ended with every segment ready.
    pub complete: u64,
    /// Ended with some segments ready.
    pub complete_with_errors: u64,
    /// Ended with none.
    pub error: u64,
    /// Canceled.
    pub canceled: u64,
}

/// Retries of segments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetryCounts {
    /// Attempts that followed a failed one on the same model.
    pub segment_retries: u64,
    /// Segments that used up their retries.
    pub capped_retries: u64,
}

/// What waiting for the merge lock cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MergeLockContention {
    /// All takes of the lock.
    pub acquisitions: u64,
    /// Requests that really waited, in vain or not.
    pub wait_count: u64,
    /// Their waits added up, in milliseconds.
    pub wait_total_ms: f64,
    /// The longest of them, in milliseconds.
    pub wait_max_ms: f64,
}
