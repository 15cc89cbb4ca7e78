//! Whether a run passed, and its exit code. Everything here fails closed: what is missing has not passed.

use serde_json::Value;

use crate::{
    exit::RunExit,
    golden_run::GoldenRun,
    test_result::{TestResult, TestStatus},
};
use perf_guard::{BaselineMode, Verdict};

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
        let mut correctness = of_tests(&self.tests);
        correctness.extend(of_rest(quiescence, self.status_end.as_ref()));
        let perf = self.of_perf();
        let ended = of_ending(&ending);
        self.error = match ending {
            Ending::CouldNotRun { error } | Ending::TimedOut { error } => Some(error),
            Ending::Interrupted => Some("interrupted".to_owned()),
            Ending::Completed => None,
        };
        self.correctness_pass = correctness.is_empty() && ended.is_empty();
        self.perf_pass = self.perf_verdict == Verdict::Pass && self.perf_checked > 0 && perf.is_empty();
        let all: Vec<Reason> = ended.into_iter().chain(correctness).chain(perf).collect();
        self.exit_code = all
            .iter()
            .map(|reason| reason.exit)
            .max()
            .unwrap_or(RunExit::Pass);
        self.pass = self.exit_code == RunExit::Pass;
        self.verdict_reasons = all.into_iter().map(|reason| reason.text).collect();
    }

    fn of_perf(&self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if !self.perf_failures.is_empty() {
            let names: Vec<String> = self
                .perf_failures
                .iter()
                .map(|f| format!("{} ({})", f.name, f.cache))
                .collect();
            reasons.push(Reason::failed(format!(
                "slower than its threshold: {}",
                names.join(", ")
            )));
        }
        if self.perf_mode == BaselineMode::Strict && self.baseline.is_some() {
            let skipped = self
                .perf_skipped
                .iter()
                .map(|s| format!("{} ({}) is not in the baseline", s.name, s.cache));
            let extra = self
                .perf_extra
                .iter()
                .map(|e| format!("{} ({}) was not measured", e.name, e.cache));
            reasons.extend(
                skipped
                    .chain(extra)
                    .map(|text| Reason::failed(format!("strict baseline: {text}"))),
            );
        }
        match self.perf_verdict {
            Verdict::Failed if reasons.is_empty() => reasons.push(Reason::failed("the guard failed")),
            _ if self.perf_checked == 0 => {
                reasons.push(Reason::inconclusive("no time was held against a baseline"));
            }
            Verdict::Inconclusive => reasons.push(Reason::inconclusive(
                "the baseline comes from another environment or other settings, so times cannot be judged",
            )),
            _ => {}
        }
        reasons
    }
}

struct Reason {
    exit: RunExit,
    text: String,
}

impl Reason {
    fn failed(text: impl Into<String>) -> Self {
        Self {
            exit: RunExit::Failed,
            text: text.into(),
        }
    }

    fn inconclusive(text: impl Into<String>) -> Self {
        Self {
            exit: RunExit::Inconclusive,
            text: text.into(),
        }
    }
}

fn of_ending(ending: &Ending) -> Vec<Reason> {
    let (exit, text) = match ending {
        Ending::Completed => return Vec::new(),
        Ending::CouldNotRun { error } => (RunExit::CouldNotRun, format!("could not run: {error}")),
        Ending::TimedOut { error } => (RunExit::Failed, format!("timed out: {error}")),
        Ending::Interrupted => (RunExit::Interrupted, "interrupted".to_owned()),
    };
    vec![Reason { exit, text }]
}

fn of_tests(tests: &[TestResult]) -> Vec<Reason> {
    let failed: Vec<String> = tests
        .iter()
        .filter(|t| t.status == TestStatus::Failed)
        .map(TestResult::label)
        .collect();
    if !failed.is_empty() {
        return vec![Reason::failed(format!("failed: {}", failed.join(", ")))];
    }
    if tests.iter().any(|t| t.status == TestStatus::Passed) {
        return Vec::new();
    }
    vec![Reason::inconclusive("no test passed")]
}

fn of_rest(quiescence: &Quiescence, status_end: Option<&Value>) -> Option<Reason> {
    let text = match (quiescence, status_end) {
        (Quiescence::OwnJobs { unfinished }, _) if unfinished.is_empty() => return None,
        (Quiescence::OwnJobs { unfinished }, _) => {
            format!("own jobs have not ended: {}", unfinished.join(", "))
        }
        (Quiescence::NoActiveJobs, None) => "status_end is missing".to_owned(),
        (Quiescence::NoActiveJobs, Some(status)) => match status.get("active_jobs") {
            None => "status_end.active_jobs is missing".to_owned(),
            Some(jobs) if jobs.as_u64() == Some(0) => return None,
            Some(jobs) => format!("status_end.active_jobs is {jobs}, legal is 0"),
        },
    };
    Some(Reason::failed(text))
}
