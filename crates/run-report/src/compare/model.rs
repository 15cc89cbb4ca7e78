//! One comparison, exactly as it stands in `compare.json`.

use jiff::Timestamp;
use perf_guard::{CacheState, Environment, Seconds, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CompareReason, ComparedTest};
use crate::{Arm, RunExit};

/// The version of `compare.json`.
pub const COMPARE_SCHEMA_VERSION: u32 = 1;

/// The result of comparing head with base. A field whose value is not known is null, never left out. A new one has not
/// passed: [`CompareRun::settle`] decides that from everything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareRun {
    /// Version of this file's shape.
    pub schema_version: u32,
    /// Version of the suite.
    pub suite_version: String,
    /// Name of the target profile, the same for both arms.
    pub target: String,
    /// When the comparison started.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started_at: Timestamp,
    /// When it ended; null when it was cut off.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub finished_at: Option<Timestamp>,
    /// Wall time of all of it, in seconds.
    pub timing_total_s: Option<Seconds>,
    /// Whether everything holds: exactly when `exit_code` is 0.
    pub pass: bool,
    /// The process's exit code.
    pub exit_code: RunExit,
    /// Of the statistics: any test regressed: failed; else any insufficient, or no test: inconclusive; else pass.
    pub verdict: Verdict,
    /// Why it did not pass; empty when it did.
    pub verdict_reasons: Vec<CompareReason>,
    /// Why it could not be made or came to no end; null otherwise.
    pub error: Option<String>,
    /// What people should know, that changes no verdict.
    pub notices: Vec<String>,
    /// What is known.
    pub base: ArmInfo,
    /// What is new.
    pub head: ArmInfo,
    /// Whether both arms are the same server, so that any difference would be a false alarm.
    pub same_target: bool,
    /// How it was to be made, fixed before the first timed run.
    pub plan: ComparePlan,
    /// All timed values in the order of the names, cold before warm.
    pub tests: Vec<ComparedTest>,
    /// Runs that failed. Each ended its test: nothing is retried.
    pub failures: Vec<CompareFailure>,
    /// The second run of what was red in the first; null without one.
    pub confirmation: Option<Confirmation>,
    /// What the comparison found out about itself. It changes no verdict.
    pub self_checks: Vec<SelfCheck>,
    /// Digest of all settings that change what is timed.
    pub settings_digest: String,
    /// The machine that ran it.
    pub environment: Environment,
}

/// One arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArmInfo {
    /// The URL or the command, as it was given.
    pub given: String,
    /// Which of the two.
    pub kind: ArmKind,
    /// Where it was reached last; null when it never was.
    pub api_base: Option<String>,
    /// What the server calls its version.
    pub server_version: Option<String>,
    /// How often the command was started; 0 of a URL.
    pub starts: u32,
    /// Jobs that it accepted, warm-up included.
    pub jobs: u64,
    /// Characters of their texts.
    pub characters: u64,
    /// Status snapshot before the first run, as it came.
    pub status_start: Option<Value>,
    /// Status snapshot after the last run and the drain, as it came.
    pub status_end: Option<Value>,
    /// Jobs of this comparison that had not ended at the end; looked for on a shared target only.
    pub unfinished: Vec<String>,
}

/// Where an arm's server comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArmKind {
    /// It runs already.
    Url,
    /// The comparison starts and stops it.
    Command,
}

impl ArmInfo {
    /// An arm that nobody has reached yet.
    #[must_use]
    pub const fn new(given: String, kind: ArmKind) -> Self {
        Self {
            given,
            kind,
            api_base: None,
            server_version: None,
            starts: 0,
            jobs: 0,
            characters: 0,
            status_start: None,
            status_end: None,
            unfinished: Vec::new(),
        }
    }
}

