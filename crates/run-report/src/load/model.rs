//! The result itself.

use jiff::Timestamp;
use perf_guard::{Environment, Seconds};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    CheckResult, EndpointResult, GeneratorResult, Invariant, KeyFigure, LeakWatch, LoadReason, Overlay,
    PhaseTimes, StepTimes, ThresholdResult, Timeline, TrendTimes,
};
use crate::RunExit;

/// The version of `load-PROFILE.json`.
pub const LOAD_SCHEMA_VERSION: u32 = 1;

/// The result of a load profile. A field whose value is not known is null, never left out. A new one has not passed:
/// [`LoadResult::settle`] decides that from everything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadResult {
    /// Version of this file's shape.
    pub schema_version: u32,
    /// Version of the program.
    pub suite_version: String,
    /// The profile's name.
    pub profile: String,
    /// What it is for.
    pub description: String,
    /// Name of the target profile.
    pub target: String,
    /// Where the target was; empty when it was not reached.
    pub api_base: String,
    /// When the run began.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started_at: Timestamp,
    /// When it ended; null when it was cut short.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub finished_at: Option<Timestamp>,
    /// Whether every threshold and invariant is held and the figures can be trusted: exactly when `exit_code` is 0.
    pub pass: bool,
    /// The process's exit code.
    pub exit_code: RunExit,
    /// Why it did not pass; empty when it did.
    pub reasons: Vec<LoadReason>,
    /// Why it could not be made, or was cut short; null otherwise.
    pub error: Option<String>,
    /// What people should know, that changes no verdict.
    pub notices: Vec<String>,
    /// What was planned.
    pub plan: LoadPlan,
    /// From the first due request to the end of the last, in seconds; null when nothing was run.
    pub lasted_s: Option<Seconds>,
    /// Commit of the working tree, where there is one.
    pub git_commit: Option<String>,
    /// Whether the tree had changes beyond it; null when not known.
    pub git_dirty: Option<bool>,
    /// The machine, which the generator and a server of its own share.
    pub environment: Environment,
    /// How the generator itself did; null when nothing was run.
    pub generator: Option<GeneratorResult>,
    /// Every step.
    pub steps: Vec<StepTimes>,
    /// Every check.
    pub checks: Vec<CheckResult>,
    /// Every time of the journey's own.
    pub trends: Vec<TrendTimes>,
    /// Parts of the run that the profile tells apart.
    pub phases: Vec<PhaseTimes>,
    /// Figures that the profile is about.
    pub figures: Vec<KeyFigure>,
    /// The thresholds of the profile.
    pub thresholds: Vec<ThresholdResult>,
    /// What has to be true at the end of any run.
    pub invariants: Vec<Invariant>,
    /// Whether the server grew; null when the profile does not ask.
    pub leaks: Option<LeakWatch>,
    /// The baseline that endpoints were held against; null when none was asked for.
    pub baseline: Option<PerformanceBaseline>,
    /// Endpoints held against it; empty when none was asked for.
    pub endpoints: Vec<EndpointResult>,
    /// How it went over time.
    pub timeline: Timeline,
    /// An earlier run to be drawn behind this one; null when none was asked for.
    pub overlay: Option<Overlay>,
    /// The server's status before the load; null when it was not had.
    pub status_start: Option<Value>,
    /// The server's status after the load, when it had come to rest; null when it was not had.
    pub status_end: Option<Value>,
}

/// What was planned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadPlan {
    /// `closed`: users who wait for their answers; `open`: arrivals that come whether or not the server keeps up.
    pub model: String,
    /// Users, or arrivals a second, at the start.
    pub start: f64,
    /// How they change.
    pub stages: Vec<LoadStage>,
    /// How long all stages last, in seconds.
    pub lasts_s: f64,
    /// What times of the profile were multiplied by.
    pub scale: f64,
    /// The shortest pause of a user between two actions, in seconds.
    pub think_least_s: f64,
    /// The longest.
    pub think_most_s: f64,
    /// How long users may go on when the load is over, in seconds.
    pub graceful_s: f64,
    /// The most users at any time.
    pub most_users: u64,
    /// Threads that make load.
    pub threads: u32,
    /// What decides every random choice.
    pub seed: u64,
    /// What users do.
    pub mix: Vec<MixShare>,
    /// Arguments that the server was started with; empty for a target of others.
    pub server_args: Vec<String>,
    /// Faults that the server was made to have.
    pub faults: Vec<String>,
}

/// One straight line of a load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadStage {
    /// How long it lasts, in seconds.
    pub lasts_s: f64,
    /// Users, or arrivals a second, at its end.
    pub to: f64,
}

/// One action of a mix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MixShare {
    /// What is done.
    pub action: String,
    /// How often, beside the others.
    pub weight: u32,
}

/// The baseline that endpoints were held against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PerformanceBaseline {
    /// Where it stands.
    pub path: String,
    /// The ratio of p95 to its baseline beyond which an endpoint fails.
    pub max_ratio: f64,
    /// What of the environment is not as it was when the baseline was recorded.
    pub differences: Vec<String>,
}

/// What is known of a run before it begins.
#[derive(Debug, Clone)]
pub struct LoadHead {
    /// Version of the program.
    pub suite_version: String,
    /// The profile's name.
    pub profile: String,
    /// What it is for.
    pub description: String,
    /// Name of the target profile.
    pub target: String,
    /// When it begins.
    pub started_at: Timestamp,
    /// What is planned.
    pub plan: LoadPlan,
    /// Commit of the working tree.
    pub git_commit: Option<String>,
    /// Whether it has changes beyond that.
    pub git_dirty: Option<bool>,
    /// The machine.
    pub environment: Environment,
}

impl LoadResult {
    /// A run of which nothing is known yet, and which has not passed.
    #[must_use]
    pub fn new(head: LoadHead) -> Self {
        Self {
            schema_version: LOAD_SCHEMA_VERSION,
            suite_version: head.suite_version,
            profile: head.profile,
            description: head.description,
            target: head.target,
            api_base: String::new(),
            started_at: head.started_at,
            finished_at: None,
            pass: false,
            exit_code: RunExit::Inconclusive,
            reasons: Vec::new(),
            error: None,
            notices: Vec::new(),
            plan: head.plan,
            lasted_s: None,
            git_commit: head.git_commit,
            git_dirty: head.git_dirty,
            environment: head.environment,
            generator: None,
            steps: Vec::new(),
            checks: Vec::new(),
            trends: Vec::new(),
            phases: Vec::new(),
            figures: Vec::new(),
            thresholds: Vec::new(),
            invariants: Vec::new(),
            leaks: None,
            baseline: None,
            endpoints: Vec::new(),
            timeline: Timeline::default(),
            overlay: None,
            status_start: None,
            status_end: None,
        }
    }
}
