//! The list of jobs, newest first.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{JobId, JobStatus};

/// One page of jobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobList {
    /// Newest first.
    pub jobs: Vec<JobSummary>,
    /// Hand this back as `cursor` for the next page; null on the last one.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub next_cursor: Option<String>,
}

/// A job as the list shows it: no text, no segments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobSummary {
    /// The job.
    pub job_id: JobId,
    /// Its state.
    pub status: JobStatus,
    /// The model that was asked for.
    pub model_id: String,
    /// The voice that was asked for.
    pub voice_id: String,
    /// When the job was accepted, RFC 3339 UTC.
    pub created_at: Timestamp,
    /// When it last changed, RFC 3339 UTC.
    pub updated_at: Timestamp,
    /// How many segments the text was split into.
    pub segments_total: u32,
    /// How many are ready.
    pub segments_ready: u32,
    /// How many failed for good.
    pub segments_error: u32,
    /// Share of the segments that have ended, in percent, 0 to 100.
    pub progress_pct: f64,
}
