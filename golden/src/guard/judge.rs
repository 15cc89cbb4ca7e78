//! Times held against the baseline.

use std::{collections::BTreeMap, time::Duration};

use perf_guard::{
    Baseline, CheckError, Context, LimitOverrides, Measurement, Policy, Seconds, TimedCase, TimedKey, check,
    threshold,
};
use run_report::PerfReport;

use crate::timed::{TimedPlan, metric_of};

/// Refuses thresholds that no test can reach before it gives up.
///
/// # Errors
/// The first such test.
pub fn refuse_unfireable(
    plan: &TimedPlan,
    baseline: Option<&Baseline>,
    flags: LimitOverrides,
    timeout: Duration,
) -> Result<(), CheckError> {
    let timeout = Seconds::from_measured(timeout);
    let cases: Vec<TimedCase> = plan.keys().map(|key| TimedCase { key, timeout }).collect();
    perf_guard::refuse_unfireable(&cases, baseline, flags)
}

/// What the guard says of a run.
///
/// # Errors
/// Two measurements of one key, or a guard that cannot fire.
pub fn judge(
    measured: &[Measurement],
    baseline: Option<&Baseline>,
    context: &Context,
    policy: &Policy,
) -> Result<PerfReport, CheckError> {
    Ok(PerfReport::new(
        check(measured, baseline, context, policy)?,
        metric_of,
    ))
}

/// The threshold of each key of a baseline.
#[must_use]
pub fn thresholds(baseline: &Baseline, flags: LimitOverrides) -> BTreeMap<TimedKey, Seconds> {
    let of = |key: TimedKey| {
        let median = baseline.get(&key)?.samples.median();
        Some((
            key.clone(),
            threshold(median, baseline.limits_for(&key, flags)).seconds,
        ))
    };
    baseline.keys().filter_map(of).collect()
}
