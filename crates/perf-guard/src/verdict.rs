//! Verdicts, ordered worst last, so that the verdict of many is their maximum.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the guard says of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Something was checked and nothing was found.
    Pass,
    /// Too little to judge by, such as nothing checked at all.
    Inconclusive,
    /// A threshold was passed, or the policy is strict and the baseline does not fit the run.
    Failed,
}

impl Verdict {
    /// The worst of several; nothing at all has not passed.
    #[must_use]
    pub fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().max().unwrap_or(Self::Inconclusive)
    }

    /// As it stands in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_wins_and_an_empty_run_has_not_passed() {
        use Verdict::{Failed, Inconclusive, Pass};
        assert_eq!(Verdict::worst([]), Inconclusive);
        assert_eq!(Verdict::worst([Pass, Pass]), Pass);
        assert_eq!(Verdict::worst([Pass, Inconclusive]), Inconclusive);
        assert_eq!(Verdict::worst([Failed, Inconclusive, Pass]), Failed);
    }
}
