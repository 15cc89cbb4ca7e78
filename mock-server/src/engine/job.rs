//! Jobs as the engine takes them in and gives them out.

use std::{fmt, sync::Arc};

use audio_api::{JobStatus, JobSummary, Manifest, Mode, ModelId, SegmentManifest};
use jiff::Timestamp;

/// What was asked for; shared by everything that works on the job.
#[derive(Clone, PartialEq)]
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
    /// Part of the cache key: its JSON, with the names in order. Kept as text, because a parsed one takes up to thirty times the
    /// memory, and nobody reads it.
    pub reading_profile: Option<Box<str>>,
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

impl fmt::Debug for JobSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobSpec")
            .field("text", &Untold::of(&self.text))
            .field("mode", &self.mode)
            .field("model_id", &self.model_id)
            .field("voice_id", &self.voice_id)
            .field("prefer_phonemes", &self.prefer_phonemes)
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}

/// Stands in debug output where a job's text would: a text that is never logged must not slip in with what holds it.
pub(super) struct Untold {
    bytes: usize,
}

impl Untold {
    pub(super) const fn of(text: &str) -> Self {
        Self { bytes: text.len() }
    }
}

impl fmt::Debug for Untold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.bytes)
    }
}

/// A job to be stored.
#[derive(Clone)]
pub struct NewJob {
    /// What was asked for.
    pub spec: Arc<JobSpec>,
    /// The text in segments; at least one, none empty.
    pub segments: Vec<Arc<str>>,
    /// What makes a repeated submit return the first job.
    pub idempotency: Option<Idempotency>,
}

impl fmt::Debug for NewJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewJob")
            .field("spec", &self.spec)
            .field("segments", &self.segments.len())
            .field("idempotency", &self.idempotency)
            .finish()
    }
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

/// Which audio of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AudioPart {
    /// That of the segment of this index.
    Segment(u32),
    /// All of it, merged.
    Merged,
}

/// Where audio is that can be sent as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioRef {
    /// The content key: of a segment its own, of merged audio the fingerprint of the ready segments' keys, under which
    /// it is found once it has been merged.
    pub key: String,
    /// When the segment was stored, or the job ended.
    pub stored_at: Timestamp,
    /// How many segments merged audio lacks; 0 for a segment.
    pub segments_missing: u32,
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::engine::{Lease, LeaseToken};

    #[test]
    fn no_debug_output_tells_a_text() {
        let spec = Arc::new(JobSpec {
            text: "xylophone".to_owned(),
            text_digest: [0; 32],
            mode: Mode::Segments,
            model_id: ModelId::Default,
            voice_id: "anna".to_owned(),
            prefer_phonemes: false,
            reading_profile: None,
            cache: CacheUse::Allowed,
        });
        let new = NewJob {
            spec: Arc::clone(&spec),
            segments: vec![Arc::from("xylophone")],
            idempotency: None,
        };
        let lease = Lease {
            token: LeaseToken(1),
            job_id: "job".into(),
            spec: Arc::clone(&spec),
            segment_index: 0,
            text: Arc::from("xylophone"),
            attempt: 1,
            model_id: ModelId::Default,
            queue_wait: Duration::ZERO,
            lost: CancellationToken::new(),
        };
        for said in [format!("{spec:?}"), format!("{new:?}"), format!("{lease:?}")] {
            assert!(said.contains("anna"), "{said}");
            assert!(!said.contains("xylophone"), "{said}");
        }
    }
}
