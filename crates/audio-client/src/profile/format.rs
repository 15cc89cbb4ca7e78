//! A target's audio format, header names and limits.

use serde::Deserialize;

use super::ProfileError;

/// What a target's audio files are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudioFormat {
    /// Short name of the container, as in `ogg`.
    pub container: String,
    /// Media type of segments and merged audio.
    pub content_type: String,
    /// First bytes of every file, as text.
    pub magic: String,
    /// Samples per second and channel.
    pub sample_rate_hz: u32,
    /// Channels.
    pub channels: u32,
}

impl AudioFormat {
    pub(super) fn check(&self) -> Result<(), ProfileError> {
        let numbers = [
            ("audio.sample_rate_hz", self.sample_rate_hz),
            ("audio.channels", self.channels),
        ];
        match numbers.into_iter().find(|(_, given)| *given == 0) {
            Some((field, given)) => Err(ProfileError::Zero { field, given }),
            None => Ok(()),
        }
    }
}

/// What a target calls its headers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderNames {
    /// Carries the admin token of the fault routes.
    pub admin_token: String,
    /// Makes a submit repeatable.
    pub idempotency_key: String,
    /// Names one request in logs.
    pub request_id: String,
    /// Names the job that audio belongs to.
    pub job_id: String,
    /// Says how many segments merged audio lacks.
    pub segments_missing: String,
}

/// Beyond what a target refuses a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetLimits {
    /// Most characters (Unicode scalars) of a job's text.
    pub max_text_chars: usize,
    /// Most segments of a job.
    pub max_segments: usize,
    /// Most jobs that have not ended, as the target is configured by default.
    pub max_active_jobs: usize,
    /// Attempts of a segment after the first, on the same model.
    pub segment_max_retries: u32,
}

/// Which sample of the metrics says the same as a field of the status snapshot.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricOfField {
    /// The field, members joined by dots.
    pub field: String,
    /// The sample's name with its labels, as in Prometheus text.
    pub sample: String,
    /// Turns the sample's unit into the field's.
    #[serde(default = "one")]
    pub factor: f64,
}

const fn one() -> f64 {
    1.0
}
