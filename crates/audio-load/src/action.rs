//! What a user may do, by the names of scenario files.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Endpoint;

/// One thing that users do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Whether the process lives.
    Health,
    /// Whether it can work.
    Ready,
    /// The status snapshot.
    Status,
    /// The list of jobs.
    List,
    /// One job with its manifest.
    Job,
    /// A job's playlist.
    Playlist,
    /// A whole segment.
    Segment,
    /// A random part of a random segment.
    Range,
    /// A job's merged audio.
    Merged,
    /// Metrics as Prometheus text.
    Metrics,
    /// Metrics as flat JSON.
    FlatMetrics,
    /// The document of all routes.
    Openapi,
    /// A dashboard's home page: status, list, manifest and playlist at once.
    Overview,
    /// One of job, list, playlist and status, by chance.
    Query,
    /// Playlist, random parts of random segments, and merged audio of a job that is there.
    Listen,
    /// Submit, and look until it is ready.
    Submit,
    /// The same over the reader's route.
    Reader,
    /// Submit, look until it is ready, listen; at times regenerate it, at times delete it.
    Create,
    /// Submit and cancel.
    Cancel,
    /// Delete a job of one's own; submit one first if there is none.
    Delete,
    /// Regenerate a job, and look until it is ready.
    Regenerate,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 21] = [
        Self::Health,
        Self::Ready,
        Self::Status,
        Self::List,
        Self::Job,
        Self::Playlist,
        Self::Segment,
        Self::Range,
        Self::Merged,
        Self::Metrics,
        Self::FlatMetrics,
        Self::Openapi,
        Self::Overview,
        Self::Query,
        Self::Listen,
        Self::Submit,
        Self::Reader,
        Self::Create,
        Self::Cancel,
        Self::Delete,
        Self::Regenerate,
    ];

    /// Its name in scenario files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Ready => "ready",
            Self::Status => "status",
            Self::List => "list",
            Self::Job => "job",
            Self::Playlist => "playlist",
            Self::Segment => "segment",
            Self::Range => "range",
            Self::Merged => "merged",
            Self::Metrics => "metrics",
            Self::FlatMetrics => "flat_metrics",
            Self::Openapi => "openapi",
            Self::Overview => "overview",
            Self::Query => "query",
            Self::Listen => "listen",
            Self::Submit => "submit",
            Self::Reader => "reader",
            Self::Create => "create",
            Self::Cancel => "cancel",
            Self::Delete => "delete",
            Self::Regenerate => "regenerate",
        }
    }

    /// What it asks of the target.
    #[must_use]
    pub const fn endpoints(self) -> &'static [Endpoint] {
        use Endpoint as E;
        match self {
            Self::Health => &[E::Health],
            Self::Ready => &[E::Ready],
            Self::Status => &[E::Status],
            Self::List => &[E::List],
            Self::Job => &[E::Job],
            Self::Playlist => &[E::Playlist],
            Self::Segment => &[E::Segment],
            Self::Range => &[E::Range],
            Self::Merged => &[E::Merged],
            Self::Metrics => &[E::Metrics],
            Self::FlatMetrics => &[E::FlatMetrics],
            Self::Openapi => &[E::Openapi],
            Self::Overview | Self::Query => &[E::Status, E::List, E::Job, E::Playlist],
            Self::Listen => &[E::Playlist, E::Range, E::Merged],
            Self::Submit => &[E::Submit, E::Poll],
            Self::Reader => &[E::Reader, E::Poll],
            Self::Create => &[
                E::Submit,
                E::Poll,
                E::Playlist,
                E::Range,
                E::Merged,
                E::Regenerate,
                E::Delete,
            ],
            Self::Cancel => &[E::Submit, E::Cancel],
            Self::Delete => &[E::Submit, E::Poll, E::Delete],
            Self::Regenerate => &[E::Regenerate, E::Poll],
        }
    }

    /// Whether it asks for a job that is there already.
    #[must_use]
    pub const fn needs_a_job(self) -> bool {
        matches!(
            self,
            Self::Job
                | Self::Playlist
                | Self::Segment
                | Self::Range
                | Self::Merged
                | Self::Overview
                | Self::Query
                | Self::Listen
                | Self::Regenerate
        )
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_that_files_are_read_by() {
        for action in Action::ALL {
            let name = serde_json::to_value(action).unwrap();
            assert_eq!(name, action.as_str());
        }
    }
}
