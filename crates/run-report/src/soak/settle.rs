//! Whether the soak passed. What was not looked at has not held.

use super::{LeakCheck, SoakRun, words};
use crate::{Ending, Quiescence, RunExit, settle::at_rest};

impl SoakRun {
    /// Decides `pass`, `exit_code`, `reasons` and `error` from all the rest. The exit code is the strongest that applies:
    /// 130 interrupted, 4 could not run, 1 an invariant was broken or a figure grows, 3 something was not looked at or
    /// cannot be judged, 0 pass.
    pub fn settle(&mut self, ending: &Ending) {
        let mut reasons: Vec<(RunExit, String)> = Vec::new();
        self.error = None;
        match ending {
            Ending::Completed => {}
            Ending::CouldNotRun { error } => {
                self.error = Some(error.clone());
                reasons.push((RunExit::CouldNotRun, format!("could not run: {error}")));
            }
            Ending::TimedOut { error } => {
                self.error = Some(error.clone());
                reasons.push((RunExit::Failed, format!("timed out: {error}")));
            }
            Ending::Interrupted => {
                self.error = Some("interrupted".to_owned());
                reasons.push((RunExit::Interrupted, "interrupted".to_owned()));
            }
        }
        reasons.extend(words::broken(self).map(|text| (RunExit::Failed, text)));
        // What is merely missing follows from a run that was cut short, and would only bury why it was.
        if matches!(ending, Ending::Completed) {
            let rest = at_rest(&Quiescence::NoActiveJobs, self.status_end.as_ref());
            reasons.extend(rest.map(|text| (RunExit::Failed, text)));
            reasons.extend(self.not_looked_at().map(|text| (RunExit::Inconclusive, text)));
            match self.leak_check {
                LeakCheck::Required => {
                    reasons.extend(words::not_judged(&self.trends).map(|text| (RunExit::Inconclusive, text)));
                }
                LeakCheck::InsufficientAccepted => self.notices.extend(words::not_judged(&self.trends)),
            }
        }
        self.exit_code = reasons
            .iter()
            .map(|(exit, _)| *exit)
            .max()
            .unwrap_or(RunExit::Pass);
        self.pass = self.exit_code == RunExit::Pass;
        self.reasons = reasons.into_iter().map(|(_, text)| text).collect();
    }

    fn not_looked_at(&self) -> impl Iterator<Item = String> {
        let nothing = self
            .invariants
            .is_empty()
            .then(|| "no invariant was looked at".to_owned());
        let unchecked = self
            .invariants
            .iter()
            .filter(|tally| tally.checked == 0 && tally.not_applicable.is_none());
        nothing.into_iter().chain(unchecked.map(|tally| {
            format!(
                "{} was never looked at: {}",
                tally.invariant,
                tally.invariant.in_words()
            )
        }))
    }
}
