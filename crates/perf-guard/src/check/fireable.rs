//! A guard that can never fire is a configuration error, found before anything is timed.

use std::collections::BTreeSet;

use crate::{
    baseline::Baseline, cache::TimedKey, limits::LimitOverrides, measurement::Measurement, rule::threshold,
    seconds::Seconds,
};

/// A timed test that is going to run, with the time at which the test itself gives up.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedCase {
    /// Which test and which cache state.
    pub key: TimedKey,
    /// When the test itself gives up.
    pub timeout: Seconds,
}

impl From<&Measurement> for TimedCase {
    fn from(measurement: &Measurement) -> Self {
        Self {
            key: measurement.key.clone(),
            timeout: measurement.timeout,
        }
    }
}

/// Why the guard refuses to judge.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CheckError {
    /// Two measurements of one test in one cache state.
    #[error("{key} was measured twice, legal is each timed test once in each cache state")]
    Duplicate {
        /// The key that came twice.
        key: TimedKey,
    },
    /// The test ends before its threshold is reached, so it can never be found too slow.
    #[error(
        "{key}: a guard that cannot fire: its threshold {threshold} (baseline {baseline}, effective ratio {ratio:.1}) \
         is not below the test's own timeout {timeout}; \
         legal is a threshold below the timeout: lower multiplier or add_seconds, or raise the timeout"
    )]
    CannotFire {
        /// The key.
        key: TimedKey,
        /// Its baseline.
        baseline: Seconds,
        /// Its threshold.
        threshold: Seconds,
        /// Threshold over baseline.
        ratio: f64,
        /// Its timeout.
        timeout: Seconds,
    },
}

/// Refuses two cases of one key, and a threshold at or beyond the test's own timeout. Cases that the baseline does not
/// have are fine here.
///
/// # Errors
/// The first such case by name.
pub fn refuse_unfireable(
    cases: &[TimedCase],
    baseline: Option<&Baseline>,
    flags: LimitOverrides,
) -> Result<(), CheckError> {
    let mut seen = BTreeSet::new();
    let mut sorted: Vec<&TimedCase> = cases.iter().collect();
    sorted.sort_by(|a, b| a.key.cmp(&b.key));
    for case in sorted {
        if !seen.insert(&case.key) {
            return Err(CheckError::Duplicate {
                key: case.key.clone(),
            });
        }
        if let Some((file, recorded)) = baseline.and_then(|b| Some((b, b.get(&case.key)?))) {
            let baseline = recorded.samples.median();
            let at = threshold(baseline, file.limits_for(&case.key, flags));
            if at.seconds >= case.timeout {
                return Err(CheckError::CannotFire {
                    key: case.key.clone(),
                    baseline,
                    threshold: at.seconds,
                    ratio: at.effective_ratio,
                    timeout: case.timeout,
                });
            }
        }
    }
    Ok(())
}
