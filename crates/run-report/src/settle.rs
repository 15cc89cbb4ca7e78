//! Whether a run passed, and its exit code. Everything here fails closed: what is missing has not passed.

use perf_guard::{BaselineMode, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    exit::RunExit,
    golden_run::GoldenRun,
    test_result::{TestResult, TestStatus},
};

/// How the run itself ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// All tests had their turn.
    Completed,
    /// It could not be made: no server, an unreadable baseline, an unusable input.
    CouldNotRun {
        /// Why.
        error: String,
    },
    /// It ran out of time; what had been tested counts, and the run has failed.
    TimedOut {
        /// What it waited for.
        error: String,
    },
    /// Somebody interrupted it.
    Interrupted,
}

/// How the target has to come to rest at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quiescence {
    /// Nobody else uses the target: `status_end.active_jobs` is 0.
    NoActiveJobs,
    /// Others use it too: every job that this run submitted has ended.
    OwnJobs {
        /// Ids of own jobs that have not.
        unfinished: Vec<String>,
    },
}

impl GoldenRun {
    /// Decides `pass`, `correctness_pass`, `perf_pass`, `exit_code`, `verdict_reasons` and `error` from all the rest;
    /// to be called last, also for a run that failed or was cut short. The exit code is the strongest that applies:
    /// 130 interrupted, 4 could not run, 1 failed, 3 inconclusive, 0 pass.
    pub fn settle(&mut self, ending: Ending, quiescence: &Quiescence) {
        self.shared_target = matches!(quiescence, Quiescence::OwnJobs { .. });
        let ended = of_ending(&ending);
        let mut correctness = of_tests(&self.tests);
        correctness.extend(of_rest(quiescence, self.status_end.as_ref()));
        let perf = self.of_perf();
        let cut_short = matches!(ending, Ending::CouldNotRun { .. } | Ending::Interrupted);
        self.error = match ending {
            Ending::CouldNotRun { error } | Ending::TimedOut { error } => Some(error),
            Ending::Interrupted => Some("interrupted".to_owned()),
            Ending::Completed => None,
        };
        self.correctness_pass = correctness.is_empty() && ended.is_none();
        self.perf_pass = self.perf_verdict == Verdict::Pass && perf.is_empty();
        self.verdict_reasons = ended.into_iter().chain(correctness).chain(perf).collect();
        if cut_short {
            // What is merely missing follows from the ending and would only bury it.
            self.verdict_reasons.retain(VerdictReason::stands_without_an_end);
        }
        let exits = self.verdict_reasons.iter().map(|reason| reason.exit_code);
        self.exit_code = exits.max().unwrap_or(RunExit::Pass);
        self.pass = self.exit_code == RunExit::Pass;
    }

    fn of_perf(&self) -> Vec<VerdictReason> {
        let mut reasons = Vec::new();
        if !self.perf_failures.is_empty() {
            let names: Vec<String> = self
                .perf_failures
                .iter()
                .map(|f| format!("{} ({})", f.name, f.cache))
                .collect();
            reasons.push(failed(
                ReasonKind::Slower,
                format!("slower than its threshold: {}", names.join(", ")),
            ));
        }
        if self.is_strict() {
            let skipped = self
                .perf_skipped
                .iter()
                .map(|s| format!("{} ({}) is not in the baseline", s.name, s.cache));
            let extra = self
                .perf_extra
                .iter()
                .map(|e| format!("{} ({}) was not measured", e.name, e.cache));
            let texts = skipped
                .chain(extra)
                .map(|text| format!("strict baseline: {text}"));
            reasons.extend(texts.map(|text| failed(ReasonKind::StrictBaseline, text)));
        }
        if self.perf_verdict == Verdict::Failed && reasons.is_empty() {
            reasons.push(failed(ReasonKind::Slower, "the guard failed without saying why"));
        }
        if self.perf_checked == 0 {
            let text = "no time was held against a baseline";
            reasons.push(inconclusive(ReasonKind::NothingChecked, text));
        } else if self.perf_verdict == Verdict::Inconclusive {
            let text = "the baseline comes from another environment or other settings";
            reasons.push(inconclusive(ReasonKind::Environment, text));
        }
        reasons
    }

