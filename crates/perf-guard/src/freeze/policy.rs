//! The policy: which metric may lie how far from the frozen one.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::FreezeError;
use crate::unique_json;

/// What a candidate has to hold. Unknown keys are refused: a misspelt rule would hold nothing.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreezePolicy {
    /// By metric.
    pub rules: BTreeMap<String, MetricRule>,
    /// What holds for the candidate as a whole.
    #[serde(default)]
    pub gate: GateOptions,
    #[serde(default, rename = "schema_version")]
    version: Option<u64>,
}

/// The limits of one metric.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricRule {
    /// To the baseline.
    pub relative: Option<Relative>,
    /// By itself.
    pub absolute: Option<Absolute>,
}

/// Limits to the baseline, in percent of it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relative {
    /// The most that it may grow.
    pub max_pct_increase: Option<f64>,
    /// The most that it may fall.
    pub max_pct_decrease: Option<f64>,
}

/// Limits of the value itself.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absolute {
    /// Exactly this.
    pub equals: Option<f64>,
    /// At most this.
    pub max: Option<f64>,
    /// At least this.
    pub min: Option<f64>,
}

/// What holds for the candidate as a whole. Both are on unless the policy switches them off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GateOptions {
    /// Its run has to have ended with exit code 0.
    pub require_candidate_ct_exit_code_zero: bool,
    /// Every metric of a rule has to be there. Off, a rule whose metric the candidate lacks is not checked, and says so.
    pub require_all_metrics_present: bool,
}

impl Default for GateOptions {
    fn default() -> Self {
        Self {
            require_candidate_ct_exit_code_zero: true,
            require_all_metrics_present: true,
        }
    }
}

impl FreezePolicy {
    /// Reads a file's text.
    ///
    /// # Errors
    /// When it is not JSON, of a later version, has no rule, or a rule without a limit or with an impossible one.
    pub fn parse(text: &str) -> Result<Self, FreezeError> {
        let document = unique_json::parse(text)?;
        let policy: Self = serde_json::from_value(document)
            .map_err(|error| FreezeError::key("(policy)", error.to_string()))?;
        match policy.version {
            None | Some(super::FREEZE_SCHEMA_VERSION) => {}
            Some(found) => return Err(FreezeError::FutureVersion { found }),
        }
        if policy.rules.is_empty() {
            return Err(FreezeError::key("rules", "is empty: such a policy holds nothing"));
        }
        policy
            .rules
            .iter()
            .try_for_each(|(metric, rule)| rule.check(metric))?;
        Ok(policy)
    }
}

impl MetricRule {
    fn check(&self, metric: &str) -> Result<(), FreezeError> {
        let relative = self.relative.unwrap_or_default();
        let absolute = self.absolute.unwrap_or_default();
        let percents = [
            ("relative.max_pct_increase", relative.max_pct_increase),
            ("relative.max_pct_decrease", relative.max_pct_decrease),
        ];
        let values = [
            ("absolute.equals", absolute.equals),
            ("absolute.max", absolute.max),
            ("absolute.min", absolute.min),
        ];
        for (key, percent) in percents
            .iter()
            .filter_map(|(key, percent)| Some((key, (*percent)?)))
        {
            if percent < 0.0 {
                let problem = format!("is {percent}, legal is a percentage from 0");
                return Err(FreezeError::key(format!("rules.{metric}.{key}"), problem));
            }
        }
        if relative.max_pct_decrease.is_some_and(|percent| percent >= 100.0) {
            let problem = "is 100 or more, beyond which no value of a metric can fall: it would hold nothing";
            return Err(FreezeError::key(
                format!("rules.{metric}.relative.max_pct_decrease"),
                problem,
            ));
        }
        if percents.iter().chain(&values).all(|(_, limit)| limit.is_none()) {
            let problem = "has no limit, legal are relative.max_pct_increase, relative.max_pct_decrease, absolute.equals, \
                           absolute.max, absolute.min";
            return Err(FreezeError::key(format!("rules.{metric}"), problem));
        }
        match (absolute.min, absolute.max) {
            (Some(min), Some(max)) if min > max => {
                let problem = format!("min {min} is above max {max}: no value could hold it");
                Err(FreezeError::key(format!("rules.{metric}.absolute"), problem))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_policy_is_read_and_requires_everything_by_itself() {
        let policy = FreezePolicy::parse(
            r#"{"rules": {"rps": {"relative": {"max_pct_decrease": 10}}, "errors_total": {"absolute": {"equals": 0}}}}"#,
        )
        .unwrap();
        assert_eq!(policy.rules.len(), 2);
        assert!(policy.gate.require_candidate_ct_exit_code_zero && policy.gate.require_all_metrics_present);
    }

    #[rstest]
    #[case::no_rules(r#"{"rules": {}}"#, "rules: is empty")]
    #[case::no_key_of_rules(r"{}", "missing field `rules`")]
    #[case::a_misspelt_limit(
        r#"{"rules": {"rps": {"relative": {"max_pct_drop": 10}}}}"#,
        "unknown field `max_pct_drop`"
    )]
    #[case::no_limit(
        r#"{"rules": {"rps": {"relative": {}}}}"#,
        "rules.rps: has no limit, legal are"
    )]
    #[case::a_negative_percentage(
        r#"{"rules": {"rps": {"relative": {"max_pct_increase": -1}}}}"#,
        "legal is a percentage from 0"
    )]
    #[case::a_fall_below_nothing(
        r#"{"rules": {"rps": {"relative": {"max_pct_decrease": 100}}}}"#,
        "would hold nothing"
    )]
    #[case::an_empty_range(
        r#"{"rules": {"rps": {"absolute": {"min": 2, "max": 1}}}}"#,
        "no value could hold it"
    )]
    #[case::no_number(r#"{"rules": {"rps": {"absolute": {"max": "1"}}}}"#, "invalid type: string")]
    #[case::twice(r#"{"rules": {"rps": {}, "rps": {}}}"#, "stands twice")]
    #[case::the_future(
        r#"{"schema_version": 9, "rules": {"rps": {"absolute": {"max": 1}}}}"#,
        "schema_version 9 is newer"
    )]
    #[case::no_json("rules: {}", "line 1")]
    fn a_policy_that_would_hold_nothing_is_refused(#[case] text: &str, #[case] says: &str) {
        let error = FreezePolicy::parse(text).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
