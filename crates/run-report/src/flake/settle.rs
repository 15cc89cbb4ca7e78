//! Whether nothing flaked. What was not tried has not passed.

use super::{FlakeRun, Subject};
use crate::{Ending, RunExit};

impl FlakeRun {
    /// Decides `pass`, `exit_code`, `reasons` and `error` from all the rest. The exit code is the strongest that applies:
    /// 130 interrupted, 4 could not run, 1 something failed, 3 fewer runs than planned or nothing judged, 0 pass. May be
    /// called again after further runs.
    pub fn settle(&mut self, ending: &Ending) {
        let mut reasons: Vec<(RunExit, String)> = Vec::new();
        self.error = None;
        match ending {
            Ending::Completed => {}
            Ending::CouldNotRun { error } => {
                self.error = Some(error.clone());
                reasons.push((RunExit::CouldNotRun, format!("could not run: {error}")));
            }
            // The time for all runs is over: those that were made count.
            Ending::TimedOut { error } => reasons.push((RunExit::Inconclusive, error.clone())),
            Ending::Interrupted => reasons.push((RunExit::Interrupted, "interrupted".to_owned())),
        }
        reasons.extend(self.of_failures());
        reasons.extend(self.of_gaps());
        reasons.extend(
            self.doubts
                .iter()
                .map(|doubt| (RunExit::Inconclusive, doubt.clone())),
        );
        self.exit_code = reasons
            .iter()
            .map(|(exit, _)| *exit)
            .max()
            .unwrap_or(RunExit::Pass);
        self.pass = self.exit_code == RunExit::Pass;
        self.reasons = reasons.into_iter().map(|(_, text)| text).collect();
    }

    fn of_failures(&self) -> impl Iterator<Item = (RunExit, String)> {
        let failing = self.phases.iter().filter(|result| result.runs_failed > 0);
        failing.map(|result| {
            let names: Vec<String> = result
                .rates
                .iter()
                .filter(|rate| rate.failed > 0)
                .map(|rate| {
                    let what = match rate.subject {
                        Subject::Time => " too slow",
                        Subject::Test | Subject::Run => "",
                    };
                    format!("{}{what} {}/{}", rate.label(), rate.failed, rate.counted())
                })
                .collect();
            let text = format!(
                "{}: {} of {} runs failed: {}",
                result.phase,
                result.runs_failed,
                result.runs,
                names.join(", ")
            );
            (RunExit::Failed, text)
        })
    }

    /// What was planned and not tried, or tried and not counted.
    fn of_gaps(&self) -> impl Iterator<Item = (RunExit, String)> {
        let none = self
            .phases
            .is_empty()
            .then(|| (RunExit::Inconclusive, "no phase was to be run".to_owned()));
        let gaps = self.phases.iter().filter_map(|result| {
            let text = if result.runs < self.runs_planned {
                format!(
                    "{}: {} of {} runs were made",
                    result.phase, result.runs, self.runs_planned
                )
            } else if !result
                .rates
                .iter()
                .any(|rate| rate.subject == Subject::Test && rate.counted() > 0)
            {
                format!("{}: no test passed or failed", result.phase)
            } else {
                return None;
            };
            Some((RunExit::Inconclusive, text))
        });
        none.into_iter().chain(gaps)
    }
}
