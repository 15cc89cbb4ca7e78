//! Submitting and canceling a job.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{JobId, JobStatus, Manifest, ReadingProfile};

/// How the client means to take the audio. Recorded; it does not change the audio.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Segment by segment, along the playlist.
    #[default]
    Segments,
    /// One merged file.
    Merged,
    /// Segments while they appear.
    Stream,
}

impl Mode {
    /// Every legal mode.
    pub const ALL: [Self; 3] = [Self::Segments, Self::Merged, Self::Stream];

    /// The wire name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Segments => "segments",
            Self::Merged => "merged",
            Self::Stream => "stream",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A mode name that is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown mode {0:?}; legal modes: segments, merged, stream")]
pub struct UnknownMode(pub String);

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(name: &str) -> Result<Self, UnknownMode> {
        Self::ALL
            .into_iter()
            .find(|mode| mode.as_str() == name)
            .ok_or_else(|| UnknownMode(name.to_owned()))
    }
}

/// The body of a submit. Unknown fields are ignored.
///
/// Mode and model are plain strings here, so that a server can name the legal ones in its refusal and a client can
/// send the names of its own target.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubmitRequest {
    /// What to say.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 20_000))]
    pub text: String,
    /// See [`Mode`]; absent means the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Mode>))]
    pub mode: Option<String>,
    /// See [`crate::ModelId`]; absent means the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::ModelId>))]
    pub model: Option<String>,
    /// The same as `model`, under the name that some clients use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::ModelId>))]
    pub model_id: Option<String>,
    /// The voice; any string names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 128))]
    pub voice_id: Option<String>,
    /// Whether phonemes are preferred to graphemes. Part of the cache key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefer_phonemes: Option<bool>,
    /// How to read, in the reader's own terms. Part of the cache key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub reading_profile: Option<ReadingProfile>,
}

/// The answer of the reader's route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubmitAnswer {
    /// The new job.
    pub job_id: JobId,
    /// Its state when the answer was made.
    pub status: JobStatus,
    /// Where its manifest is, the best path for this client; likewise the next two.
    pub job_url: String,
    /// Where its playlist is.
    pub playlist_url: String,
    /// Where its merged audio is, or will be.
    pub merged_audio_url: String,
    /// The path on the server itself.
    pub job_url_backend: String,
    /// The path through the web proxy.
    pub job_url_proxy: String,
    /// The proxy path when the request came through one, else the backend path.
    pub job_url_best: String,
    /// As `job_url_backend`.
    pub playlist_url_backend: String,
    /// As `job_url_proxy`.
    pub playlist_url_proxy: String,
    /// As `job_url_best`.
    pub playlist_url_best: String,
    /// As `job_url_backend`.
    pub merged_audio_url_backend: String,
    /// As `job_url_proxy`.
    pub merged_audio_url_proxy: String,
    /// As `job_url_best`.
    pub merged_audio_url_best: String,
    /// The manifest, so that a fast-ready job needs no second request.
    pub manifest: Manifest,
}

/// The answer of a cancel, also for a job that had ended already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CancelAnswer {
    /// The job.
    pub job_id: JobId,
    /// Its state after the cancel.
    pub status: JobStatus,
}
