//! What the gate says in the end. Nothing is passed that was not checked.

use super::{GateMode, GateRun};
use crate::RunExit;

/// How the work of the gate ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GateEnding {
    /// The candidate was held against the baseline.
    Checked,
    /// There was nothing to hold against it, or nothing to hold it against.
    CouldNotRun {
        /// Why.
        error: String,
    },
    /// Somebody ended it.
    Interrupted,
}

impl GateRun {
    /// Decides `verdict`, `pass`, `exit_code`, `reasons` and `error` from all the rest.
    ///
    /// A candidate whose own run was no measurement (its exit code is not 0) has no failing rules that mean anything: its verdict is
    /// that of the run, however its figures lie. In [`GateMode::Smoke`] a rule that fails, a run that failed and one that is
    /// inconclusive end with 0; what could not be looked at, and an interrupt, end as ever.
    pub fn settle(&mut self, ending: &GateEnding) {
        let mut reasons: Vec<(RunExit, String)> = Vec::new();
        self.error = None;
        match ending {
            GateEnding::Checked => reasons.extend(self.of_check()),
            GateEnding::CouldNotRun { error } => {
                self.error = Some(error.clone());
                reasons.push((RunExit::CouldNotRun, error.clone()));
            }
            GateEnding::Interrupted => reasons.push((RunExit::Interrupted, "interrupted".to_owned())),
        }
        reasons.sort_by_key(|(exit, _)| std::cmp::Reverse(*exit));
        self.verdict = reasons.first().map_or(RunExit::Pass, |(exit, _)| *exit);
        self.pass = self.verdict == RunExit::Pass;
        self.exit_code = match (self.mode, self.verdict) {
            (GateMode::Smoke, RunExit::Failed | RunExit::Inconclusive) => RunExit::Pass,
            (_, verdict) => verdict,
        };
        self.reasons = reasons.into_iter().map(|(_, text)| text).collect();
    }

    fn of_check(&self) -> Vec<(RunExit, String)> {
        let mut reasons = Vec::new();
        if !self.env_differences.is_empty() && !self.env_mismatch_allowed && self.mode == GateMode::Blocking {
            let points: Vec<String> = self.env_differences.iter().map(ToString::to_string).collect();
            let text = format!(
                "the baseline is of another environment ({}); measure one here, or say --allow-env-mismatch",
                points.join("; ")
            );
            reasons.push((RunExit::CouldNotRun, text));
        }
        if let Some(reason) = self.of_run() {
            reasons.push(reason);
            return reasons;
        }
        if self.rows.iter().all(|row| row.holds.is_none()) {
            reasons.push((RunExit::Inconclusive, "no limit was checked".to_owned()));
        }
        reasons.extend(self.failures().map(|row| (RunExit::Failed, row.to_string())));
        reasons
    }

    /// What the run that measured the candidate says of itself. Ours has our exit codes; another's is good or not.
    fn of_run(&self) -> Option<(RunExit, String)> {
        let candidate = self.candidate.as_ref()?;
        let code = self.bad_exit_code()?;
        let own = u8::try_from(code)
            .ok()
            .and_then(|code| RunExit::try_from(code).ok());
        let exit = own.filter(|_| candidate.own).unwrap_or(RunExit::Failed);
        let text = if candidate.own {
            format!(
                "the run that measured the candidate ended with exit code {code} ({exit}): its figures are not judged"
            )
        } else {
            format!(
                "the run that measured the candidate ended with exit code {code}: its figures are not judged"
            )
        };
        Some((exit, text))
    }
}

