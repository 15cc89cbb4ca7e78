//! What has to hold in every window.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What has to hold in every window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Invariant {
    /// No job is active beyond its deadline.
    JobDeadline,
    /// No job is active at a quiet point.
    Quiet,
    /// No counter falls.
    CountersMonotonic,
    /// submitted = complete + complete with errors + error + canceled + active.
    CountersAddUp,
    /// All waits for the merge lock together stay below their limit.
    MergeWaitTotal,
    /// The longest of them does.
    MergeWaitLongest,
    /// No canceled job gains a ready segment.
    CanceledStays,
    /// A range has the bytes of the whole.
    RangeEqualsWhole,
    /// Merged audio has the samples of its segments, whoever asks.
    MergedEqualsSegments,
    /// Of all operations fewer than the limit fail.
    ErrorRate,
    /// The server is the one that was there before.
    NotRestarted,
    /// No figure of the server grows with time.
    NoGrowth,
}

impl Invariant {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::JobDeadline,
        Self::Quiet,
        Self::CountersMonotonic,
        Self::CountersAddUp,
        Self::MergeWaitTotal,
        Self::MergeWaitLongest,
        Self::CanceledStays,
        Self::RangeEqualsWhole,
        Self::MergedEqualsSegments,
        Self::ErrorRate,
        Self::NotRestarted,
        Self::NoGrowth,
    ];

    /// As it stands in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JobDeadline => "job_deadline",
            Self::Quiet => "quiet",
            Self::CountersMonotonic => "counters_monotonic",
            Self::CountersAddUp => "counters_add_up",
            Self::MergeWaitTotal => "merge_wait_total",
            Self::MergeWaitLongest => "merge_wait_longest",
            Self::CanceledStays => "canceled_stays",
            Self::RangeEqualsWhole => "range_equals_whole",
            Self::MergedEqualsSegments => "merged_equals_segments",
            Self::ErrorRate => "error_rate",
            Self::NotRestarted => "not_restarted",
            Self::NoGrowth => "no_growth",
        }
    }

    /// In words.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::JobDeadline => "no job is active beyond its deadline",
            Self::Quiet => "no job is active at a quiet point",
            Self::CountersMonotonic => "no counter falls",
            Self::CountersAddUp => "submitted = complete + complete with errors + error + canceled + active",
            Self::MergeWaitTotal => "all waits for the merge lock together stay below their limit",
            Self::MergeWaitLongest => "the longest wait for the merge lock stays below its limit",
            Self::CanceledStays => "no canceled job gains a ready segment",
            Self::RangeEqualsWhole => "a range has the bytes of the whole",
            Self::MergedEqualsSegments => "merged audio has the samples of its segments",
            Self::ErrorRate => "fewer operations fail than the limit allows",
            Self::NotRestarted => "the server is not restarted",
            Self::NoGrowth => "no figure of the server grows with time",
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How often an invariant was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InvariantTally {
    /// Which.
    pub invariant: Invariant,
    /// Times it was looked at.
    pub checked: u64,
    /// Times it did not hold.
    pub broken: u64,
    /// Why it cannot be looked at on this target; null where it can.
    pub not_applicable: Option<String>,
}

/// An invariant that did not hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// When, in seconds since the first cycle.
    pub at_seconds: f64,
    /// The cycle that found it; null for what was seen of the server as a whole.
    pub cycle: Option<u64>,
    /// The job; null as before.
    pub job_id: Option<String>,
    /// What was found, in one sentence.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_in_files_is_that_of_the_texts() {
        for invariant in Invariant::ALL {
            assert_eq!(
                serde_json::to_value(invariant).unwrap(),
                serde_json::json!(invariant.as_str())
            );
        }
    }
}
