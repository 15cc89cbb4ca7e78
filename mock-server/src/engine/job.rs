//! Jobs as the engine takes them in and gives them out.

use std::sync::Arc;

use audio_api::{JobStatus, JobSummary, Manifest, Mode, ModelId, SegmentManifest};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// What was asked for; shared by everything that works on the job.
#[derive(Debug, Clone, PartialEq)]
pub struct JobSpec {
    /// The whole text. Never logged, never in an answer.
    pub text: String,
    /// SHA-256 of the text, for decisions that must not depend on order.
    pub text_digest: [u8; 32],
    /// How the client means to take the audio.
    pub mode: Mode,
    /// The primary model.
    pub model_id: ModelId,
    /// The voice.
    pub voice_id: String,
    /// Part of the cache key.
    pub prefer_phonemes: bool,
    /// Part of the cache key.
    pub reading_profile: Option<Map<String, Value>>,
    /// Whether cached audio may be used.
    pub cache: CacheUse,
}

/// Whether cached audio may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheUse {
    /// It may.
    Allowed,
    /// Everything is made anew.
    Bypassed,
}

/// A job to be stored.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// What was asked for.
    pub spec: Arc<JobSpec>,
    /// The text in segments; at least one, none empty.
    pub segments: Vec<Arc<str>>,
    /// What makes a repeated submit return the first job.
    pub idempotency: Option<Idempotency>,
}

/// A client's promise that submits with this key are the same submit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The client's key.
    pub key: String,
    /// SHA-256 of the body, to notice a key that is used for something else.
    pub body_digest: [u8; 32],
}

/// Under what conditions a job is accepted.
#[derive(Debug, Clone, Copy)]
pub struct Admission {
    /// The most jobs that may be active, this one included.
    pub max_active_jobs: u64,
    /// The fewest workers that must be online.
    pub min_workers: u64,
}

/// An accepted job.
#[derive(Debug, Clone)]
pub struct Submitted {
    /// The job as it is now.
    pub job: JobRecord,
    /// Whether the key was known and this is the first submit's job.
    pub replayed: bool,
}

/// All that is known of a job.
#[derive(Debug, Clone)]
pub struct JobRecord {
    /// What was asked for.
    pub spec: Arc<JobSpec>,
    /// What has become of it.
    pub manifest: Manifest,
}

/// All that is known of a segment.
#[derive(Debug, Clone)]
pub struct SegmentRecord {
    /// What the job asked for.
    pub spec: Arc<JobSpec>,
    /// The job's state.
    pub job_status: JobStatus,
    /// What has become of the segment.
    pub segment: SegmentManifest,
    /// When the segment's audio was stored, once it is ready.
    pub ready_at: Option<Timestamp>,
}

/// Why a job is canceled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelReason {
    /// A client asked for it.
    Requested,
    /// It was queued for too long.
    StaleQueued,
}

/// Which page of jobs is wanted.
#[derive(Debug, Clone)]
pub struct ListQuery {
    /// Only jobs in this state.
    pub status: Option<JobStatus>,
    /// At most this many, 1 to 200.
    pub limit: usize,
    /// Where the last page ended; `None` for the first.
    pub cursor: Option<String>,
}

/// A page of jobs, newest first.
#[derive(Debug, Clone)]
pub struct JobPage {
    /// The jobs.
    pub jobs: Vec<JobSummary>,
    /// Where this page ended; `None` when nothing follows.
    pub next_cursor: Option<String>,
}
