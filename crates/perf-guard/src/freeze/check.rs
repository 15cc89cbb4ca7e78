//! A candidate held against the frozen baseline by the policy.

use std::fmt;

use serde::Serialize;

use super::{FreezeError, FreezePolicy, FrozenRun, MetricRule};
use crate::environment::Difference;

/// One limit of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// See [`super::Relative`]; in percent.
    MaxPctIncrease(f64),
    /// Likewise.
    MaxPctDecrease(f64),
    /// See [`super::Absolute`].
    Equals(f64),
    /// Likewise.
    Max(f64),
    /// Likewise.
    Min(f64),
}

/// What became of one limit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FreezeRow {
    /// The metric.
    pub metric: String,
    /// Its limit.
    pub limit: Limit,
    /// The frozen value, where the limit is relative to it.
    pub baseline: Option<f64>,
    /// The candidate's value; `None` when it has none and the policy lets that pass.
    pub candidate: Option<f64>,
    /// Whether the limit holds; `None` when it was not checked.
    pub holds: Option<bool>,
}

/// A candidate held against the frozen baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FreezeReport {
    /// Every limit of every rule, in the order of metrics.
    pub rows: Vec<FreezeRow>,
    /// The exit code of the candidate's run, where the policy requires that it is 0.
    pub required_exit_code: Option<i64>,
    /// Points in which the environments differ.
    pub differences: Vec<Difference>,
}

impl FreezeReport {
    /// Whether every limit that was checked holds and the run ended well.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.rows.iter().all(|row| row.holds != Some(false)) && self.required_exit_code.unwrap_or(0) == 0
    }

    /// The limits that do not hold, all of them.
    pub fn failures(&self) -> impl Iterator<Item = &FreezeRow> {
        self.rows.iter().filter(|row| row.holds == Some(false))
    }
}

/// Holds a candidate against the baseline.
///
/// # Errors
/// When a metric of a rule is missing (in the candidate, unless the policy lets that pass; in the baseline under a relative
/// rule), when the baseline of a relative rule is not above zero, when the exit code is required and absent, or when not one
/// limit could be checked. The error names the key, and which of the files.
pub fn check_freeze(
    baseline: &FrozenRun,
    candidate: &FrozenRun,
    policy: &FreezePolicy,
) -> Result<FreezeReport, (File, FreezeError)> {
    let mut rows = Vec::new();
    for (metric, rule) in &policy.rules {
        let value = candidate.metrics.get(metric).copied();
        if value.is_none() && policy.gate.require_all_metrics_present {
            return Err((File::Candidate, missing(metric)));
        }
        for limit in rule.limits() {
            rows.push(row(baseline, (metric, limit), value)?);
        }
    }
    if rows.iter().all(|row| row.holds.is_none()) {
        let problem = "holds none of the metrics of the policy's rules";
        return Err((File::Candidate, FreezeError::key("metrics", problem)));
    }
    let required_exit_code = if policy.gate.require_candidate_ct_exit_code_zero {
        let absent = || {
            (
                File::Candidate,
                FreezeError::key("run.ct_exit_code", "is missing and the policy requires it"),
            )
        };
        Some(candidate.ct_exit_code.ok_or_else(absent)?)
    } else {
        None
    };
    Ok(FreezeReport {
        rows,
        required_exit_code,
        differences: differences(baseline, candidate),
    })
}

/// Which of the two files an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// The frozen one.
    Baseline,
    /// The one that is checked.
    Candidate,
}

fn missing(metric: &str) -> FreezeError {
    FreezeError::key(
        format!("metrics.{metric}"),
        "is missing and a rule of the policy is about it",
    )
}

fn row(
    baseline: &FrozenRun,
    (metric, limit): (&str, Limit),
    candidate: Option<f64>,
) -> Result<FreezeRow, (File, FreezeError)> {
    let frozen = if limit.is_relative() {
        Some(relative_to(baseline, metric).map_err(|error| (File::Baseline, error))?)
    } else {
        None
    };
    Ok(FreezeRow {
        metric: metric.to_owned(),
        limit,
        baseline: frozen,
        candidate,
        holds: candidate.map(|value| limit.holds(frozen.unwrap_or_default(), value)),
    })
}

fn relative_to(baseline: &FrozenRun, metric: &str) -> Result<f64, FreezeError> {
    let value = baseline
        .metrics
        .get(metric)
        .copied()
        .ok_or_else(|| missing(metric))?;
    if value > 0.0 {
        return Ok(value);
    }
    let problem = format!(
        "is {value}, and a relative rule needs a baseline above 0; freeze another value or use an absolute rule"
    );
    Err(FreezeError::key(format!("metrics.{metric}"), problem))
}

/// Keys of `env` that are told and never compared: two runs of one machine and one build differ in them.
pub const TOLD_ENV: [&str; 3] = ["load_before", "load_after", "tree"];

