//! Whether a proof proves something, and its exit code. Everything here fails closed: a fault that did not fire, a cell
//! without its turn, and a proof without controls prove nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CellOutcome, FalseAlarms, ProveRule, ProveRun};
use crate::{exit::RunExit, settle::Ending};

/// Why nothing, or not everything, is proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProveReason {
    /// The exit code that it alone would give.
    pub exit_code: RunExit,
    /// One sentence.
    pub text: String,
}

impl ProveRun {
    /// Decides `pass`, `exit_code`, `verdict_reasons`, `error` and `false_alarms` from all the rest; to be called last, also
    /// for a proof that was cut short. `allowed_false_alarms` is how many controls of a rule may go red.
    pub fn settle(&mut self, ending: Ending, allowed_false_alarms: u64) {
        self.false_alarms = self.rules_of_controls();
        let mut reasons = self.of_blind_spots();
        reasons.extend(self.of_controls(allowed_false_alarms));
        reasons.extend(self.of_stale_allowances());
        reasons.extend(self.of_cells());
        self.error = None;
        let (exit_code, error) = match ending {
            Ending::Completed => (None, None),
            Ending::Interrupted => (Some(RunExit::Interrupted), Some("interrupted".to_owned())),
            Ending::CouldNotRun { error } => (Some(RunExit::CouldNotRun), Some(error)),
            Ending::TimedOut { error } => (Some(RunExit::Inconclusive), Some(error)),
        };
        if let (Some(exit_code), Some(text)) = (exit_code, error.clone()) {
            reasons.insert(0, ProveReason { exit_code, text });
        }
        self.error = error;
        self.exit_code = RunExit::strongest(
            reasons
                .iter()
                .map(|reason| reason.exit_code)
                .chain([RunExit::Pass]),
        );
        self.pass = reasons.is_empty();
        self.verdict_reasons = reasons;
    }

    /// One entry for each rule that was put to the test.
    fn rules_of_controls(&self) -> Vec<FalseAlarms> {
        let mut rules = Vec::new();
        if !self.slowdowns.is_empty() {
            rules.extend([ProveRule::Fixed, ProveRule::Statistical]);
        }
        if !self.breakages.is_empty() {
            rules.push(ProveRule::Correctness);
        }
        rules
            .into_iter()
            .map(|rule| FalseAlarms::of(rule, &self.controls))
            .collect()
    }

    fn of_blind_spots(&self) -> Vec<ProveReason> {
        let new = self.blind_spots.iter().filter(|spot| spot.allowed.is_none());
        new.map(|spot| failed(format!("a blind spot: {}", spot.in_words())))
            .collect()
    }

    fn of_controls(&self, allowed: u64) -> Vec<ProveReason> {
        let mut reasons = Vec::new();
        for alarms in &self.false_alarms {
            let rule = alarms.rule.as_str();
            if alarms.controls == 0 {
                reasons.push(inconclusive(format!(
                    "no control judged anything by the {rule} rule, so a red cell may be red for any reason"
                )));
            } else if alarms.red > allowed {
                reasons.push(failed(format!(
                    "the {rule} rule went red in {} of {} controls, without a fault; {allowed} are allowed: {}",
                    alarms.red,
                    alarms.controls,
                    self.alarms_by(alarms.rule).join("; ")
                )));
            }
        }
        reasons
    }

    fn alarms_by(&self, rule: ProveRule) -> Vec<String> {
        let all = self.controls.iter().flat_map(|control| &control.alarms);
        all.filter(|alarm| alarm.rule == rule)
            .map(|alarm| format!("{}: {}", alarm.test, alarm.reason))
            .collect()
    }

    fn of_stale_allowances(&self) -> Vec<ProveReason> {
        let failing = self.stale_allowances.iter().filter(|stale| stale.fails);
        failing
            .map(|stale| {
                failed(format!(
                    "{} is noticed, so its entry in the list of blind spots has to go",
                    stale.entry
                ))
            })
            .collect()
    }

    fn of_cells(&self) -> Vec<ProveReason> {
        let slowdowns = self.slowdowns.iter().flat_map(|of_stage| {
            of_stage.cells.iter().map(|cell| {
                (
                    format!("{}:sleep={}ms", of_stage.stage, cell.magnitude_ms),
                    cell.outcome,
                    cell.note.as_deref(),
                )
            })
        });
        let breakages = self
            .breakages
            .iter()
            .map(|cell| (cell.fault.clone(), cell.outcome, cell.note.as_deref()));
        let mut reasons = Vec::new();
        let mut judged = 0;
        for (fault, outcome, note) in slowdowns.chain(breakages) {
            let why = note.map(|note| format!(": {note}")).unwrap_or_default();
            match outcome {
                CellOutcome::Caught | CellOutcome::Missed => judged += 1,
                CellOutcome::InferredCaught | CellOutcome::InferredMissed => {}
                CellOutcome::NotFired => {
                    reasons.push(inconclusive(format!(
                        "{fault} never fired, so it was not tested{why}"
                    )));
                }
                CellOutcome::NotRun => reasons.push(inconclusive(format!("{fault} was not tested{why}"))),
            }
        }
        if judged == 0 {
            reasons.push(inconclusive("no fault was tested".to_owned()));
        }
        reasons
    }
}

fn failed(text: String) -> ProveReason {
    ProveReason {
        exit_code: RunExit::Failed,
        text,
    }
}

fn inconclusive(text: String) -> ProveReason {
    ProveReason {
        exit_code: RunExit::Inconclusive,
        text,
    }
}
