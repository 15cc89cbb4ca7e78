//! How a request ended.

use serde::{Deserialize, Serialize};

/// How a request ended. Back-pressure and "not ready yet" are no errors, and no successes either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 2xx but 202, and 3xx.
    Ok,
    /// 202: not ready yet.
    Accepted,
    /// 429: back-pressure.
    RateLimited,
    /// 4xx but 429.
    Refused,
    /// 5xx.
    ServerError,
    /// No whole answer within the time-out.
    TimedOut,
    /// The connection could not be made, or broke.
    Broken,
}

impl Outcome {
    /// Every outcome, in the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Ok,
        Self::Accepted,
        Self::RateLimited,
        Self::Refused,
        Self::ServerError,
        Self::TimedOut,
        Self::Broken,
    ];

    /// Of a status code.
    #[must_use]
    pub const fn of_status(status: u16) -> Self {
        match status {
            202 => Self::Accepted,
            429 => Self::RateLimited,
            400..=499 => Self::Refused,
            500..=599 => Self::ServerError,
            _ => Self::Ok,
        }
    }

    /// Whether the request failed.
    #[must_use]
    pub const fn failed(self) -> bool {
        matches!(
            self,
            Self::Refused | Self::ServerError | Self::TimedOut | Self::Broken
        )
    }

    /// Whether the server refused, which is quick, and would make one that refuses everything look fast. What timed out or broke
    /// late is slow, and counts.
    #[must_use]
    pub const fn is_quick_refusal(self) -> bool {
        matches!(self, Self::RateLimited | Self::Refused | Self::ServerError)
    }

    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Accepted => "accepted",
            Self::RateLimited => "rate_limited",
            Self::Refused => "refused",
            Self::ServerError => "server_error",
            Self::TimedOut => "timed_out",
            Self::Broken => "broken",
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::whole(200, Outcome::Ok)]
    #[case::partial(206, Outcome::Ok)]
    #[case::not_modified(304, Outcome::Ok)]
    #[case::not_ready(202, Outcome::Accepted)]
    #[case::back_pressure(429, Outcome::RateLimited)]
    #[case::unknown(404, Outcome::Refused)]
    #[case::unavailable(503, Outcome::ServerError)]
    fn a_status_has_its_outcome(#[case] status: u16, #[case] outcome: Outcome) {
        assert_eq!(Outcome::of_status(status), outcome);
    }

    #[test]
    fn back_pressure_and_patience_are_no_failures() {
        let failed: Vec<_> = Outcome::ALL
            .into_iter()
            .filter(|outcome| outcome.failed())
            .collect();
        let failures = [
            Outcome::Refused,
            Outcome::ServerError,
            Outcome::TimedOut,
            Outcome::Broken,
        ];
        assert_eq!(failed, failures);
    }

    #[test]
    fn names_are_those_of_the_files() {
        for outcome in Outcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.name());
        }
    }
}
