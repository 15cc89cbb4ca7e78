//! The result of one proof, exactly as it stands in `prove.json`.

use jiff::Timestamp;
use perf_guard::{CacheState, Environment, Limits, Seconds};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Breakage, Control, FalseAlarms, ProveReason, StageSlowdowns};
use crate::exit::RunExit;

/// The version of `prove.json`.
pub const PROVE_SCHEMA_VERSION: u32 = 1;

/// The result of one `golden prove`. A field whose value is not known is null, never left out. A new one proves
/// nothing: [`ProveRun::settle`] decides that from everything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProveRun {
    /// Version of this file's shape.
    pub schema_version: u32,
    /// Version of the suite.
    pub suite_version: String,
    /// The server that took the faults; the last one's address where several were started.
    pub api_base: String,
    /// Name of the target profile.
    pub target: String,
    /// When the proof started.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started_at: Timestamp,
    /// When it ended; null when it was cut off.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub finished_at: Option<Timestamp>,
    /// Wall time of the whole proof, in seconds.
    pub timing_total_s: Option<Seconds>,
    /// Whether everything is proven: exactly when `exit_code` is 0.
    pub pass: bool,
    /// The process's exit code.
    pub exit_code: RunExit,
    /// Why it is not proven; empty when it is.
    pub verdict_reasons: Vec<ProveReason>,
    /// Why the proof could not be made or came to no end; null otherwise.
    pub error: Option<String>,
    /// What people should know, that changes no verdict.
    pub notices: Vec<String>,
    /// How much of the grid was to be run.
    pub extent: ProveExtent,
    /// The voice cost of the servers that were started; null on a server that somebody else runs.
    pub voice_cost: Option<String>,
    /// Commit of the working tree, where there is one.
    pub git_commit: Option<String>,
    /// Whether the tree had changes beyond it; null when not known.
    pub git_dirty: Option<bool>,
    /// The machine that ran the proof.
    pub environment: Environment,
    /// The magnitudes of the slowdowns, ascending.
    pub magnitudes_ms: Vec<f64>,
    /// The fixed rule, with what it compares with.
    pub fixed_rule: FixedRule,
    /// The statistical rule.
    pub statistical_rule: StatisticalRule,
    /// What sleeps at each stage did to the timed tests.
    pub slowdowns: Vec<StageSlowdowns>,
    /// What faults that break did to the tests of correctness.
    pub breakages: Vec<Breakage>,
    /// Runs without a fault.
    pub controls: Vec<Control>,
    /// How often each rule went red without a fault.
    pub false_alarms: Vec<FalseAlarms>,
    /// Faults that fired and that were not noticed as they have to be.
    pub blind_spots: Vec<BlindSpot>,
    /// Entries of the allow-list for what was noticed after all.
    pub stale_allowances: Vec<StaleAllowance>,
    /// Tests of correctness that no fault of this proof turned red; null unless every test was run under every fault.
    pub never_red: Option<Vec<String>>,
}

/// How much of the grid was to be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProveExtent {
    /// A few cells and one control, for every change.
    Smoke,
    /// Cells that follow from others are inferred.
    Usual,
    /// Every cell.
    Full,
}

impl ProveExtent {
    /// As it stands in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Smoke => "smoke",
            Self::Usual => "usual",
            Self::Full => "full",
        }
    }
}

/// By what a fault is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProveRule {
    /// The median against max(baseline × multiplier, baseline + add_seconds).
    Fixed,
    /// The exact rank tests on interleaved runs with and without the fault.
    Statistical,
    /// A test of correctness fails.
    Correctness,
}

impl ProveRule {
    /// As it stands in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Statistical => "statistical",
            Self::Correctness => "correctness",
        }
    }
}

/// The fixed rule of this proof. Its limits are those that a golden run judges by; the baseline was measured by this
/// proof on the server without a fault, because a stored one is of another voice cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FixedRule {
    /// Repeats whose median is held against the threshold.
    pub repeats: u32,
    /// Runs of each timed test in the baseline.
    pub baseline_runs: u32,
    /// The file that the limits come from; null for the built-in ones.
    pub limits_from: Option<String>,
    /// The baseline and what follows from it, for each timed test.
    pub thresholds: Vec<ProveThreshold>,
}