    /// The reasons that no failed test and no perf failure shows already.
    pub(crate) fn reasons_beyond_findings(&self) -> impl Iterator<Item = &VerdictReason> {
        self.verdict_reasons.iter().filter(|reason| match reason.kind {
            ReasonKind::Tests => !self.tests.iter().any(|t| t.status == TestStatus::Failed),
            ReasonKind::Slower => self.perf_failures.is_empty(),
            _ => true,
        })
    }

    /// Whether a test on one side only, of run and baseline, fails the run.
    pub(crate) fn is_strict(&self) -> bool {
        self.perf_mode == BaselineMode::Strict && self.baseline.is_some()
    }
}

/// What a reason is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// The run did not come to its end.
    Ending,
    /// Tests failed, or none passed.
    Tests,
    /// The target did not come to rest.
    NotAtRest,
    /// Times above their thresholds.
    Slower,
    /// A test on one side only, under a strict baseline.
    StrictBaseline,
    /// No time was held against a baseline.
    NothingChecked,
    /// The baseline comes from elsewhere.
    Environment,
}

/// One reason why a run did not pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictReason {
    /// What it is about.
    pub kind: ReasonKind,
    /// The exit code that it alone would give.
    pub exit_code: RunExit,
    /// In words.
    pub text: String,
}

impl VerdictReason {
    fn stands_without_an_end(&self) -> bool {
        match self.kind {
            ReasonKind::Ending | ReasonKind::Slower => true,
            ReasonKind::Tests => self.exit_code == RunExit::Failed,
            _ => false,
        }
    }
}

fn failed(kind: ReasonKind, text: impl Into<String>) -> VerdictReason {
    VerdictReason {
        kind,
        exit_code: RunExit::Failed,
        text: text.into(),
    }
}

fn inconclusive(kind: ReasonKind, text: impl Into<String>) -> VerdictReason {
    VerdictReason {
        kind,
        exit_code: RunExit::Inconclusive,
        text: text.into(),
    }
}

fn of_ending(ending: &Ending) -> Option<VerdictReason> {
    let (exit_code, text) = match ending {
        Ending::Completed => return None,
        Ending::CouldNotRun { error } => (RunExit::CouldNotRun, format!("could not run: {error}")),
        Ending::TimedOut { error } => (RunExit::Failed, format!("timed out: {error}")),
        Ending::Interrupted => (RunExit::Interrupted, "interrupted".to_owned()),
    };
    Some(VerdictReason {
        kind: ReasonKind::Ending,
        exit_code,
        text,
    })
}

fn of_tests(tests: &[TestResult]) -> Vec<VerdictReason> {
    let names: Vec<String> = tests
        .iter()
        .filter(|t| t.status == TestStatus::Failed)
        .map(TestResult::label)
        .collect();
    if !names.is_empty() {
        return vec![failed(ReasonKind::Tests, format!("failed: {}", names.join(", ")))];
    }
    if tests.iter().any(|t| t.status == TestStatus::Passed) {
        return Vec::new();
    }
    vec![inconclusive(ReasonKind::Tests, "no test passed")]
}

fn of_rest(quiescence: &Quiescence, status_end: Option<&Value>) -> Option<VerdictReason> {
    Some(failed(ReasonKind::NotAtRest, at_rest(quiescence, status_end)?))
}

/// Why the target has not come to rest; nothing if it has.
pub(crate) fn at_rest(quiescence: &Quiescence, status_end: Option<&Value>) -> Option<String> {
    match (quiescence, status_end) {
        (Quiescence::OwnJobs { unfinished }, _) if unfinished.is_empty() => None,
        (Quiescence::OwnJobs { unfinished }, _) => {
            Some(format!("own jobs have not ended: {}", unfinished.join(", ")))
        }
        (Quiescence::NoActiveJobs, None) => Some("status_end is missing".to_owned()),
        (Quiescence::NoActiveJobs, Some(status)) => match status.get("active_jobs") {
            None => Some("status_end.active_jobs is missing".to_owned()),
            Some(jobs) if jobs.as_u64() == Some(0) => None,
            Some(jobs) => Some(format!("status_end.active_jobs is {jobs}, legal is 0")),
        },
    }
}
