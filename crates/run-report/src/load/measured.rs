//! What was measured, by step, check and trend.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A distribution of times, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// How many there are.
    pub count: u64,
    /// Their mean.
    pub mean_ms: f64,
    /// The time that half of them do not exceed.
    pub p50_ms: f64,
    /// Likewise 95 %.
    pub p95_ms: f64,
    /// Likewise 99 %.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

/// Times of requests of one step that ended in one way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeTimes {
    /// How they ended: `ok`, `accepted` (202), `rate_limited` (429), `refused` (other 4xx), `server_error` (5xx), `timed_out`,
    /// `broken`.
    pub outcome: String,
    /// From when each was due.
    pub response: Times,
    /// From when each was sent.
    pub service: Times,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepTimes {
    /// Its name.
    pub step: String,
    /// The template of its path.
    pub route: String,
    /// Whether it stands for several requests at once, which have rows of their own and alone count in totals.
    pub composite: bool,
    /// How many requests there were.
    pub requests: u64,
    /// Requests a second over the whole run.
    pub requests_per_s: f64,
    /// How many failed: 4xx but 429, 5xx, timed out, broken.
    pub failed: u64,
    /// How many were answered with 429.
    pub rate_limited: u64,
    /// Response times from when requests were due, of all but quick refusals (429, 4xx, 5xx); null when there is none.
    pub response: Option<Times>,
    /// To the head of the answer, of whatever status; null when none came.
    pub first_byte: Option<Times>,
    /// By how they ended.
    pub outcomes: Vec<OutcomeTimes>,
}

/// How often a check passed and failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckResult {
    /// What is checked.
    pub check: String,
    /// How often it held.
    pub passed: u64,
    /// How often it did not.
    pub failed: u64,
}

/// A time of the journey's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrendTimes {
    /// What is timed.
    pub trend: String,
    /// Null when it never occurred.
    pub times: Option<Times>,
}

/// Response times in a part of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseTimes {
    /// Its name, as in `before`.
    pub phase: String,
    /// When it begins, from the start, in seconds.
    pub from_s: f64,
    /// When it ends.
    pub to_s: f64,
    /// How many requests ended in it.
    pub requests: u64,
    /// How many of them failed.
    pub failed: u64,
    /// How many were answered with 429.
    pub rate_limited: u64,
    /// Null when none ended in it.
    pub response: Option<Times>,
}

/// A figure that the profile is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyFigure {
    /// What it is.
    pub name: String,
    /// Its value; null when what it is about never occurred.
    pub value: Option<f64>,
    /// Its unit: `ms`, `ratio`, `share`, `count`, `bytes`.
    pub unit: String,
}

/// What became of journeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Journeys {
    /// Due by the schedule, or begun by a user.
    pub due: u64,
    /// Begun.
    pub begun: u64,
    /// Begun late for want of a free connection.
    pub late: u64,
    /// Never begun.
    pub dropped: u64,
    /// Ended by themselves.
    pub finished: u64,
    /// Cut off when the time for a graceful end was over.
    pub interrupted: u64,
}

/// How the generator itself did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GeneratorResult {
    /// Threads that made load.
    pub threads: u32,
    /// The share of a core that the busiest thread used, 0 to 1.
    pub busiest_cpu_share: f64,
    /// Processor time of all threads, in seconds.
    pub cpu_s: f64,
    /// How late requests were sent though their connection was free; null when none was sent.
    pub send_lag: Option<Times>,
    /// How long opening a connection took; null when none was opened.
    pub connect: Option<Times>,
    /// Connections that could not be opened.
    pub connect_failures: u64,
    /// Connections that were lost with a request under way.
    pub lost_connections: u64,
    /// Bytes of content received.
    pub received_bytes: u64,
    /// What became of journeys.
    pub journeys: Journeys,
    /// Why the figures are not to be trusted, with what to change; empty when they are.
    pub doubts: Vec<String>,
}

impl StepTimes {
    /// How many requests ended so.
    #[must_use]
    pub fn count(&self, outcome: &str) -> u64 {
        let ended = self.outcomes.iter().find(|times| times.outcome == outcome);
        ended.map_or(0, |times| times.service.count)
    }
}

/// How many requests ended how, over steps that are not composites.
pub(crate) fn outcomes(steps: &[StepTimes]) -> BTreeMap<&str, u64> {
    let mut counts = BTreeMap::new();
    let single = steps.iter().filter(|step| !step.composite);
    for times in single.flat_map(|step| &step.outcomes) {
        *counts.entry(times.outcome.as_str()).or_default() += times.service.count;
    }
    counts
}
