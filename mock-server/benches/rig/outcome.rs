//! How a bench ends: with everything reached, with something missed, or with something that could not be measured.

use std::{fmt, process::ExitCode};

/// Why a part was not measured.
#[derive(Debug)]
pub(crate) struct Unmeasured(pub(crate) String);

impl Unmeasured {
    /// A program is missing that a package has.
    pub(crate) fn tool(name: &str, package: &str) -> Self {
        Self(format!("needs {name} (apt-get install {package})"))
    }
}

impl fmt::Display for Unmeasured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not measured: {}", self.0)
    }
}

impl<E: std::error::Error> From<E> for Unmeasured {
    fn from(error: E) -> Self {
        let mut why = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            why.push_str(": ");
            why.push_str(&error.to_string());
            cause = error.source();
        }
        Self(why)
    }
}

/// What came of a bench's demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// All of them were met.
    Reached,
    /// One was measured and not met.
    Missed,
    /// One could not be looked into.
    Unmeasured,
}

impl Outcome {
    /// Of one demand.
    pub(crate) fn of(met: bool) -> Self {
        if met { Self::Reached } else { Self::Missed }
    }

    /// Of several; none at all is not a success.
    pub(crate) fn worst(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().max().unwrap_or(Self::Unmeasured)
    }

    /// A word for a table.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::Missed => "MISSED",
            Self::Unmeasured => "not measured",
        }
    }
}

impl From<Outcome> for ExitCode {
    /// As everywhere: 1 when something is too slow or too large, 4 when something could not be measured.
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Reached => Self::SUCCESS,
            Outcome::Missed => Self::from(1),
            Outcome::Unmeasured => Self::from(4),
        }
    }
}
