//! Work as the engine hands it out and takes it back.

use std::{fmt, sync::Arc, time::Duration};

use audio_api::{ErrorCode, JobId, ModelId};
use tokio_util::sync::CancellationToken;

use super::{JobSpec, job::Untold};

/// Names one worker, across all processes of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId(pub Arc<str>);

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names one lease, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeaseToken(pub u128);

/// One segment, handed to one worker for a while.
#[derive(Clone)]
pub struct Lease {
    /// Names the lease.
    pub token: LeaseToken,
    /// The job.
    pub job_id: JobId,
    /// What the job asked for.
    pub spec: Arc<JobSpec>,
    /// The segment's place, from 0.
    pub segment_index: u32,
    /// The segment's text.
    pub text: Arc<str>,
    /// The number of this attempt, from 1, fallback included.
    pub attempt: u32,
    /// The model to use now: the job's, or its fallback.
    pub model_id: ModelId,
    /// How long the segment was due before it was leased.
    pub queue_wait: Duration,
    /// Cancelled when the job is canceled or deleted, or the lease is lost in another way.
    pub lost: CancellationToken,
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("token", &self.token)
            .field("job_id", &self.job_id)
            .field("spec", &self.spec)
            .field("segment_index", &self.segment_index)
            .field("text", &Untold::of(&self.text))
            .field("attempt", &self.attempt)
            .field("model_id", &self.model_id)
            .field("queue_wait", &self.queue_wait)
            .finish_non_exhaustive()
    }
}

/// What an attempt made.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentResult {
    /// The content key under which the audio is stored.
    pub cache_key: String,
    /// Size of the audio in bytes.
    pub size_bytes: u64,
    /// Length of the audio.
    pub duration: Duration,
    /// Whether it was in the store already.
    pub cached: bool,
    /// Where the time went.
    pub times: StageTimes,
}

/// Where an attempt's time went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StageTimes {
    /// From due to the start of work.
    pub queue_wait: Duration,
    /// In the voice, or in the cache lookup.
    pub synth: Duration,
    /// In the encoder.
    pub encode: Duration,
    /// In the blob store.
    pub store: Duration,
}

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The voice failed, or the worker or its lease did.
    Synthesis,
    /// The encoder failed.
    Encoding,
    /// The audio could not be stored.
    Storing,
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureOutcome {
    /// The same model again, after this long.
    Retry {
        /// The backoff.
        after: Duration,
    },
    /// The fallback model, at once.
    Fallback,
    /// Nothing: the segment has failed for this reason.
    Failed(ErrorCode),
}

/// What time has ended since the sweep before, whichever operation noticed it first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Leases that had expired.
    pub expired_leases: u64,
    /// Jobs canceled for having been queued too long.
    pub stale_jobs: u64,
    /// Fault rules that had expired.
    pub expired_faults: u64,
}
