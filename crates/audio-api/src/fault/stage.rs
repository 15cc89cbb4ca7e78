//! Where a fault strikes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A stage of the pipeline, in the order in which a job passes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Stage {
    /// Submitting and regenerating a job.
    HttpSubmit,
    /// Reading, listing and deleting jobs.
    HttpJob,
    /// Fetching a segment.
    HttpSegment,
    /// Fetching a playlist.
    HttpPlaylist,
    /// Fetching merged audio.
    HttpMerged,
    /// Canceling a job.
    HttpCancel,
    /// The status snapshot.
    HttpStatus,
    /// Between taking a segment from the queue and working on it.
    QueueLease,
    /// The voice.
    Synth,
    /// The encoder.
    Encode,
    /// Writing a segment's audio into the blob store.
    Store,
    /// While holding the merge lock, before merging.
    MergeLock,
    /// Merging and writing the merged file.
    MergeWrite,
    /// The worker itself: its lease is not extended while a fault holds it up here.
    Worker,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 14] = [
        Self::HttpSubmit,
        Self::HttpJob,
        Self::HttpSegment,
        Self::HttpPlaylist,
        Self::HttpMerged,
        Self::HttpCancel,
        Self::HttpStatus,
        Self::QueueLease,
        Self::Synth,
        Self::Encode,
        Self::Store,
        Self::MergeLock,
        Self::MergeWrite,
        Self::Worker,
    ];

    /// The wire name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HttpSubmit => "http.submit",
            Self::HttpJob => "http.job",
            Self::HttpSegment => "http.segment",
            Self::HttpPlaylist => "http.playlist",
            Self::HttpMerged => "http.merged",
            Self::HttpCancel => "http.cancel",
            Self::HttpStatus => "http.status",
            Self::QueueLease => "queue.lease",
            Self::Synth => "synth",
            Self::Encode => "encode",
            Self::Store => "store",
            Self::MergeLock => "merge.lock",
            Self::MergeWrite => "merge.write",
            Self::Worker => "worker",
        }
    }

    /// Whether the stage is an HTTP request's.
    #[must_use]
    pub const fn is_http(self) -> bool {
        matches!(
            self,
            Self::HttpSubmit
                | Self::HttpJob
                | Self::HttpSegment
                | Self::HttpPlaylist
                | Self::HttpMerged
                | Self::HttpCancel
                | Self::HttpStatus
        )
    }

    /// Whether a request is being answered here: at `http.*` stages, and at `merge.*` ones, which a request for merged
    /// audio passes.
    #[must_use]
    pub const fn has_answer(self) -> bool {
        self.is_http() || matches!(self, Self::MergeLock | Self::MergeWrite)
    }

    /// Whether one segment's attempt is at hand here, so that a rule can match on it.
    #[must_use]
    pub const fn has_attempt(self) -> bool {
        matches!(
            self,
            Self::QueueLease | Self::Synth | Self::Encode | Self::Store | Self::Worker
        )
    }

    /// Whether a job is at hand here, so that a rule can match on its text, voice and model.
    #[must_use]
    pub const fn has_job(self) -> bool {
        !matches!(self, Self::HttpStatus)
    }

    /// Whether bytes pass here that can be cut or slowed.
    #[must_use]
    pub const fn has_bytes(self) -> bool {
        !matches!(self, Self::QueueLease | Self::MergeLock | Self::Worker)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A stage name that is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown stage {given:?}; legal stages: {}", Stage::ALL.map(Stage::as_str).join(", "))]
pub struct UnknownStage {
    /// What stood there.
    pub given: String,
}

impl FromStr for Stage {
    type Err = UnknownStage;

    fn from_str(name: &str) -> Result<Self, UnknownStage> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.as_str() == name)
            .ok_or_else(|| UnknownStage {
                given: name.to_owned(),
            })
    }
}

impl TryFrom<String> for Stage {
    type Error = UnknownStage;

    fn try_from(name: String) -> Result<Self, UnknownStage> {
        name.parse()
    }
}

impl From<Stage> for String {
    fn from(stage: Stage) -> Self {
        stage.as_str().to_owned()
    }
}
