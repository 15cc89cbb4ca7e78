//! The names of what a run records: steps, checks, times of the journey's own. Fixed before the start, so that recording is an
//! index and not a search.

use serde::{Deserialize, Serialize};

/// What a step is in the totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// One request.
    Request,
    /// Several requests at once, which stand in the totals themselves.
    Composite,
}

/// One step of a journey.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Step {
    /// Its name, as in `submit`.
    pub name: String,
    /// The template of its path, as in `/v1/tts/jobs/{job_id}`.
    pub route: String,
    /// What it is.
    pub kind: StepKind,
}

/// A step of a [`Catalogue`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StepId(pub(crate) usize);

/// A check of a [`Catalogue`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CheckId(pub(crate) usize);

/// A time of the journey's own, such as from submit to ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TrendId(pub(crate) usize);

/// All that a run records by name. A name entered twice is the same one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    steps: Vec<Step>,
    checks: Vec<String>,
    trends: Vec<String>,
}

impl Catalogue {
    /// A step that is one request.
    pub fn step(&mut self, name: &str, route: &str) -> StepId {
        self.enter(name, route, StepKind::Request)
    }

    /// A step of several requests at once.
    pub fn composite(&mut self, name: &str) -> StepId {
        self.enter(name, name, StepKind::Composite)
    }

    fn enter(&mut self, name: &str, route: &str, kind: StepKind) -> StepId {
        let known = self.steps.iter().position(|step| step.name == name);
        StepId(known.unwrap_or_else(|| {
            self.steps.push(Step {
                name: name.to_owned(),
                route: route.to_owned(),
                kind,
            });
            self.steps.len() - 1
        }))
    }

    /// A check, which passes or fails.
    pub fn check(&mut self, name: &str) -> CheckId {
        CheckId(index_of(&mut self.checks, name))
    }

    /// A time of the journey's own.
    pub fn trend(&mut self, name: &str) -> TrendId {
        TrendId(index_of(&mut self.trends, name))
    }

    /// The steps.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The checks.
    #[must_use]
    pub fn checks(&self) -> &[String] {
        &self.checks
    }

    /// The times of the journey's own.
    #[must_use]
    pub fn trends(&self) -> &[String] {
        &self.trends
    }
}

fn index_of(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}
