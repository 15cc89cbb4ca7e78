//! The result of many golden runs under the same conditions: how often each test passes. It stands in `flake.json`, which
//! is whole after every run.

mod json;
mod junit;
mod markdown;
mod settle;
mod tally;
mod terminal;

use std::fmt;

use jiff::Timestamp;
use perf_guard::{CacheState, Environment, Seconds};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use json::flake_schema;

use crate::{BaselineInfo, RunExit};

/// The version of `flake.json`.
pub const FLAKE_SCHEMA_VERSION: u32 = 1;

/// No more failures than this are told one by one.
const MAX_FAILURES: usize = 2_000;

/// Under which conditions runs are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Each run against a server that was started for it, with texts that are new to it.
    Cold,
    /// All runs against one server, whose cache knows the texts.
    Warm,
    /// As `golden run`, cold and then warm on a server of its own, while every core is kept busy.
    Busy,
}

impl Phase {
    /// All of them, in the order of running.
    pub const ALL: [Self; 3] = [Self::Cold, Self::Warm, Self::Busy];

    /// As it stands in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
            Self::Busy => "busy",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How often each test passed. A field whose value is not known is null, never left out. A new one has not passed:
/// [`FlakeRun::settle`] decides that from everything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlakeRun {
    /// Version of this file's shape.
    pub schema_version: u32,
    /// Version of the suite.
    pub suite_version: String,
    /// Name of the target profile.
    pub target: String,
    /// When the first run started.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started_at: Timestamp,
    /// When the last one ended; null while runs are still made, and when the command was killed.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub finished_at: Option<Timestamp>,
    /// Wall time so far, in seconds.
    pub timing_total_s: Option<Seconds>,
    /// Whether all planned runs were made and nothing failed in any of them: exactly when `exit_code` is 0.
    pub pass: bool,
    /// The process's exit code.
    pub exit_code: RunExit,
    /// Why it did not pass; empty when it did.
    pub reasons: Vec<String>,
    /// Why runs could not be made; null otherwise.
    pub error: Option<String>,
    /// What people should know, that changes no verdict.
    pub notices: Vec<String>,
    /// Runs planned for each phase.
    pub runs_planned: u32,
    /// Repeats of each timed test in a run.
    pub repeats: u32,
    /// Texts of which a test's name had to contain one; all tests when empty.
    pub filter: Vec<String>,
    /// Faults that the servers were started with.
    pub faults: Vec<String>,
    /// The longest that all runs together were allowed to take, in seconds.
    pub budget_s: Seconds,
    /// The baseline that times were held against; null when there was none.
    pub baseline: Option<BaselineInfo>,
    /// Commit of the working tree, where there is one.
    pub git_commit: Option<String>,
    /// Whether the tree had changes beyond it; null when not known.
    pub git_dirty: Option<bool>,
    /// Digest of all settings that change what is timed.
    pub settings_digest: String,
    /// The machine.
    pub environment: Environment,
    /// What was seen, by phase.
    pub phases: Vec<PhaseResult>,
    /// Every failure of every run, in the order of running.
    pub failures: Vec<Flake>,
    /// Failures beyond the number that is told one by one.
    pub failures_left_out: u64,
    /// What kept runs that failed nothing from being judged.
    pub doubts: Vec<String>,
}

/// The runs of one phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseResult {
    /// Under which conditions.
    pub phase: Phase,
    /// Runs that came to an end, good or bad.
    pub runs: u32,
    /// Of them, runs in which anything failed.
    pub runs_failed: u32,
    /// One-sided 95 % upper bound of the share of runs in which anything fails (Clopper and Pearson).
    pub failed_rate_upper_95: f64,
    /// Processes that kept the cores busy during each run.
    pub busy_processes: u32,
    /// Wall time of each run, in seconds.
    pub runs_s: Vec<Seconds>,
    /// Every test, every timed value, and the runs themselves.
    pub rates: Vec<Rate>,
}

