//! The objectives, from `baselines/slo.toml`.

use serde::{Deserialize, Serialize};

/// What is promised. Times in the units that their names say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Objectives {
    /// Days of the month that the error budget is for.
    pub(super) month_days: f64,
    /// Seconds of such a month in which the service may be bad.
    pub(super) error_budget_s: f64,
    /// The least share of requests and of jobs that succeed, 0 to 1.
    pub(super) success_at_least: f64,
    /// The most segments that may fail for good, for each submitted job.
    pub(super) dead_letter_rate_at_most: f64,
    /// From submit to the end of a job.
    pub(super) job_age_p95_s: f64,
    pub(super) standard_requests: StandardRequests,
    pub(super) first_audio: FirstAudio,
}

/// Requests that a client waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StandardRequests {
    pub(super) p95_ms: f64,
    /// Their names, as results have them.
    pub(super) steps: Vec<String>,
}

/// From submit to the first audio that can be heard.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FirstAudio {
    pub(super) p50_s: f64,
    pub(super) p95_s: f64,
}

/// Why a text is no objectives.
#[derive(Debug, thiserror::Error)]
pub(super) enum ObjectivesError {
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    #[error("{key} is {value}; legal: {legal}")]
    Value {
        key: &'static str,
        value: f64,
        legal: &'static str,
    },
    #[error("standard_requests.steps is empty: no request would be held to anything")]
    NoSteps,
}

impl Objectives {
    /// Reads a file's text.
    pub(super) fn parse(text: &str) -> Result<Self, ObjectivesError> {
        let read: Self = toml::from_str(text)?;
        let above_0 = [
            ("month_days", read.month_days),
            ("error_budget_s", read.error_budget_s),
            ("job_age_p95_s", read.job_age_p95_s),
            ("standard_requests.p95_ms", read.standard_requests.p95_ms),
            ("first_audio.p50_s", read.first_audio.p50_s),
            ("first_audio.p95_s", read.first_audio.p95_s),
        ];
        let value = |key, value, legal| Err(ObjectivesError::Value { key, value, legal });
        if let Some((key, bad)) = above_0
            .into_iter()
            .find(|(_, value)| !(*value > 0.0 && *value <= 1e9))
        {
            return value(key, bad, "above 0");
        }
        if !(read.success_at_least > 0.0 && read.success_at_least <= 1.0) {
            return value(
                "success_at_least",
                read.success_at_least,
                "a share above 0, at most 1",
            );
        }
        if !(0.0..=1.0).contains(&read.dead_letter_rate_at_most) {
            return value(
                "dead_letter_rate_at_most",
                read.dead_letter_rate_at_most,
                "from 0 to 1",
            );
        }
        if read.error_budget_s >= read.month_s() {
            return value("error_budget_s", read.error_budget_s, "less than the month has");
        }
        if read.standard_requests.steps.is_empty() {
            return Err(ObjectivesError::NoSteps);
        }
        Ok(read)
    }

    /// Seconds of the month.
    pub(super) fn month_s(&self) -> f64 {
        self.month_days * 86_400.0
    }
}

#[cfg(test)]
pub(super) mod tests {
    use rstest::rstest;

    use super::*;

    /// The committed ones.
    pub(in crate::slo) const COMMITTED: &str = include_str!("../../../baselines/slo.toml");

    #[test]
    fn the_committed_objectives_are_ours() {
        let read = Objectives::parse(COMMITTED).unwrap();
        assert_eq!(
            (
                read.standard_requests.p95_ms,
                read.first_audio.p50_s,
                read.first_audio.p95_s
            ),
            (350.0, 3.0, 8.0)
        );
        assert_eq!(
            (
                read.job_age_p95_s,
                read.success_at_least,
                read.dead_letter_rate_at_most,
                read.error_budget_s
            ),
            (120.0, 0.995, 0.0, 28_800.0)
        );
    }

    #[rstest]
    #[case::misspelt("error_budget_s", "eror_budget_s", "unknown field `eror_budget_s`")]
    #[case::missing("job_age_p95_s = 120", "", "missing field `job_age_p95_s`")]
    #[case::no_promise(
        "success_at_least = 0.995",
        "success_at_least = 0",
        "success_at_least is 0; legal: a share above 0"
    )]
    #[case::no_number(
        "job_age_p95_s = 120",
        "job_age_p95_s = nan",
        "job_age_p95_s is NaN; legal: above 0"
    )]
    #[case::no_budget("error_budget_s = 28800", "error_budget_s = 0", "error_budget_s is 0")]
    #[case::all_budget(
        "error_budget_s = 28800",
        "error_budget_s = 9000000",
        "less than the month has"
    )]
    fn what_promises_nothing_is_refused(#[case] from: &str, #[case] to: &str, #[case] says: &str) {
        let text = COMMITTED.replacen(from, to, 1);
        assert_ne!(text, COMMITTED);
        let error = Objectives::parse(&text).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
