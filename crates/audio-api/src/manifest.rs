//! What is known of a job and its segments.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ErrorCode, JobId, JobStatus, SegmentId, SegmentStatus};

/// The answer of the job routes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobAnswer {
    /// The job.
    pub job_id: JobId,
    /// All that is known of it.
    pub manifest: Manifest,
}

/// All that is known of a job. It never holds the job's text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Manifest {
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
    /// When anything here last changed, RFC 3339 UTC.
    pub updated_at: Timestamp,
    /// How many segments the text was split into.
    pub segments_total: u32,
    /// How many are ready.
    pub segments_ready: u32,
    /// How many failed for good.
    pub segments_error: u32,
    /// How many are leased by a worker.
    pub segments_in_progress: u32,
    /// Share of the segments that have ended, in percent, 0 to 100.
    pub progress_pct: f64,
    /// The segments in index order.
    pub segments: Vec<SegmentManifest>,
    /// Why the whole job ended without audio, for `error` and `canceled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<ErrorCode>,
    /// How the client said that it means to take the audio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::Mode>))]
    pub mode: Option<String>,
}

/// What is known of one segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SegmentManifest {
    /// Its place, from 0.
    pub index: u32,
    /// Its name in paths.
    pub segment_id: SegmentId,
    /// Its state.
    pub status: SegmentStatus,
    /// Attempts so far, the running one included.
    pub attempts: u32,
    /// The model that made, or makes, or will make the audio.
    pub model_id: String,
    /// Whether that is the fallback model.
    pub fallback_used: bool,
    /// Whether the audio came from the cache.
    pub cached: bool,
    /// Time from queued to the start of the last attempt's work, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_wait_ms: Option<f64>,
    /// Time in the voice, or for a cached segment in the lookup, in milliseconds; likewise the next two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synth_ms: Option<f64>,
    /// Time in the encoder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encode_ms: Option<f64>,
    /// Time in the blob store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_ms: Option<f64>,
    /// Length of the audio in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// Size of the audio in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// The content key: everything that changes the audio, hashed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_key: Option<String>,
    /// Why it failed or was canceled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<ErrorCode>,
}
