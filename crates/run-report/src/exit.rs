//! Exit codes, the same everywhere.

use std::{fmt, process::ExitCode};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// How a command ends. Ordered by precedence, the strongest last: an interrupt counts more than a run that could not
/// be made, that more than a failed check, that more than too little data, and only a run with none of these passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum RunExit {
    /// 0: something was checked and all of it is well.
    Pass,
    /// 3: too little data to judge.
    Inconclusive,
    /// 1: a check failed or something regressed.
    Failed,
    /// 4: no server, an unreadable baseline, or an unusable input.
    CouldNotRun,
    /// 2: wrong usage. Nothing was run, so it meets none of the others.
    Usage,
    /// 130: interrupted.
    Interrupted,
}

impl RunExit {
    const ALL: [Self; 6] = [
        Self::Pass,
        Self::Inconclusive,
        Self::Failed,
        Self::CouldNotRun,
        Self::Usage,
        Self::Interrupted,
    ];

    /// The code for the process.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Inconclusive => 3,
            Self::CouldNotRun => 4,
            Self::Interrupted => 130,
        }
    }

    /// The strongest of several; nothing at all is inconclusive.
    #[must_use]
    pub fn strongest(exits: impl IntoIterator<Item = Self>) -> Self {
        exits.into_iter().max().unwrap_or(Self::Inconclusive)
    }

    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "passed",
            Self::Failed => "failed",
            Self::Usage => "wrong usage",
            Self::Inconclusive => "inconclusive",
            Self::CouldNotRun => "could not run",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<RunExit> for u8 {
    fn from(exit: RunExit) -> Self {
        exit.code()
    }
}

impl From<RunExit> for ExitCode {
    fn from(exit: RunExit) -> Self {
        Self::from(exit.code())
    }
}

impl TryFrom<u8> for RunExit {
    type Error = String;

    fn try_from(code: u8) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|exit| exit.code() == code);
        found.ok_or_else(|| format!("exit_code is {code}, legal is 0, 1, 2, 3, 4 or 130"))
    }
}

impl fmt::Display for RunExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl JsonSchema for RunExit {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RunExit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "enum": [0, 1, 2, 3, 4, 130],
            "description": "0 pass, 1 failed, 2 usage, 3 inconclusive, 4 could not run, 130 interrupted",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precedence_is_interrupted_could_not_run_failed_inconclusive_pass() {
        use RunExit::{CouldNotRun, Failed, Inconclusive, Interrupted, Pass};
        let by_strength = [Pass, Inconclusive, Failed, CouldNotRun, Interrupted];
        for (i, weaker) in by_strength.iter().enumerate() {
            for stronger in &by_strength[i..] {
                assert_eq!(RunExit::strongest([*stronger, *weaker]), *stronger);
            }
        }
        assert_eq!(RunExit::strongest([]), Inconclusive);
        assert_eq!(by_strength.map(RunExit::code), [0, 3, 1, 4, 130]);
    }

    #[test]
    fn json_knows_only_the_documented_codes() {
        for exit in RunExit::ALL {
            let code = serde_json::to_string(&exit).unwrap();
            assert_eq!(serde_json::from_str::<RunExit>(&code).unwrap(), exit);
        }
        assert!(serde_json::from_str::<RunExit>("5").is_err());
    }
}