impl std::fmt::Display for super::GateRow {
    /// As in `latency_p95_ms: 130 against 100 is +30.0 %, at most +15 %`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", self.metric)?;
        match (self.candidate, self.baseline, self.change_pct) {
            (None, ..) => write!(f, "not in the candidate, not checked"),
            (Some(value), Some(frozen), Some(change)) => {
                write!(f, "{value} against {frozen} is {change:+.1} %, {}", self.limit)
            }
            (Some(value), ..) => write!(f, "{value}, {}", self.limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use perf_guard::Difference;
    use rstest::rstest;

    use super::*;
    use crate::gate::{GateRow, GateSide};

    fn run(mode: GateMode, code: i64, holds: &[Option<bool>]) -> GateRun {
        let mut run = GateRun::new(mode, "policy.json".into(), Timestamp::UNIX_EPOCH);
        run.candidate = Some(GateSide {
            path: "candidate.json".into(),
            own: true,
            timestamp: None,
            commit: None,
            ct_exit_code: Some(code),
            env: std::collections::BTreeMap::new(),
            chosen: None,
            warnings: Vec::new(),
        });
        run.rows = holds
            .iter()
            .map(|holds| GateRow {
                metric: "rps".into(),
                limit: "at most -10 %".into(),
                baseline: Some(100.0),
                candidate: Some(80.0),
                change_pct: Some(-20.0),
                holds: *holds,
            })
            .collect();
        run
    }

    const CHECKED: GateEnding = GateEnding::Checked;

    #[rstest]
    #[case::all_hold(0, &[Some(true)], RunExit::Pass, RunExit::Pass)]
    #[case::one_does_not(0, &[Some(true), Some(false)], RunExit::Failed, RunExit::Pass)]
    #[case::none_checked(0, &[None], RunExit::Inconclusive, RunExit::Pass)]
    #[case::nothing(0, &[], RunExit::Inconclusive, RunExit::Pass)]
    #[case::a_saturated_generator_is_no_slow_server(3, &[Some(false)], RunExit::Inconclusive, RunExit::Pass)]
    #[case::a_run_that_failed(1, &[Some(true)], RunExit::Failed, RunExit::Pass)]
    #[case::a_run_that_was_none(4, &[Some(true)], RunExit::CouldNotRun, RunExit::CouldNotRun)]
    #[case::a_run_cut_short(130, &[Some(true)], RunExit::Interrupted, RunExit::Interrupted)]
    fn the_verdict_blocks_and_smoke_only_shows_it(
        #[case] code: i64,
        #[case] holds: &[Option<bool>],
        #[case] blocking: RunExit,
        #[case] smoke: RunExit,
    ) {
        for (mode, exit) in [(GateMode::Blocking, blocking), (GateMode::Smoke, smoke)] {
            let mut run = run(mode, code, holds);
            run.settle(&CHECKED);
            assert_eq!((run.verdict, run.exit_code), (blocking, exit), "{mode:?}");
            assert_eq!(run.pass, blocking == RunExit::Pass);
            assert_eq!(run.reasons.is_empty(), run.pass);
        }
    }

    #[rstest]
    #[case::blocking(GateMode::Blocking, false, RunExit::CouldNotRun)]
    #[case::allowed(GateMode::Blocking, true, RunExit::Pass)]
    #[case::smoke(GateMode::Smoke, false, RunExit::Pass)]
    fn another_environment_is_no_baseline(
        #[case] mode: GateMode,
        #[case] allowed: bool,
        #[case] exit: RunExit,
    ) {
        let mut run = run(mode, 0, &[Some(true)]);
        run.env_mismatch_allowed = allowed;
        run.env_differences = vec![Difference {
            field: "env.cpus".into(),
            baseline: "2".into(),
            current: "64".into(),
        }];
        run.settle(&CHECKED);
        assert_eq!(run.exit_code, exit, "{:?}", run.reasons);
    }

    #[test]
    fn what_could_not_be_looked_at_counts_in_smoke_too() {
        let mut run = run(GateMode::Smoke, 0, &[Some(true)]);
        run.settle(&GateEnding::CouldNotRun {
            error: "no baseline".into(),
        });
        assert_eq!(
            (run.verdict, run.exit_code),
            (RunExit::CouldNotRun, RunExit::CouldNotRun)
        );
        run.settle(&GateEnding::Interrupted);
        assert_eq!(run.exit_code, RunExit::Interrupted);
    }

    #[test]
    fn a_policy_that_asks_for_no_exit_code_judges_the_figures() {
        let mut run = run(GateMode::Blocking, 3, &[Some(true)]);
        run.exit_code_required = false;
        run.settle(&CHECKED);
        assert_eq!(run.verdict, RunExit::Pass);
    }

    #[test]
    fn a_code_that_is_not_ours_is_a_failure_of_a_foreign_run() {
        let mut run = run(GateMode::Blocking, 3, &[Some(true)]);
        if let Some(candidate) = &mut run.candidate {
            candidate.own = false;
        }
        run.settle(&CHECKED);
        assert_eq!(run.verdict, RunExit::Failed);
    }
}
