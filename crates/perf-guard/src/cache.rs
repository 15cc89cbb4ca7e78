//! Cold or warm: whether a cache could have helped the timed work.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::seconds::ValueError;

/// The state of the server's cache in which a test was timed. The two are never compared with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CacheState {
    /// The text is new to the server: nothing of it is cached.
    Cold,
    /// The text was synthesised before.
    Warm,
}

impl CacheState {
    /// Both states, cold first.
    pub const ALL: [Self; 2] = [Self::Cold, Self::Warm];

    /// As it stands in files and flags.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
        }
    }
}

impl fmt::Display for CacheState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for CacheState {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| ValueError::new("cache", text, "cold or warm"))
    }
}

/// What the guard keys everything by: the name of a timed test and a cache state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimedKey {
    /// Name of the timed test, for further metrics of a test `TEST.METRIC`, as in `multi_segment.first_ready`.
    pub test: String,
    /// The cache state.
    pub cache: CacheState,
}

impl TimedKey {
    /// A key.
    #[must_use]
    pub fn new(test: impl Into<String>, cache: CacheState) -> Self {
        Self {
            test: test.into(),
            cache,
        }
    }
}

impl fmt::Display for TimedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.test, self.cache)
    }
}
