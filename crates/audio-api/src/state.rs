//! States of jobs and segments, and why a segment or job failed.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $wire:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $wire)] $variant,)+
        }

        impl $name {
            /// Every value, in the order of the contract.
            pub const ALL: [Self; [$($wire),+].len()] = [$(Self::$variant),+];

            /// The wire name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $wire,)+ }
            }
        }

        // By hand: the derive does not see a name that a macro hands on.
        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::Type::String)
                    .enum_values(Some(Self::ALL.map(Self::as_str)))
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownState;

            fn from_str(name: &str) -> Result<Self, UnknownState> {
                Self::ALL.into_iter().find(|state| state.as_str() == name).ok_or_else(|| UnknownState {
                    what: $what,
                    given: name.to_owned(),
                    legal: &[$($wire),+],
                })
            }
        }
    };
}

wire_enum! {
    /// The state of a job. The last four are terminal.
    JobStatus, "job status" {
        /// No segment has been leased yet.
        Queued = "queued",
        /// At least one segment has been leased.
        InProgress = "in_progress",
        /// Every segment is ready.
        Complete = "complete",
        /// Some segments are ready, some failed.
        CompleteWithErrors = "complete_with_errors",
        /// No segment succeeded.
        Error = "error",
        /// Canceled by a client, by a delete, or for having been queued too long.
        Canceled = "canceled",
    }
}

wire_enum! {
    /// The state of a segment. The last three are terminal.
    SegmentStatus, "segment status" {
        /// Waits for a worker, at first or again.
        Queued = "queued",
        /// Leased by a worker.
        Synthesizing = "synthesizing",
        /// Its audio is stored.
        Ready = "ready",
        /// Failed for good.
        Error = "error",
        /// Its job was canceled before it was ready.
        Canceled = "canceled",
    }
}

wire_enum! {
    /// Why a segment failed, or why a job ended without audio.
    ErrorCode, "error code" {
        /// The voice failed, and neither a retry nor a fallback was allowed.
        SynthesisFailed = "synthesis_failed",
        /// Every allowed retry failed, and no fallback model was allowed.
        RetryCapExceeded = "retry_cap_exceeded",
        /// Every allowed retry failed, and so did the fallback model.
        FallbackFailed = "fallback_failed",
        /// The audio could not be encoded, and neither a retry nor a fallback was allowed.
        EncodeFailed = "encode_failed",
        /// The job was canceled.
        Canceled = "canceled",
        /// The job waited in the queue for too long.
        StaleQueued = "stale_queued",
    }
}

/// A name that is none of the legal ones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {given:?}; legal values: {}", legal.join(", "))]
pub struct UnknownState {
    /// What was being read.
    pub what: &'static str,
    /// What stood there.
    pub given: String,
    /// What may stand there.
    pub legal: &'static [&'static str],
}

impl JobStatus {
    /// Whether the job has ended; nothing changes a terminal state.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        !matches!(self, Self::Queued | Self::InProgress)
    }

    /// Whether merged audio can exist in this state.
    #[must_use]
    pub const fn has_audio(self) -> bool {
        matches!(self, Self::Complete | Self::CompleteWithErrors)
    }
}

impl SegmentStatus {
    /// Whether the segment has ended; nothing changes a terminal state.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        !matches!(self, Self::Queued | Self::Synthesizing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_state_is_refused_with_the_legal_names() {
        let error = "done".parse::<JobStatus>().expect_err("no such state");
        assert_eq!(
            error.to_string(),
            "unknown job status \"done\"; legal values: queued, in_progress, complete, complete_with_errors, error, canceled"
        );
    }

    #[cfg(feature = "openapi")]
    #[test]
    fn the_schema_has_the_wire_names() {
        use utoipa::PartialSchema as _;
        let schema = serde_json::to_value(JobStatus::schema()).expect("plain");
        assert_eq!(schema["enum"], serde_json::json!(JobStatus::ALL));
    }

    #[test]
    fn the_wire_names_are_those_of_the_contract() {
        let names = |all: &[&str]| all.join(" ");
        assert_eq!(
            names(&SegmentStatus::ALL.map(SegmentStatus::as_str)),
            "queued synthesizing ready error canceled"
        );
        for status in JobStatus::ALL {
            assert_eq!(serde_json::to_value(status).expect("plain"), status.as_str());
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        let terminal: Vec<_> = JobStatus::ALL.into_iter().filter(|s| s.is_terminal()).collect();
        assert_eq!(terminal.len(), 4);
    }
}
