//! What was expected, what was seen, and whether that proves the guard.

use std::collections::BTreeSet;

use audio_api::fault::Stage;
use perf_guard::{Seconds, TimedKey};
use run_report::{GoldenRun, RunExit, TestResult, TestStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::timed::{metric_of, stages_on_path};

/// The version of `golden-red.json`.
pub const PROOF_SCHEMA_VERSION: u32 = 1;

/// What a proof showed, as it stands in `golden-red.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Version of this file's shape.
    pub schema_version: u32,
    /// The fault, as in `synth:sleep=2s`.
    pub rule: String,
    /// The stage at which it strikes.
    pub stage: String,
    /// Whether the guard is proven.
    pub pass: bool,
    /// The process's exit code.
    pub exit_code: RunExit,
    /// Why it is not proven, one sentence each.
    pub reasons: Vec<String>,
    /// Timed tests that had to go red, as in `test_1 (cold)`.
    pub expected: Vec<String>,
    /// Timed tests that did.
    pub red: Vec<RedTest>,
    /// Expected, and green or not measured.
    pub missed: Vec<String>,
    /// Red, and not expected.
    pub unexpected: Vec<String>,
    /// Tests that failed though a slow stage breaks nothing.
    pub broken: Vec<String>,
    /// How often the fault fired; null when the server did not say.
    pub fired_total: Option<u64>,
    /// The run itself.
    pub run: GoldenRun,
}

/// A timed test that went red.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedTest {
    /// The timed test, as in `test_1 (cold)`.
    pub name: String,
    /// Median of the repeats.
    pub measured_s: Seconds,
    /// What it was held against.
    pub threshold_s: Seconds,
    /// The stage that the guard says grew.
    pub explained_by: String,
}

impl Proof {
    /// Judges a run that was made under a fault at `stage`; `planned` are all its timed tests.
    #[must_use]
    pub fn of(
        run: GoldenRun,
        (rule, stage): (String, Stage),
        planned: impl Iterator<Item = TimedKey>,
    ) -> Self {
        let on_path = |key: &TimedKey| stages_on_path(metric_of(&key.test), key.cache).contains(&stage);
        let expected: BTreeSet<String> = planned.filter(on_path).map(|key| key.to_string()).collect();
        let red: Vec<RedTest> = run
            .perf_failures
            .iter()
            .map(|failure| RedTest {
                name: TimedKey::new(&*failure.name, failure.cache).to_string(),
                measured_s: failure.measured_s,
                threshold_s: failure.threshold_s,
                explained_by: failure.explain.stage.to_string(),
            })
            .collect();
        let seen: BTreeSet<String> = red.iter().map(|test| test.name.clone()).collect();
        let broken = run.tests.iter().filter(|test| test.status == TestStatus::Failed);
        // Without further faults the server has this one only.
        let fired_total = run.faults_fired.first().map(|fault| fault.fired_total);
        let mut proof = Self {
            schema_version: PROOF_SCHEMA_VERSION,
            rule,
            stage: stage.to_string(),
            pass: false,
            exit_code: RunExit::CouldNotRun,
            reasons: Vec::new(),
            missed: expected.difference(&seen).cloned().collect(),
            unexpected: seen.difference(&expected).cloned().collect(),
            broken: broken.map(TestResult::label).collect(),
            expected: expected.into_iter().collect(),
            red,
            fired_total,
            run,
        };
        proof.settle();
        proof
    }

