//! Whether a load run passed. What was not held against anything has not passed.

use super::{LoadReason, LoadReasonKind as Kind, LoadResult};
use crate::{Ending, RunExit};

impl LoadResult {
    /// Decides `pass`, `exit_code`, `reasons` and `error` from all the rest; to be called last, also for a run that was cut short.
    ///
    /// A generator that doubts its own figures judges no time and no share: its broken thresholds may be its own doing, so they
    /// do not count, and the run is inconclusive. What the server itself says, the invariants, counts all the same.
    pub fn settle(&mut self, ending: Ending) {
        let mut reasons: Vec<LoadReason> = ended(&ending).into_iter().collect();
        let is_whole = matches!(ending, Ending::Completed | Ending::TimedOut { .. });
        self.error = match ending {
            Ending::Completed => None,
            Ending::CouldNotRun { error } | Ending::TimedOut { error } => Some(error),
            Ending::Interrupted => Some("interrupted".to_owned()),
        };
        let doubts = self.generator.as_ref().map_or(&[][..], |own| &own.doubts);
        if is_whole {
            reasons.extend(doubts.iter().map(|doubt| LoadReason {
                kind: Kind::Doubt,
                exit_code: RunExit::Inconclusive,
                text: doubt.clone(),
            }));
            if doubts.is_empty() {
                reasons.extend(self.broken());
            }
            if self.thresholds.is_empty() || self.invariants.is_empty() {
                reasons.push(LoadReason {
                    kind: Kind::Nothing,
                    exit_code: RunExit::Inconclusive,
                    text: "nothing was held against anything".to_owned(),
                });
            }
        }
        if let Some(leaks) = &self.leaks {
            reasons.extend(leaks.grown());
            if is_whole {
                let (open, accepted) = leaks.open();
                reasons.extend(open);
                self.notices.extend(accepted);
            }
        }
        // An interrupted run is judged by what it left behind too.
        let broken = self.invariants.iter().filter(|invariant| !invariant.pass);
        reasons.extend(broken.map(|invariant| {
            failed(
                Kind::Invariant,
                format!("{}: {}", invariant.name, invariant.detail),
            )
        }));
        let exits = reasons.iter().map(|reason| reason.exit_code);
        self.exit_code = exits.max().unwrap_or(RunExit::Pass);
        self.pass = self.exit_code == RunExit::Pass;
        self.reasons = reasons;
    }

    fn broken(&self) -> impl Iterator<Item = LoadReason> {
        let thresholds = self.thresholds.iter().filter(|threshold| !threshold.pass);
        let thresholds =
            thresholds.map(|one| failed(Kind::Threshold, format!("{}: {}", one.threshold, one.shown)));
        let endpoints = self.endpoints.iter().filter(|endpoint| !endpoint.pass);
        let endpoints = endpoints.map(|one| failed(Kind::Endpoint, format!("{}: {}", one.endpoint, one.why)));
        thresholds.chain(endpoints)
    }
}

fn failed(kind: Kind, text: String) -> LoadReason {
    LoadReason {
        kind,
        exit_code: RunExit::Failed,
        text,
    }
}

fn ended(ending: &Ending) -> Option<LoadReason> {
    let (exit_code, text) = match ending {
        Ending::Completed => return None,
        Ending::CouldNotRun { error } => (RunExit::CouldNotRun, format!("could not run: {error}")),
        Ending::TimedOut { error } => (RunExit::Failed, error.clone()),
        Ending::Interrupted => (RunExit::Interrupted, "interrupted".to_owned()),
    };
    Some(LoadReason {
        kind: Kind::Ending,
        exit_code,
        text,
    })
}
