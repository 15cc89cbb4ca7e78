//! How a run went over time: points of equal length, so few that a page can draw them all.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What ended within one span of time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadPoint {
    /// When it begins, from the start, in seconds.
    pub at_s: f64,
    /// How long it lasts, in seconds.
    pub lasts_s: f64,
    /// Users that were there at its end.
    pub users: u64,
    /// Requests that ended in it.
    pub requests: u64,
    /// How many of them failed.
    pub failed: u64,
    /// How many were answered with 429.
    pub rate_limited: u64,
    /// How many were answered with 202.
    pub accepted: u64,
    /// Response times from when requests were due, of all but quick refusals; null when there was none.
    pub p50_ms: Option<f64>,
    /// Likewise the 95th percentile.
    pub p95_ms: Option<f64>,
    /// Likewise the 99th.
    pub p99_ms: Option<f64>,
}

/// What the server said of itself at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerPoint {
    /// When it was asked, from the start, in seconds.
    pub at_s: f64,
    /// How long it took to say so, in milliseconds.
    pub answered_in_ms: f64,
    /// Segments that wait.
    pub queue_len: u64,
    /// Jobs that have not ended.
    pub active_jobs: u64,
    /// Resident memory of its process; null where it does not say.
    pub resident_bytes: Option<f64>,
    /// Descriptors that its process has open; null where it does not say.
    pub open_fds: Option<f64>,
    /// Threads of its process; null where it does not say.
    pub threads: Option<f64>,
}

/// How it went over time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    /// The load.
    pub load: Vec<LoadPoint>,
    /// The server; evenly thinned when the run was long.
    pub server: Vec<ServerPoint>,
    /// How often the server was asked.
    pub server_asked: u64,
    /// How often it did not answer as it should.
    pub server_missed: u64,
}

/// An earlier run, to be drawn behind this one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// Where it stands.
    pub path: String,
    /// When it was made.
    pub started_at: String,
    /// How it went.
    pub load: Vec<LoadPoint>,
}

impl LoadPoint {
    /// Requests a second.
    #[must_use]
    pub fn requests_per_s(&self) -> f64 {
        self.per_s(self.requests)
    }

    /// A count of this point, a second.
    #[must_use]
    pub fn per_s(&self, count: u64) -> f64 {
        if self.lasts_s > 0.0 {
            count as f64 / self.lasts_s
        } else {
            0.0
        }
    }
}
