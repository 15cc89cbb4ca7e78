//! Faults that break: errors, stalls, dropped connections, crashes, cut and slow bytes, leaks.

use perf_guard::{CacheState, Seconds};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CellOutcome;
use crate::test_result::TestStatus;

/// One fault that breaks something, and who noticed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Breakage {
    /// The stage, as in `http.playlist`.
    pub stage: String,
    /// The kind with its value, as in `truncate=0.5`.
    pub kind: String,
    /// The fault as a flag has it, as in `http.playlist:truncate=0.5`.
    pub fault: String,
    /// Whether anybody noticed.
    pub outcome: CellOutcome,
    /// How often it fired; null when nobody could say any more.
    pub fired_total: Option<u64>,
    /// Whether the server process ended, which a crash at some stages has to bring about.
    pub server_ended: bool,
    /// The tests that were run under it; the others were not needed once one had noticed, unless every cell was asked for.
    pub tests: Vec<Witness>,
    /// Names of the tests that noticed, as in `audio_content` or `test_1 (cold)`.
    pub noticed_by: Vec<String>,
    /// What the cell took.
    pub took_s: Option<Seconds>,
    /// What went wrong or was left out; null otherwise.
    pub note: Option<String>,
}

/// One test under one fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// Name of the test.
    pub name: String,
    /// Cache state of a timed test; null for one that is not timed.
    pub cache: Option<CacheState>,
    /// How it ended; failed means that it noticed.
    pub status: TestStatus,
    /// Why it failed or was skipped; null when it passed.
    pub reason: Option<String>,
}
