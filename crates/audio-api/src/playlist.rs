//! The playlist: a job's segments as a player takes them.

use serde::{Deserialize, Serialize};

use crate::{JobId, SegmentId, SegmentStatus};

/// The wait that a pending entry asks for, in milliseconds.
pub const RETRY_AFTER_MS: u64 = 500;

/// A job's segments in index order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Playlist {
    /// The job.
    pub job_id: JobId,
    /// One entry a segment.
    pub playlist: Vec<PlaylistEntry>,
}

/// One segment as a player takes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlaylistEntry {
    /// Its place, from 0.
    pub index: u32,
    /// Its name in paths.
    pub segment_id: SegmentId,
    /// Its state.
    pub status: SegmentStatus,
    /// Whether its audio can be fetched now.
    pub ready: bool,
    /// Its path through the web proxy.
    pub url_proxy: String,
    /// Its path on the server itself.
    pub url_backend: String,
    /// The better of the two for this client.
    pub url_best: String,
    /// When to ask again, in milliseconds; only while the segment is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// Length of the audio in milliseconds, when ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
}
