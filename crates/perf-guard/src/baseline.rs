//! The baseline: what each timed test took when all was well, and where that was measured.

mod document;
mod error;
mod found;
mod own;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use error::LoadError;

use crate::{
    cache::{CacheState, TimedKey},
    environment::{Context, Environment},
    limits::{LimitOverrides, Limits},
    samples::Samples,
    stages::StageTimes,
};

/// The version of the baseline file that this code writes, and the newest that it reads.
pub const SCHEMA_VERSION: u32 = 1;

/// Where a baseline comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Commit of the working tree, where there is one.
    pub git_commit: Option<String>,
    /// Whether the tree had changes beyond that commit; unknown without a repository.
    pub git_dirty: Option<bool>,
    /// The machine.
    pub environment: Environment,
    /// Digest of all settings that change what is timed.
    pub settings_digest: String,
    /// When it was recorded.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub recorded_at: Timestamp,
    /// Repeats of each timed test.
    pub runs: u32,
}

/// What was recorded for one timed test in one cache state.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The repeats.
    pub samples: Samples,
    /// Stage medians, in milliseconds.
    pub stages: StageTimes,
    /// Limits of this test in this cache state.
    pub limits: LimitOverrides,
}

/// One timed test of a baseline.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TimedTest {
    /// Limits of this test in both cache states.
    pub limits: LimitOverrides,
    /// What was recorded, by cache state; at least one.
    pub states: BTreeMap<CacheState, Recorded>,
}

/// Which of the shapes a file had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Ours, with schema version and provenance.
    Own,
    /// `{"tests": [{"name", "timing_submit_to_complete_s"}]}`, such as a whole `golden.json`.
    Results,
    /// `{"tests": {name: seconds}}`.
    NamedTests,
    /// `{name: seconds}`.
    Flat,
}

/// A baseline, as loaded or as just built.
///
/// The three shapes found in the wild have neither provenance nor limits. They know no cache state either, so their
/// times count for cold, the state in which suites without the distinction run their texts the first time; only a
/// `tests` list whose entries say `"cache": "warm"`, as our own results do, fills the warm state.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// The shape it was read from; [`Shape::Own`] for a new one.
    pub shape: Shape,
    /// Where it comes from, if the file says so.
    pub provenance: Option<Provenance>,
    /// Limits for all tests.
    pub limits: LimitOverrides,
    /// Timed tests by name; at least one as loaded.
    pub tests: BTreeMap<String, TimedTest>,
}

impl Baseline {
    /// Reads a file's text, in our own shape or one of the three found in the wild.
    ///
    /// # Errors
    /// Everything that is not exactly one of them; the error says what is wrong, where, and what is legal.
    pub fn parse(text: &str) -> Result<Self, LoadError> {
        let document = document::parse(text)?;
        match document::shape(&document)? {
            Shape::Own => own::parse(text),
            Shape::Results => found::results(&document),
            Shape::NamedTests => found::named_tests(&document),
            Shape::Flat => found::flat(&document),
        }
    }

    /// The file's text, always in our own shape; [`Baseline::parse`] reads it back.
    ///
    /// # Errors
    /// A baseline without provenance or without a test: such a file would be refused when read.
    pub fn render(&self) -> Result<String, LoadError> {
        own::render(self)
    }

    /// What was recorded under a key.
    #[must_use]
    pub fn get(&self, key: &TimedKey) -> Option<&Recorded> {
        self.tests.get(&key.test)?.states.get(&key.cache)
    }

    /// All keys, by name and then cold before warm.
    pub fn keys(&self) -> impl Iterator<Item = TimedKey> {
        self.tests
            .iter()
            .flat_map(|(name, test)| test.states.keys().map(move |&cache| TimedKey::new(name, cache)))
    }

    /// Drops what the run will not measure on purpose (`--filter`, `--cache`), so that it does not count as extra.
    pub fn retain(&mut self, mut keep: impl FnMut(&TimedKey) -> bool) {
        for (name, test) in &mut self.tests {
            test.states.retain(|&cache, _| keep(&TimedKey::new(name, cache)));
        }
        self.tests.retain(|_, test| !test.states.is_empty());
    }

    /// The limits for a key. The strongest word counts, field by field: the flags, the test in this cache state, the
    /// test, the file, the defaults.
    #[must_use]
    pub fn limits_for(&self, key: &TimedKey, flags: LimitOverrides) -> Limits {
        let test = self.tests.get(&key.test);
        let state = test.and_then(|t| t.states.get(&key.cache));
        flags
            .or(state.map_or(LimitOverrides::NONE, |s| s.limits))
            .or(test.map_or(LimitOverrides::NONE, |t| t.limits))
            .or(self.limits)
            .or_default()
    }

    /// What a run must share with this baseline to be comparable; unknown without provenance.
    #[must_use]
    pub fn context(&self) -> Option<Context> {
        self.provenance.as_ref().map(|p| Context {
            environment: p.environment.clone(),
            settings_digest: p.settings_digest.clone(),
        })
    }
}
