//! What the freeze gate found.

use std::collections::BTreeMap;

use jiff::Timestamp;
use perf_guard::{
    Difference,
    freeze::{FreezeRow, FrozenRun, Origin},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::RunExit;

/// The version of `gate.json`.
pub const GATE_SCHEMA_VERSION: u32 = 1;

/// Whether the verdict is the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateMode {
    /// It is.
    Blocking,
    /// It is shown only: whatever was found, the command passes. That it could not look at all still counts.
    Smoke,
}

/// One of the two files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GateSide {
    /// Its path.
    pub path: String,
    /// Whether it was written by this program, and read strictly.
    pub own: bool,
    /// When it was measured.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub timestamp: Option<Timestamp>,
    /// Of which commit.
    pub commit: Option<String>,
    /// The exit code of the run that measured it.
    pub ct_exit_code: Option<i64>,
    /// What the machine and the build were.
    pub env: BTreeMap<String, String>,
    /// How this file came to be chosen, where that was not by its name.
    pub chosen: Option<String>,
    /// What is odd about it.
    pub warnings: Vec<String>,
}

/// One limit of one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GateRow {
    /// The metric.
    pub metric: String,
    /// The limit in words, as in `at most +15 %`.
    pub limit: String,
    /// The frozen value, where the limit is relative to it.
    pub baseline: Option<f64>,
    /// The candidate's value; `null` when it has none and the policy lets that pass.
    pub candidate: Option<f64>,
    /// The change from the frozen value, in percent.
    pub change_pct: Option<f64>,
    /// Whether the limit holds; `null` when it was not checked.
    pub holds: Option<bool>,
}

/// What the freeze gate found. [`GateRun::settle`] decides the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GateRun {
    /// [`GATE_SCHEMA_VERSION`].
    pub schema_version: u32,
    /// When the gate looked.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub checked_at: Timestamp,
    /// Whether the verdict is the exit code.
    pub mode: GateMode,
    /// The path of the policy.
    pub policy: String,
    /// The frozen file; `null` when it could not be read.
    pub baseline: Option<GateSide>,
    /// What was held against it; `null` when there is nothing that can be read.
    pub candidate: Option<GateSide>,
    /// Whether the policy asks that the run that measured the candidate ended with 0.
    pub exit_code_required: bool,
    /// Every limit of every rule.
    pub rows: Vec<GateRow>,
    /// Points in which the two environments differ.
    pub env_differences: Vec<Difference>,
    /// Whether another environment was allowed.
    pub env_mismatch_allowed: bool,
    /// What is worth knowing and changes nothing.
    pub notices: Vec<String>,
    /// What was found, whatever the mode.
    pub verdict: RunExit,
    /// Whether the verdict is that all of it holds.
    pub pass: bool,
    /// What the command ends with.
    pub exit_code: RunExit,
    /// Why the verdict is not a pass, the gravest first.
    pub reasons: Vec<String>,
    /// Why there is no verdict on the rules.
    pub error: Option<String>,
}

impl GateRun {
    /// One that has found nothing yet.
    #[must_use]
    pub const fn new(mode: GateMode, policy: String, checked_at: Timestamp) -> Self {
        Self {
            schema_version: GATE_SCHEMA_VERSION,
            checked_at,
            mode,
            policy,
            baseline: None,
            candidate: None,
            exit_code_required: true,
            rows: Vec::new(),
            env_differences: Vec::new(),
            env_mismatch_allowed: false,
            notices: Vec::new(),
            verdict: RunExit::Inconclusive,
            pass: false,
            exit_code: RunExit::Inconclusive,
            reasons: Vec::new(),
            error: None,
        }
    }

    /// The exit code of the run that measured the candidate, if it makes its figures no measurement.
    pub(super) fn bad_exit_code(&self) -> Option<i64> {
        let code = self.candidate.as_ref()?.ct_exit_code?;
        (code != 0 && self.exit_code_required).then_some(code)
    }

    /// The limits that do not hold.
    pub fn failures(&self) -> impl Iterator<Item = &GateRow> {
        self.rows.iter().filter(|row| row.holds == Some(false))
    }
}

impl GateSide {
    /// A file as it was read.
    #[must_use]
    pub fn new(path: String, run: &FrozenRun, warnings: Vec<String>) -> Self {
        Self {
            path,
            own: run.origin == Origin::Own,
            timestamp: run.timestamp,
            commit: run.commit.clone(),
            ct_exit_code: run.ct_exit_code,
            env: run.env.clone(),
            chosen: None,
            warnings,
        }
    }
}

impl From<&FreezeRow> for GateRow {
    fn from(row: &FreezeRow) -> Self {
        let change = row
            .candidate
            .zip(row.baseline)
            .map(|(value, frozen)| (value / frozen - 1.0) * 100.0);
        Self {
            metric: row.metric.clone(),
            limit: row.limit.to_string(),
            baseline: row.baseline,
            candidate: row.candidate,
            // Finer digits are noise, and do not all survive a file.
            change_pct: change.map(|percent| (percent * 1e3).round() / 1e3),
            holds: row.holds,
        }
    }
}
