//! The result of a soak: what was done, window by window, whether the invariants held, and whether anything grows. It stands
//! in `soak.json`.

mod figures;
mod invariant;
mod json;
pub(crate) mod junit;
pub(crate) mod markdown;
mod settle;
mod terminal;
mod window;
pub(crate) mod words;

use jiff::Timestamp;
use perf_guard::Environment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use figures::{SoakFigure, SoakHistogram, SoakTrend};
pub use invariant::{Invariant, InvariantTally, Violation};
pub use json::soak_schema;
pub use window::{SoakTally, SoakWindow};

use crate::RunExit;

/// The version of `soak.json`.
pub const SOAK_SCHEMA_VERSION: u32 = 1;

/// A soak. A field whose value is not known is null, never left out. A new one has not passed: [`SoakRun::settle`] decides
/// that from everything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SoakRun {
    /// Version of this file's shape.
    pub schema_version: u32,
    /// Version of the program.
    pub soak_version: String,
    /// The target's base URL; empty when there was none.
    pub api_base: String,
    /// Name of the target profile.
    pub target: String,
    /// When the cycles started.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started_at: Timestamp,
    /// When the run ended; null while it runs.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub finished_at: Option<Timestamp>,
    /// How long cycles were made, in seconds.
    pub duration_seconds: f64,
    /// How long they were to be made.
    pub planned_seconds: f64,
    /// Cycles that came to an end, good or bad.
    pub cycles: u64,
    /// Every so manieth cycle cancels its job.
    pub cancel_every: u64,
    /// Cycles at a time.
    pub concurrency: u32,
    /// The seed of everything that was drawn.
    pub seed: u64,
    /// From one quiet point to the next, in seconds, as it was planned.
    pub window_seconds: f64,
    /// Arguments of the server that was started; empty for one that ran already.
    pub server_args: Vec<String>,
    /// Faults that the server was started with.
    pub faults: Vec<String>,
    /// Whether every invariant held and nothing grows: exactly when `exit_code` is 0.
    pub pass: bool,
    /// The process's exit code.
    pub exit_code: RunExit,
    /// Why it did not pass; empty when it did.
    pub reasons: Vec<String>,
    /// Why it could not be run to its end; null otherwise.
    pub error: Option<String>,
    /// What people should know, that changes no verdict.
    pub notices: Vec<String>,
    /// Broken invariants, in the order of breaking.
    pub failures: Vec<Violation>,
    /// Failures beyond the number that is told one by one.
    pub failures_left_out: u64,
    /// Where the evidence of the first failure lies; null without one.
    pub evidence: Option<String>,
    /// The status snapshot before the first cycle, as it came; null when it could not be had.
    pub status_start: Option<Value>,
    /// The last status snapshot, as it came; null when it could not be had.
    pub status_end: Option<Value>,
    /// What was done in all.
    pub tally: SoakTally,
    /// Each invariant: how often it was looked at, and how often it did not hold.
    pub invariants: Vec<InvariantTally>,
    /// When warm-up counts as over.
    pub warm_up: WarmUp,
    /// Whether a run that is too short to judge growth passes all the same.
    pub leak_check: LeakCheck,
    /// What was seen, from quiet point to quiet point. Neighbours are put together when there are too many of them.
    pub windows: Vec<SoakWindow>,
    /// Each figure over time, after warm-up.
    pub trends: Vec<SoakTrend>,
    /// Times by what was asked for, over the whole run.
    pub histograms: Vec<SoakHistogram>,
    /// The machine.
    pub environment: Environment,
    /// Commit of the working tree, where there is one.
    pub git_commit: Option<String>,
    /// Whether the tree had changes beyond it; null when not known.
    pub git_dirty: Option<bool>,
}

/// When warm-up is over: only after that does growth mean a leak.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WarmUp {
    /// The rule, in words.
    pub rule: String,
    /// When it was over, in seconds; null when it never was.
    pub ended_after_seconds: Option<f64>,
}

/// What becomes of a run that cannot judge growth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeakCheck {
    /// It is inconclusive.
    Required,
    /// It passes by its invariants alone, because that was asked for; the notices say so.
    InsufficientAccepted,
}

/// What is known before the first cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct SoakHead {
    /// Version of the program.
    pub soak_version: String,
    /// Name of the target profile.
    pub target: String,
    /// When the run started.
    pub started_at: Timestamp,
    /// How long cycles are to be made, in seconds.
    pub planned_seconds: f64,
    /// Every so manieth cycle cancels its job.
    pub cancel_every: u64,
    /// Cycles at a time.
    pub concurrency: u32,
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// From one quiet point to the next, in seconds.
    pub window_seconds: f64,
    /// When warm-up is over, in words.
    pub warm_up_rule: String,
    /// What becomes of a run that cannot judge growth.
    pub leak_check: LeakCheck,
    /// The machine.
    pub environment: Environment,
}

impl SoakRun {
    /// A result without any cycle. It has not passed.
    #[must_use]
    pub fn new(head: SoakHead) -> Self {
        Self {
            schema_version: SOAK_SCHEMA_VERSION,
            soak_version: head.soak_version,
            api_base: String::new(),
            target: head.target,
            started_at: head.started_at,
            finished_at: None,
            duration_seconds: 0.0,
            planned_seconds: head.planned_seconds,
            cycles: 0,
            cancel_every: head.cancel_every,
            concurrency: head.concurrency,
            seed: head.seed,
            window_seconds: head.window_seconds,
            server_args: Vec::new(),
            faults: Vec::new(),
            pass: false,
            exit_code: RunExit::Inconclusive,
            reasons: Vec::new(),
            error: None,
            notices: Vec::new(),
            failures: Vec::new(),
            failures_left_out: 0,
            evidence: None,
            status_start: None,
            status_end: None,
            tally: SoakTally::default(),
            invariants: Vec::new(),
            warm_up: WarmUp {
                rule: head.warm_up_rule,
                ended_after_seconds: None,
            },
            leak_check: head.leak_check,
            windows: Vec::new(),
            trends: Vec::new(),
            histograms: Vec::new(),
            environment: head.environment,
            git_commit: None,
            git_dirty: None,
        }
    }
}