/// What passes or fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A test, by what it checks.
    Test,
    /// A timed value, by its threshold.
    Time,
    /// The run itself: the server lives, and comes to rest at the end.
    Run,
}

/// How often something passed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Its name.
    pub name: String,
    /// Cache state of a timed test or value; null for others.
    pub cache: Option<CacheState>,
    /// What it is.
    pub subject: Subject,
    /// Runs in which it passed.
    pub passed: u32,
    /// Runs in which it failed.
    pub failed: u32,
    /// Runs in which it was skipped, which count neither way.
    pub skipped: u32,
    /// Share of `passed`; null when it neither passed nor failed.
    pub pass_rate: Option<f64>,
    /// One-sided 95 % upper bound of the rate at which it fails (Clopper and Pearson); 1 when nothing is known.
    pub flake_rate_upper_95: f64,
    /// The largest share of its threshold that a timed value took; above 1 it failed.
    pub nearest_to_threshold: Option<f64>,
}

/// One failure in one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flake {
    /// The phase.
    pub phase: Phase,
    /// The run's number in its phase, from 1.
    pub run: u32,
    /// What failed, with its cache state.
    pub name: String,
    /// What that is.
    pub subject: Subject,
    /// Why, in one sentence.
    pub reason: String,
    /// Where the run's evidence lies; null when none was kept.
    pub evidence: Option<String>,
}

/// What is known before the first run.
#[derive(Debug, Clone, PartialEq)]
pub struct FlakeHead {
    /// Version of the suite.
    pub suite_version: String,
    /// Name of the target profile.
    pub target: String,
    /// When the first run started.
    pub started_at: Timestamp,
    /// Digest of all settings that change what is timed.
    pub settings_digest: String,
    /// The machine.
    pub environment: Environment,
    /// Phases to be run.
    pub phases: Vec<Phase>,
    /// Runs planned for each.
    pub runs_planned: u32,
    /// The longest that all of them may take.
    pub budget_s: Seconds,
}

impl FlakeRun {
    /// A result without any run. It has not passed.
    #[must_use]
    pub fn new(head: FlakeHead) -> Self {
        Self {
            schema_version: FLAKE_SCHEMA_VERSION,
            suite_version: head.suite_version,
            target: head.target,
            started_at: head.started_at,
            finished_at: None,
            timing_total_s: None,
            pass: false,
            exit_code: RunExit::Inconclusive,
            reasons: Vec::new(),
            error: None,
            notices: Vec::new(),
            runs_planned: head.runs_planned,
            repeats: 0,
            filter: Vec::new(),
            faults: Vec::new(),
            budget_s: head.budget_s,
            baseline: None,
            git_commit: None,
            git_dirty: None,
            settings_digest: head.settings_digest,
            environment: head.environment,
            phases: head.phases.into_iter().map(PhaseResult::new).collect(),
            failures: Vec::new(),
            failures_left_out: 0,
            doubts: Vec::new(),
        }
    }

    /// What a phase saw; `None` when it was not to be run.
    #[must_use]
    pub fn phase(&self, phase: Phase) -> Option<&PhaseResult> {
        self.phases.iter().find(|result| result.phase == phase)
    }
}

impl PhaseResult {
    const fn new(phase: Phase) -> Self {
        Self {
            phase,
            runs: 0,
            runs_failed: 0,
            failed_rate_upper_95: 1.0,
            busy_processes: 0,
            runs_s: Vec::new(),
            rates: Vec::new(),
        }
    }
}

impl Rate {
    /// Name and cache state for people: `test_1 (cold)`.
    #[must_use]
    pub fn label(&self) -> String {
        self.cache
            .map_or_else(|| self.name.clone(), |cache| format!("{} ({cache})", self.name))
    }

    /// Runs that count.
    #[must_use]
    pub const fn counted(&self) -> u32 {
        self.passed + self.failed
    }
}
