//! Whether a comparison passed, and its exit code. What is missing has not passed.

use perf_guard::{Verdict, comparison::PairedVerdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CompareRun, words};
use crate::{
    Arm, RunExit,
    settle::{Ending, Quiescence, at_rest},
};

/// What a reason is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompareReasonKind {
    /// The comparison did not come to its end.
    Ending,
    /// Tests regressed.
    Regressed,
    /// An arm did not come to rest.
    NotAtRest,
    /// Tests have too little data, or there is no test.
    Insufficient,
}

/// One reason why a comparison did not pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareReason {
    /// What it is about.
    pub kind: CompareReasonKind,
    /// The exit code that it alone would give.
    pub exit_code: RunExit,
    /// In words.
    pub text: String,
}

impl CompareRun {
    /// Decides `pass`, `verdict`, `exit_code`, `verdict_reasons` and `error` from all the rest; to be called last, also for
    /// a comparison that was cut short. `rests` says how each arm had to come to rest, base first. The exit code is
    /// the strongest that applies: 130 interrupted, 4 could not run, 1 regressed or not at rest, 3 insufficient, 0 pass.
    pub fn settle(&mut self, ending: Ending, rests: [&Quiescence; 2]) {
        self.verdict = Verdict::worst(self.tests.iter().map(|test| match test.verdict {
            PairedVerdict::Regressed => Verdict::Failed,
            PairedVerdict::Insufficient => Verdict::Inconclusive,
            PairedVerdict::Improved | PairedVerdict::NotShown => Verdict::Pass,
        }));
        let mut reasons: Vec<CompareReason> = of_ending(&ending).into_iter().collect();
        reasons.extend(self.of_regressed());
        let cut_short = matches!(ending, Ending::CouldNotRun { .. } | Ending::Interrupted);
        if !cut_short {
            // What is merely missing follows from the ending and would only bury it.
            let of_arm = |(arm, rest): (Arm, &Quiescence)| {
                at_rest(rest, self.arm(arm).status_end.as_ref()).map(|text| CompareReason {
                    kind: CompareReasonKind::NotAtRest,
                    exit_code: RunExit::Failed,
                    text: format!("{arm}: {text}"),
                })
            };
            reasons.extend(Arm::ALL.into_iter().zip(rests).filter_map(of_arm));
            reasons.extend(self.of_insufficient());
        }
        self.error = match ending {
            Ending::CouldNotRun { error } | Ending::TimedOut { error } => Some(error),
            Ending::Interrupted => Some("interrupted".to_owned()),
            Ending::Completed => None,
        };
        self.exit_code = reasons
            .iter()
            .map(|reason| reason.exit_code)
            .max()
            .unwrap_or(RunExit::Pass);
        self.pass = self.exit_code == RunExit::Pass;
        self.verdict_reasons = reasons;
    }

    fn of_regressed(&self) -> Option<CompareReason> {
        let names = self.labels_of(PairedVerdict::Regressed);
        (!names.is_empty()).then(|| CompareReason {
            kind: CompareReasonKind::Regressed,
            exit_code: RunExit::Failed,
            text: format!("regressed: {}", names.join(", ")),
        })
    }

    fn of_insufficient(&self) -> Option<CompareReason> {
        let names = self.labels_of(PairedVerdict::Insufficient);
        let text = match names.as_slice() {
            [] if self.tests.is_empty() => "nothing was compared".to_owned(),
            [] => return None,
            names => format!(
                "too little data: {}; {}",
                names.join(", "),
                words::floor(&self.plan)
            ),
        };
        Some(CompareReason {
            kind: CompareReasonKind::Insufficient,
            exit_code: RunExit::Inconclusive,
            text,
        })
    }

    fn labels_of(&self, verdict: PairedVerdict) -> Vec<String> {
        let tests = self.tests.iter().filter(|test| test.verdict == verdict);
        tests.map(super::ComparedTest::label).collect()
    }
}

/// A comparison that ran out of time has shown nothing about the rest: that is too little data, not a regression.
fn of_ending(ending: &Ending) -> Option<CompareReason> {
    let (exit_code, text) = match ending {
        Ending::Completed => return None,
        Ending::CouldNotRun { error } => (RunExit::CouldNotRun, format!("could not run: {error}")),
        Ending::TimedOut { error } => (RunExit::Inconclusive, error.clone()),
        Ending::Interrupted => (RunExit::Interrupted, "interrupted".to_owned()),
    };
    Some(CompareReason {
        kind: CompareReasonKind::Ending,
        exit_code,
        text,
    })
}