/// On the keys that stand in both.
fn differences(baseline: &FrozenRun, candidate: &FrozenRun) -> Vec<Difference> {
    let both = baseline
        .env
        .iter()
        .filter(|(key, _)| !TOLD_ENV.contains(&key.as_str()))
        .filter_map(|(key, value)| Some((key, value, candidate.env.get(key)?)));
    both.filter(|(_, frozen, current)| frozen != current)
        .map(|(key, frozen, current)| Difference {
            field: format!("env.{key}"),
            baseline: frozen.clone(),
            current: current.clone(),
        })
        .collect()
}

impl MetricRule {
    fn limits(&self) -> impl Iterator<Item = Limit> {
        let (relative, absolute) = (
            self.relative.unwrap_or_default(),
            self.absolute.unwrap_or_default(),
        );
        let limits = [
            relative.max_pct_increase.map(Limit::MaxPctIncrease),
            relative.max_pct_decrease.map(Limit::MaxPctDecrease),
            absolute.equals.map(Limit::Equals),
            absolute.max.map(Limit::Max),
            absolute.min.map(Limit::Min),
        ];
        limits.into_iter().flatten()
    }
}

impl Limit {
    /// Whether it is about the distance to the baseline.
    #[must_use]
    pub const fn is_relative(self) -> bool {
        matches!(self, Self::MaxPctIncrease(_) | Self::MaxPctDecrease(_))
    }

    /// The limit itself is allowed. `100 × 1.15` is not 115 in binary, so both sides of a percentage are compared to within the
    /// rounding of the product.
    #[expect(clippy::float_cmp, reason = "`equals` means equal: it is for counts")]
    fn holds(self, baseline: f64, value: f64) -> bool {
        let slack = baseline * 1e-12;
        match self {
            Self::MaxPctIncrease(percent) => value <= baseline * (1.0 + percent / 100.0) + slack,
            Self::MaxPctDecrease(percent) => value >= baseline * (1.0 - percent / 100.0) - slack,
            Self::Equals(wanted) => value == wanted,
            Self::Max(most) => value <= most,
            Self::Min(least) => value >= least,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MaxPctIncrease(percent) => write!(f, "at most +{percent} %"),
            Self::MaxPctDecrease(percent) => write!(f, "at most -{percent} %"),
            Self::Equals(value) => write!(f, "equals {value}"),
            Self::Max(value) => write!(f, "at most {value}"),
            Self::Min(value) => write!(f, "at least {value}"),
        }
    }
}

impl fmt::Display for FreezeRow {
    /// As in `latency_p95_ms: 130 against 100 is +30.0 %, at most +15 %`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.metric)?;
        match (self.candidate, self.baseline) {
            (None, _) => write!(f, "not in the candidate, not checked"),
            (Some(value), None) => write!(f, "{value}, {}", self.limit),
            (Some(value), Some(frozen)) => {
                let change = (value / frozen - 1.0) * 100.0;
                write!(f, "{value} against {frozen} is {change:+.1} %, {}", self.limit)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
    const POLICY: &str = r#"{"rules": {
        "latency_p95_ms": {"relative": {"max_pct_increase": 15}},
        "rps": {"relative": {"max_pct_decrease": 10}},
        "errors_total": {"absolute": {"equals": 0}}
    }}"#;

    fn run(metrics: &[(&str, f64)]) -> FrozenRun {
        let metrics: std::collections::BTreeMap<_, _> = metrics.iter().copied().collect();
        let text = serde_json::json!({
            "schema_version": 1, "timestamp": "2026-01-31T12:00:00Z", "git": {"commit": COMMIT},
            "env": {"cpus": 2, "kernel": "6.1"}, "run": {"ct_exit_code": 0}, "metrics": metrics,
        });
        FrozenRun::parse(&text.to_string()).unwrap().run
    }

    fn frozen() -> FrozenRun {
        run(&[("latency_p95_ms", 100.0), ("rps", 200.0), ("errors_total", 0.0)])
    }

    fn policy() -> FreezePolicy {
        FreezePolicy::parse(POLICY).unwrap()
    }

    #[rstest]
    #[case::unchanged(100.0, 200.0, 0.0, &[])]
    #[case::at_the_limits(115.0, 180.0, 0.0, &[])]
    #[case::better(10.0, 2000.0, 0.0, &[])]
    #[case::slower(115.01, 200.0, 0.0, &["latency_p95_ms"])]
    #[case::fewer(100.0, 179.9, 0.0, &["rps"])]
    #[case::an_error(100.0, 200.0, 1.0, &["errors_total"])]
    #[case::everything_at_once(200.0, 20.0, 7.0, &["errors_total", "latency_p95_ms", "rps"])]
    fn every_failing_rule_is_reported(
        #[case] p95: f64,
        #[case] rps: f64,
        #[case] errors: f64,
        #[case] failing: &[&str],
    ) {
        let candidate = run(&[("latency_p95_ms", p95), ("rps", rps), ("errors_total", errors)]);
        let report = check_freeze(&frozen(), &candidate, &policy()).unwrap();
        let failed: Vec<_> = report.failures().map(|row| row.metric.as_str()).collect();
        assert_eq!(failed, failing);
        assert_eq!(report.passes(), failing.is_empty());
    }