    fn settle(&mut self) {
        let mut reasons = Vec::new();
        if self.expected.is_empty() {
            reasons.push(format!("no timed test passes {}", self.stage));
        }
        if !self.missed.is_empty() {
            reasons.push(format!(
                "should have gone red and did not: {}",
                self.missed.join(", ")
            ));
        }
        if !self.unexpected.is_empty() {
            reasons.push(format!(
                "went red though {} is not on their path: {}",
                self.stage,
                self.unexpected.join(", ")
            ));
        }
        if !self.broken.is_empty() {
            reasons.push(format!(
                "the fault slows and must not break, but these failed: {}",
                self.broken.join(", ")
            ));
        }
        match self.fired_total {
            None => reasons.push("the server does not say whether the fault fired".to_owned()),
            Some(0) => reasons.push("the fault never fired".to_owned()),
            Some(_) => {}
        }
        if !self.run.correctness_pass && self.broken.is_empty() {
            let why: Vec<&str> = self
                .run
                .verdict_reasons
                .iter()
                .map(|reason| reason.text.as_str())
                .collect();
            reasons.push(format!(
                "the run itself did not come to a good end: {}",
                why.join("; ")
            ));
        }
        self.pass = reasons.is_empty();
        self.exit_code = match (self.run.exit_code, self.pass) {
            (cut @ (RunExit::Interrupted | RunExit::CouldNotRun), _) => {
                self.pass = false;
                cut
            }
            (_, true) => RunExit::Pass,
            (_, false) => RunExit::Failed,
        };
        self.reasons = reasons;
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use perf_guard::{CacheState, Environment, Limits};
    use rstest::rstest;
    use run_report::{FaultFired, Metric, PerfFailure, RunHead};
    use serde_json::json;

    use super::*;

    /// A run under a fault in which these timed tests went red.
    fn run(red: &[(&str, CacheState)], fired: u64) -> GoldenRun {
        let environment = Environment {
            os: "linux".into(),
            arch: "x86_64".into(),
            cpu_model: None,
            cores: 2,
            memory_bytes: None,
            server_version: None,
        };
        let mut run = GoldenRun::new(RunHead {
            suite_version: "0".into(),
            api_base: "http://h".into(),
            target: "reference".into(),
            started_at: Timestamp::UNIX_EPOCH,
            settings_digest: String::new(),
            environment,
        });
        run.tests = vec![TestResult::passed("head_transition", None)];
        run.status_end = Some(json!({"active_jobs": 0}));
        run.faults_fired = vec![FaultFired {
            rule: "synth:sleep=2s".into(),
            fired_total: fired,
        }];
        run.perf_failures = red.iter().map(|(name, cache)| failure(name, *cache)).collect();
        run.perf_checked = 4;
        run.perf_verdict = perf_guard::Verdict::Failed;
        run.settle(
            run_report::Ending::Completed,
            &run_report::Quiescence::NoActiveJobs,
        );
        run
    }

    fn failure(name: &str, cache: CacheState) -> PerfFailure {
        let seconds = |s| Seconds::new(s).unwrap();
        let comparison = perf_guard::Comparison {
            name: name.into(),
            cache,
            repeats: 2,
            measured_s: seconds(2.1),
            baseline_s: seconds(0.1),
            threshold_s: seconds(0.4),
            effective_ratio: 4.0,
            limits: Limits::default(),
        };
        let explain = perf_guard::explain(
            2_000.0,
            (&perf_guard::StageTimes::new(), &perf_guard::StageTimes::new()),
            perf_guard::Rounds::ONE,
            perf_guard::CounterDeltas::default(),
        );
        PerfFailure::new(
            perf_guard::Failure { comparison, explain },
            Metric::SubmitToComplete,
        )
    }

    fn planned() -> impl Iterator<Item = TimedKey> {
        ["test_1", "test_1.merged_fetch"]
            .into_iter()
            .flat_map(|name| CacheState::ALL.map(|cache| TimedKey::new(name, cache)))
    }

    const COLD: (&str, CacheState) = ("test_1", CacheState::Cold);
    const WARM: (&str, CacheState) = ("test_1", CacheState::Warm);

    #[rstest]
    #[case::right(&[COLD], 3, "")]
    #[case::missed(&[], 3, "should have gone red and did not: test_1 (cold)")]
    #[case::beyond(&[COLD, WARM], 3, "went red though synth is not on their path: test_1 (warm)")]
    #[case::unfired(&[COLD], 0, "the fault never fired")]
    fn a_proof_takes_exactly_the_right_tests_and_a_fault_that_fired(
        #[case] red: &[(&str, CacheState)],
        #[case] fired: u64,
        #[case] reason: &str,
    ) {
        let proof = Proof::of(
            run(red, fired),
            ("synth:sleep=2s".into(), Stage::Synth),
            planned(),
        );
        assert_eq!(proof.reasons.join("; "), reason);
        assert_eq!(proof.pass, reason.is_empty());
        assert_eq!(
            proof.exit_code,
            if proof.pass {
                RunExit::Pass
            } else {
                RunExit::Failed
            }
        );
    }

    #[test]
    fn a_fault_that_breaks_proves_nothing() {
        let mut broken = run(&[COLD], 3);
        broken
            .tests
            .push(TestResult::failed("cancel", None, "it did not"));
        let proof = Proof::of(broken, ("synth:sleep=2s".into(), Stage::Synth), planned());
        assert_eq!(proof.broken, ["cancel"]);
        assert!(!proof.pass);
    }

    #[test]
    fn a_run_that_was_cut_short_keeps_its_exit_code() {
        let mut cut = run(&[COLD], 3);
        cut.settle(
            run_report::Ending::Interrupted,
            &run_report::Quiescence::NoActiveJobs,
        );
        let proof = Proof::of(cut, ("synth:sleep=2s".into(), Stage::Synth), planned());
        assert_eq!((proof.pass, proof.exit_code), (false, RunExit::Interrupted));
    }
}
