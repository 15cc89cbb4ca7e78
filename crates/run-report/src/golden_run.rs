//! The result of one golden run, exactly as it stands in `golden.json`.

use jiff::Timestamp;
use perf_guard::{
    BaselineMode, CacheState, Comparison, Difference, Environment, Extra, Seconds, Skipped, Verdict,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    exit::RunExit,
    perf::{PerfFailure, PerfReport},
    settle::VerdictReason,
    test_result::TestResult,
};

/// The version of `golden.json`.
pub const GOLDEN_SCHEMA_VERSION: u32 = 1;

/// The result of one golden run. A field whose value is not known is null, never left out. A new one has not passed:
/// [`GoldenRun::settle`] decides that from everything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GoldenRun {
    /// Version of this file's shape.
    pub schema_version: u32,
    /// Version of the suite.
    pub suite_version: String,
    /// The server under test.
    pub api_base: String,
    /// The proxy in front of it, where one is tested.
    pub web_base: Option<String>,
    /// Name of the target profile.
    pub target: String,
    /// When the run started.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started_at: Timestamp,
    /// When it ended; null when it was cut off.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub finished_at: Option<Timestamp>,
    /// Wall time of the whole run, in seconds.
    pub timing_total_s: Option<Seconds>,
    /// Whether everything holds: exactly when `exit_code` is 0.
    pub pass: bool,
    /// Whether at least one test passed, none failed and the target came to rest. Says nothing about times.
    pub correctness_pass: bool,
    /// Whether the guard checked something and found nothing.
    pub perf_pass: bool,
    /// The process's exit code.
    pub exit_code: RunExit,
    /// Why the run did not pass; empty when it did.
    pub verdict_reasons: Vec<VerdictReason>,
    /// Why the run could not be made or came to no end; null otherwise.
    pub error: Option<String>,
    /// What people should know, that changes no verdict.
    pub notices: Vec<String>,
    /// All tests in the order of the suite.
    pub tests: Vec<TestResult>,
    /// Cache states in which timed tests ran.
    pub cache_states: Vec<CacheState>,
    /// Repeats of each timed test.
    pub repeats: u32,
    /// What the guard says.
    pub perf_verdict: Verdict,
    /// How the baseline counts.
    pub perf_mode: BaselineMode,
    /// How many timed values were held against the baseline.
    pub perf_checked: usize,
    /// All of them, with thresholds and effective ratios.
    pub perf_checks: Vec<Comparison>,
    /// Those above their thresholds.
    pub perf_failures: Vec<PerfFailure>,
    /// Timed values that the baseline does not have.
    pub perf_skipped: Vec<Skipped>,
    /// Timed values of the baseline that were not measured.
    pub perf_extra: Vec<Extra>,
    /// Where environment or settings differ from the baseline's.
    pub env_differences: Vec<Difference>,
    /// The baseline that was used; null when there was none.
    pub baseline: Option<BaselineInfo>,
    /// Commit of the working tree, where there is one.
    pub git_commit: Option<String>,
    /// Whether the tree had changes beyond it; null when not known.
    pub git_dirty: Option<bool>,
    /// Digest of all settings that change what is timed.
    pub settings_digest: String,
    /// The machine that ran the suite.
    pub environment: Environment,
    /// Status snapshot before the first test, as the target gave it.
    pub status_start: Option<Value>,
    /// Status snapshot after the last test and the drain, as the target gave it.
    pub status_end: Option<Value>,
    /// Whether others used the target too, so that only own jobs had to come to an end.
    pub shared_target: bool,
    /// Fault rules that the target had, and how often each fired.
    pub faults_fired: Vec<FaultFired>,
}

/// The baseline that a run was held against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BaselineInfo {
    /// Its file.
    pub path: String,
    /// Commit at which it was recorded; null when the file does not say.
    pub git_commit: Option<String>,
    /// When it was recorded; null when the file does not say.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub recorded_at: Option<Timestamp>,
}

/// A fault rule of the target and how often it fired during the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultFired {
    /// The rule, as in `synth:sleep=2s`.
    pub rule: String,
    /// How often it fired.
    pub fired_total: u64,
}

/// What is known of a run before its first request.
#[derive(Debug, Clone, PartialEq)]
pub struct RunHead {
    /// Version of the suite.
    pub suite_version: String,
    /// The server under test.
    pub api_base: String,
    /// Name of the target profile.
    pub target: String,
    /// When the run started.
    pub started_at: Timestamp,
    /// Digest of all settings that change what is timed.
    pub settings_digest: String,
    /// The machine that runs the suite.
    pub environment: Environment,
}

impl GoldenRun {
    /// A run of which nothing is known but its head. It has not passed.
    #[must_use]
    pub fn new(head: RunHead) -> Self {
        Self {
            schema_version: GOLDEN_SCHEMA_VERSION,
            suite_version: head.suite_version,
            api_base: head.api_base,
            web_base: None,
            target: head.target,
            started_at: head.started_at,
            finished_at: None,
            timing_total_s: None,
            pass: false,
            correctness_pass: false,
            perf_pass: false,
            exit_code: RunExit::CouldNotRun,
            verdict_reasons: Vec::new(),
            error: None,
            notices: Vec::new(),
            tests: Vec::new(),
            cache_states: Vec::new(),
            repeats: 0,
            perf_verdict: Verdict::Inconclusive,
            perf_mode: BaselineMode::Warn,
            perf_checked: 0,
            perf_checks: Vec::new(),
            perf_failures: Vec::new(),
            perf_skipped: Vec::new(),
            perf_extra: Vec::new(),
            env_differences: Vec::new(),
            baseline: None,
            git_commit: None,
            git_dirty: None,
            settings_digest: head.settings_digest,
            environment: head.environment,
            status_start: None,
            status_end: None,
            shared_target: false,
            faults_fired: Vec::new(),
        }
    }

    /// Takes over what the guard found.
    pub fn record_perf(&mut self, report: PerfReport) {
        self.perf_verdict = report.verdict;
        self.perf_checked = report.checks.len();
        self.perf_checks = report.checks;
        self.perf_failures = report.failures;
        self.perf_skipped = report.skipped;
        self.perf_extra = report.extra;
        self.env_differences = report.differences;
    }
}
