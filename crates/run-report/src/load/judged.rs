//! What was held against what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::RunExit;

/// A threshold of the profile, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThresholdResult {
    /// As it was written.
    pub threshold: String,
    /// The value, in seconds, as a share or a second, as the threshold has it; null when what it is about never occurred.
    pub value: Option<f64>,
    /// The same for people.
    pub shown: String,
    /// Whether it is held; what never occurred holds nothing.
    pub pass: bool,
}

/// Something that has to be true at the end of any run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invariant {
    /// Its name.
    pub name: String,
    /// Whether it is true; what cannot be known is not.
    pub pass: bool,
    /// What was seen.
    pub detail: String,
}

/// An endpoint held against its target and its baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointResult {
    /// The step.
    pub endpoint: String,
    /// Its 95th percentile; null when it was not measured.
    pub p95_ms: Option<f64>,
    /// What p95 should be; null where there is no target.
    pub target_ms: Option<f64>,
    /// What it was in the baseline; null when it is not there.
    pub baseline_p95_ms: Option<f64>,
    /// The first over the third; null without both.
    pub ratio: Option<f64>,
    /// Whether it is within the ratio and the target.
    pub pass: bool,
    /// Why not; empty when it is.
    pub why: String,
}

/// What kind of reason it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoadReasonKind {
    /// How the run ended.
    Ending,
    /// A threshold is broken.
    Threshold,
    /// An invariant is broken.
    Invariant,
    /// An endpoint misses its target or its baseline.
    Endpoint,
    /// A figure of the server grows, or it cannot be told whether it does.
    Leak,
    /// The generator doubts its own figures.
    Doubt,
    /// Nothing was held against anything.
    Nothing,
}

/// Why a run did not pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadReason {
    /// What kind of reason it is.
    pub kind: LoadReasonKind,
    /// The exit code that follows from it.
    pub exit_code: RunExit,
    /// In words.
    pub text: String,
}