/// What a timed test is held against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProveThreshold {
    /// Name of the timed test.
    pub name: String,
    /// Its cache state.
    pub cache: CacheState,
    /// Median of the baseline.
    pub baseline_s: Seconds,
    /// A longer time than this fails.
    pub threshold_s: Seconds,
    /// Threshold over baseline.
    pub effective_ratio: f64,
    /// The limits that gave the threshold.
    pub limits: Limits,
}

/// The statistical rule of this proof.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatisticalRule {
    /// Runs an arm.
    pub pairs: usize,
    /// The smallest slowdown worth knowing, as a part of the base's time.
    pub smallest_effect: f64,
    /// The chance of any false report in one cell.
    pub error: f64,
}

/// A fault that fired and was not noticed as it has to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlindSpot {
    /// The stage, as in `synth`.
    pub stage: String,
    /// The fault, as in `synth:sleep=10ms`.
    pub fault: String,
    /// The timed test that should have noticed, as in `test_1 (cold)`; null when no test at all did.
    pub test: Option<String>,
    /// The rule by which it should have; null when no rule did.
    pub rule: Option<ProveRule>,
    /// Why this is accepted, from the allow-list; null when it is not.
    pub allowed: Option<String>,
}

impl BlindSpot {
    /// Whether this is about a fault, however its time is written: `synth:sleep=5s` is `synth:sleep=5000ms`.
    #[must_use]
    pub fn is_about(&self, fault: &str) -> bool {
        let parts = |text: &str| {
            let (rest, value) = text.rsplit_once('=').unwrap_or((text, ""));
            let ms = match value.strip_suffix("ms") {
                Some(ms) => ms.parse::<f64>().ok(),
                None => value
                    .strip_suffix('s')
                    .and_then(|s| s.parse::<f64>().ok())
                    .map(|s| s * 1e3),
            };
            (
                rest.to_owned(),
                ms.map_or_else(|| value.to_owned(), |ms| ms.to_string()),
            )
        };
        parts(&self.fault) == parts(fault)
    }

    /// Who is blind, and for what: `no test notices synth:sleep=10ms`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let who = match (&self.test, self.rule) {
            (None, None) => "no test notices".to_owned(),
            (Some(test), None) => format!("{test} does not notice"),
            (None, Some(rule)) => format!("the {} rule does not notice", rule.as_str()),
            (Some(test), Some(rule)) => format!("the {} rule does not notice in {test}", rule.as_str()),
        };
        format!("{who} {}", self.fault)
    }
}

/// An entry of the allow-list for something that was noticed after all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StaleAllowance {
    /// The entry, as in `synth:leak_bytes_per_s=20000`.
    pub entry: String,
    /// Whether it fails the proof: a breakage is noticed or not, while a slowdown near the limit of what can be seen may
    /// be noticed today and not tomorrow.
    pub fails: bool,
}

/// What is known of a proof before its first request.
#[derive(Debug, Clone, PartialEq)]
pub struct ProveHead {
    /// Version of the suite.
    pub suite_version: String,
    /// Name of the target profile.
    pub target: String,
    /// When the proof started.
    pub started_at: Timestamp,
    /// How much of the grid is to be run.
    pub extent: ProveExtent,
    /// The machine that runs the proof.
    pub environment: Environment,
    /// The magnitudes of the slowdowns, ascending.
    pub magnitudes_ms: Vec<f64>,
    /// The statistical rule.
    pub statistical_rule: StatisticalRule,
}

impl ProveRun {
    /// A proof of which nothing is known but its head. It proves nothing.
    #[must_use]
    pub fn new(head: ProveHead) -> Self {
        Self {
            schema_version: PROVE_SCHEMA_VERSION,
            suite_version: head.suite_version,
            api_base: String::new(),
            target: head.target,
            started_at: head.started_at,
            finished_at: None,
            timing_total_s: None,
            pass: false,
            exit_code: RunExit::CouldNotRun,
            verdict_reasons: Vec::new(),
            error: None,
            notices: Vec::new(),
            extent: head.extent,
            voice_cost: None,
            git_commit: None,
            git_dirty: None,
            environment: head.environment,
            magnitudes_ms: head.magnitudes_ms,
            fixed_rule: FixedRule::default(),
            statistical_rule: head.statistical_rule,
            slowdowns: Vec::new(),
            breakages: Vec::new(),
            controls: Vec::new(),
            false_alarms: Vec::new(),
            blind_spots: Vec::new(),
            stale_allowances: Vec::new(),
            never_red: None,
        }
    }
}