/// How a comparison is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparePlan {
    /// Runs an arm of each test.
    pub runs: usize,
    /// Why so many, in words.
    pub runs_because: String,
    /// When all tests are judged on the runs so far.
    pub looks: Vec<PlannedLook>,
    /// The smallest slowdown worth knowing, as a part of base: 0.05 for +5 %.
    pub smallest_effect: f64,
    /// The chance of any false report in the whole suite.
    pub error: f64,
    /// The coverage of the intervals.
    pub confidence: f64,
    /// Hypotheses that share the error, before the runs are known.
    pub hypotheses: usize,
    /// With fewer usable runs an arm no slowdown of a test can be shown; null if no legal number is enough.
    pub floor: Option<usize>,
    /// How the arms alternate.
    pub interleaved: Interleaved,
    /// Whether the runs of a pair submit the same text.
    pub texts: SameTexts,
    /// Untimed runs of each test in each arm before the first timed one, and after each start of a server.
    pub warm_up_runs: u32,
}

/// A point at which the runs so far are judged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedLook {
    /// After so many pairs.
    pub pairs: usize,
    /// The part of the error that it may spend.
    pub error: f64,
}

/// How the arms alternate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interleaved {
    /// Both servers run; the runs of a pair are neighbours.
    SideBySide,
    /// One server at a time.
    OneAtATime,
}

/// Whether the runs of a pair submit the same text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SameTexts {
    /// The same.
    Same,
    /// Each arm its own, of the same length, because the arms may share a cache.
    Own,
}

/// A run that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareFailure {
    /// Name of the test.
    pub test: String,
    /// Its cache state.
    pub cache: CacheState,
    /// In which arm.
    pub arm: Arm,
    /// In which pair, counted from 1; 0 for the warm-up.
    pub pair: usize,
    /// Why, in one sentence.
    pub reason: String,
    /// What was seen, one line each.
    pub evidence: Vec<String>,
}

/// The second run of what was red in the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The red ones, as the second run by itself found them.
    pub tests: Vec<ComparedTest>,
    /// The chance of a false report after both runs, as long as their noise is independent.
    pub error: f64,
}

/// Something that the comparison found out about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelfCheck {
    /// What was checked.
    pub name: String,
    /// Whether it holds.
    pub holds: bool,
    /// What was found, in words.
    pub detail: String,
}

/// What is known of a comparison before its first request.
#[derive(Debug, Clone, PartialEq)]
pub struct CompareHead {
    /// Version of the suite.
    pub suite_version: String,
    /// Name of the target profile.
    pub target: String,
    /// When it started.
    pub started_at: Timestamp,
    /// Base and head, as they were given.
    pub arms: (ArmInfo, ArmInfo),
    /// Whether both are the same server.
    pub same_target: bool,
    /// How it is to be made.
    pub plan: ComparePlan,
    /// Digest of all settings that change what is timed.
    pub settings_digest: String,
    /// The machine that runs it.
    pub environment: Environment,
}

impl CompareRun {
    /// A comparison of which nothing is known but its head. It has not passed.
    #[must_use]
    pub fn new(head: CompareHead) -> Self {
        let (base, new) = head.arms;
        Self {
            schema_version: COMPARE_SCHEMA_VERSION,
            suite_version: head.suite_version,
            target: head.target,
            started_at: head.started_at,
            finished_at: None,
            timing_total_s: None,
            pass: false,
            exit_code: RunExit::CouldNotRun,
            verdict: Verdict::Inconclusive,
            verdict_reasons: Vec::new(),
            error: None,
            notices: Vec::new(),
            base,
            head: new,
            same_target: head.same_target,
            plan: head.plan,
            tests: Vec::new(),
            failures: Vec::new(),
            confirmation: None,
            self_checks: Vec::new(),
            settings_digest: head.settings_digest,
            environment: head.environment,
        }
    }

    /// An arm.
    #[must_use]
    pub const fn arm(&self, arm: Arm) -> &ArmInfo {
        match arm {
            Arm::Base => &self.base,
            Arm::Head => &self.head,
        }
    }

    /// An arm, to be filled in.
    pub const fn arm_mut(&mut self, arm: Arm) -> &mut ArmInfo {
        match arm {
            Arm::Base => &mut self.base,
            Arm::Head => &mut self.head,
        }
    }
}