    #[test]
    fn a_missing_metric_is_refused_and_never_zero() {
        let lacking = run(&[("latency_p95_ms", 100.0), ("rps", 200.0)]);
        let (file, error) = check_freeze(&frozen(), &lacking, &policy()).unwrap_err();
        assert_eq!(file, File::Candidate);
        assert!(error.to_string().starts_with("metrics.errors_total: is missing"));
        let (file, error) = check_freeze(&run(&[("rps", 1.0)]), &frozen(), &policy()).unwrap_err();
        assert_eq!(
            (file, error.to_string().contains("metrics.latency_p95_ms")),
            (File::Baseline, true)
        );
    }

    #[test]
    fn what_may_be_missing_is_not_checked_and_all_of_it_is_too_much() {
        let text = POLICY.replacen(
            "{\"rules\"",
            "{\"gate\": {\"require_all_metrics_present\": false}, \"rules\"",
            1,
        );
        let policy = FreezePolicy::parse(&text).unwrap();
        let report = check_freeze(&frozen(), &run(&[("rps", 200.0)]), &policy).unwrap();
        assert!(report.passes());
        assert_eq!(report.rows.iter().filter(|row| row.holds.is_none()).count(), 2);
        assert!(check_freeze(&frozen(), &run(&[("other", 1.0)]), &policy).is_err());
    }

    #[rstest]
    #[case::zero(0.0)]
    #[case::negative(-1.0)]
    fn a_relative_rule_needs_something_to_be_relative_to(#[case] value: f64) {
        let baseline = run(&[("latency_p95_ms", value), ("rps", 200.0), ("errors_total", 0.0)]);
        let (file, error) = check_freeze(&baseline, &frozen(), &policy()).unwrap_err();
        assert_eq!(file, File::Baseline);
        assert!(error.to_string().contains("needs a baseline above 0"), "{error}");
    }

    #[test]
    fn a_run_that_failed_fails_and_one_that_does_not_say_is_refused() {
        let mut candidate = frozen();
        candidate.ct_exit_code = Some(1);
        assert!(!check_freeze(&frozen(), &candidate, &policy()).unwrap().passes());
        candidate.ct_exit_code = None;
        assert!(check_freeze(&frozen(), &candidate, &policy()).is_err());
        let text = POLICY.replacen(
            "{\"rules\"",
            "{\"gate\": {\"require_candidate_ct_exit_code_zero\": false}, \"rules\"",
            1,
        );
        let lenient = FreezePolicy::parse(&text).unwrap();
        assert!(check_freeze(&frozen(), &candidate, &lenient).unwrap().passes());
    }

    #[test]
    fn environments_are_compared_on_the_keys_that_both_have() {
        let mut candidate = frozen();
        candidate.env.insert("cpus".into(), "64".into());
        candidate.env.insert("rustc".into(), "1.95.0".into());
        candidate.env.remove("kernel");
        let mut frozen = frozen();
        for (run, load) in [(&mut frozen, "0.10"), (&mut candidate, "0.90")] {
            run.env.insert("load_before".into(), load.into());
        }
        let report = check_freeze(&frozen, &candidate, &policy()).unwrap();
        let told: Vec<_> = report.differences.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["env.cpus: baseline 2, this run 64"]);
    }

    #[test]
    fn a_failure_is_told_in_one_line() {
        let candidate = run(&[("latency_p95_ms", 130.0), ("rps", 200.0), ("errors_total", 2.0)]);
        let report = check_freeze(&frozen(), &candidate, &policy()).unwrap();
        let told: Vec<_> = report.failures().map(ToString::to_string).collect();
        let expected = [
            "errors_total: 2, equals 0",
            "latency_p95_ms: 130 against 100 is +30.0 %, at most +15 %",
        ];
        assert_eq!(told, expected);
    }

    proptest! {
        #[test]
        fn a_worse_candidate_never_turns_a_failure_into_a_pass(
            p95 in 1.0..1e4_f64, rps in 1.0..1e4_f64, errors in 0_u8..3, worse in 1.0..10.0_f64,
        ) {
            let passes = |p95, rps| {
                let candidate = run(&[("latency_p95_ms", p95), ("rps", rps), ("errors_total", f64::from(errors))]);
                check_freeze(&frozen(), &candidate, &policy()).unwrap().passes()
            };
            prop_assert!(passes(p95, rps) || !passes(p95 * worse, rps / worse));
        }
    }
}
