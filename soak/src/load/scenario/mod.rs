//! A load profile: how many users come and when, what they do, what has to hold, and what server that needs.

mod builtin;
#[cfg(test)]
mod elsewhere;
mod file;
mod leaks;
#[cfg(test)]
mod tests;

use std::{io, path::PathBuf, str::FromStr, time::Duration};

use audio_api::fault::{FaultRule, FlagError};
use audio_load::{Workload, WorkloadError};
use load_engine::{
    load::{Load, RampError},
    threshold::{Threshold, ThresholdError},
};

pub(super) use builtin::NAMES;
pub(super) use file::{Bounds, Needs};
pub(super) use leaks::Leaks;

/// A load profile, checked.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    /// Its name.
    pub(super) name: String,
    /// What it is for.
    pub(super) description: String,
    /// Users, or arrivals a second, at the start.
    pub(super) start: f64,
    /// How they change, as written.
    pub(super) stages: Vec<(Duration, f64)>,
    /// The load that follows.
    pub(super) load: Load,
    /// The pause of users, from the shortest to the longest.
    pub(super) think: (Duration, Duration),
    /// How long users may go on when the load is over.
    pub(super) graceful: Duration,
    /// The longest that a request may take.
    pub(super) request_timeout: Duration,
    /// The send lag (p99) beyond which the generator doubts its own figures.
    pub(super) max_send_lag: Duration,
    /// What users do.
    pub(super) workload: Workload,
    /// What has to hold at the end.
    pub(super) thresholds: Vec<Threshold>,
    /// What ends the run early when it does not hold.
    pub(super) aborts: Vec<Abort>,
    /// Parts that are told apart.
    pub(super) phases: Vec<Phase>,
    /// What the server has to be like.
    pub(super) needs: Needs,
    /// What of it is bounded beside the thresholds.
    pub(super) bounds: Bounds,
    /// What the server may grow by, where the profile asks whether it does.
    pub(super) leaks: Option<Leaks>,
    /// Faults that the server has to have.
    pub(super) faults: Vec<Fault>,
}

/// A fault rule, and the flag that it was.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    /// As it was written.
    pub(super) flag: String,
    /// What it says.
    pub(super) rule: FaultRule,
}

impl FromStr for Fault {
    type Err = FlagError;

    fn from_str(flag: &str) -> Result<Self, FlagError> {
        Ok(Self {
            rule: flag.parse()?,
            flag: flag.to_owned(),
        })
    }
}

/// What ends a run early.
#[derive(Debug, Clone)]
pub(super) struct Abort {
    /// What has to hold while it runs.
    pub(super) threshold: Threshold,
    /// From when on.
    pub(super) after: Duration,
}

/// A part of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phase {
    /// Its name.
    pub(super) name: String,
    /// When it begins.
    pub(super) from: Duration,
    /// When it ends.
    pub(super) to: Duration,
}

/// Why a profile is none.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScenarioError {
    /// Neither a name nor a file.
    #[error("there is no profile {name:?}; legal: {}, or the path of a .toml file", NAMES.join(", "))]
    Unknown {
        /// As given.
        name: String,
    },
    /// The file cannot be read.
    #[error("read profile {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It is no profile.
    #[error("profile {file}: {problem}")]
    Wrong {
        /// The file, or the name of a built-in one.
        file: String,
        /// What is wrong, with the key and what would be legal.
        problem: Problem,
    },
}

/// What is wrong in a profile.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// No TOML, or not of this shape.
    #[error("{0}")]
    Toml(String),
    /// The load.
    #[error("stages: {0}")]
    Ramp(#[from] RampError),
    /// What users do.
    #[error("workload.{0}")]
    Workload(#[from] WorkloadError),
    /// A threshold.
    #[error("{key}: {source}")]
    Threshold {
        /// Where it stands.
        key: &'static str,
        /// What is wrong.
        source: ThresholdError,
    },
    /// A value out of its range.
    #[error("{key} is {given}; legal: {legal}")]
    Value {
        /// The key.
        key: &'static str,
        /// What stands there.
        given: String,
        /// What may.
        legal: &'static str,
    },
}

impl Scenario {
    /// A built-in profile by its name, or one of a file. What looks like a path is one.
    pub(super) fn find(given: &str) -> Result<Self, ScenarioError> {
        if let Some(text) = builtin::text(given) {
            return file::parse(text).map_err(|problem| ScenarioError::Wrong {
                file: given.to_owned(),
                problem,
            });
        }
        if !given.contains('/') && !given.ends_with(".toml") {
            return Err(ScenarioError::Unknown {
                name: given.to_owned(),
            });
        }
        let path = PathBuf::from(given);
        let text = std::fs::read_to_string(&path).map_err(|source| ScenarioError::Read {
            path: path.clone(),
            source,
        })?;
        file::parse(&text).map_err(|problem| ScenarioError::Wrong {
            file: path.display().to_string(),
            problem,
        })
    }

    /// The same with its times multiplied: stages, parts, and from when on it may be ended early. Users and pauses stay.
    pub(super) fn scaled(mut self, factor: f64) -> Result<Self, ScenarioError> {
        if factor == 1.0 {
            return Ok(self);
        }
        for (lasts, _) in &mut self.stages {
            *lasts = lasts.mul_f64(factor);
        }
        for phase in &mut self.phases {
            phase.from = phase.from.mul_f64(factor);
            phase.to = phase.to.mul_f64(factor);
        }
        if let Some(warm_up) = self.leaks.as_mut().and_then(|leaks| leaks.warm_up.as_mut()) {
            warm_up.0 = warm_up.0.mul_f64(factor);
        }
        for abort in &mut self.aborts {
            abort.after = abort.after.mul_f64(factor);
        }
        let wrong = |problem: RampError| ScenarioError::Wrong {
            file: self.name.clone(),
            problem: problem.into(),
        };
        let ramp = file::ramp(self.start, &self.stages).map_err(wrong)?;
        match &mut self.load {
            Load::Closed { users, .. } => *users = ramp,
            Load::Open { rate, .. } => *rate = ramp,
        }
        Ok(self)
    }
}
