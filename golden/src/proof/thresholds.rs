//! The fixed rule of a proof: a baseline measured on the server without a fault, and the limits of the stored one.

use std::{collections::BTreeMap, time::Duration};

use perf_guard::{Samples, Seconds, TimedKey, threshold};
use run_report::{FixedRule, Metric, ProveThreshold};

use super::place::Place;
use crate::{
    cases::Nonce,
    guard::BaselineFile,
    run::Inputs,
    suite::{RunLimits, Stop},
    timed::{Run, TimedTest, key_of, run_once},
};

/// Runs of each timed test in the baseline, as many as a stored one has at least.
const RUNS: u32 = 5;
/// Runs whose median is judged, as many as a golden run's by default.
pub(super) const REPEATS: u32 = 3;
/// A run is given up this much beyond its threshold, so that its time lies above it for certain.
const BEYOND: f64 = 1.02;
/// And not before as many times its baseline: given up earlier, a slow run would count as no slower than the slowest of
/// those without the fault on a busy machine.
const BEYOND_NOISE: f64 = 4.0;

/// What each timed value is held against.
#[derive(Debug, Clone, Default)]
pub(super) struct Thresholds(BTreeMap<TimedKey, ProveThreshold>);

/// Why there is nothing to hold times against.
#[derive(Debug, thiserror::Error)]
pub(super) enum ThresholdsError {
    /// A timed test fails without a fault.
    #[error("the baseline cannot be measured: {test}: {why}")]
    Fails {
        /// The test.
        test: String,
        /// Why it fails.
        why: String,
    },
    /// A threshold that no test reaches before it gives up.
    #[error(
        "the threshold of {key} would be {threshold_s}, beyond --timeout-job of {timeout:?}: the fixed rule could never \
         fire"
    )]
    Unfireable {
        /// The timed value.
        key: TimedKey,
        /// Its threshold.
        threshold_s: Seconds,
        /// The limit.
        timeout: Duration,
    },
}

/// Measures all timed tests without a fault, after one untimed round.
///
/// # Errors
/// A test that fails, or a threshold that could not be crossed.
pub(super) async fn measure(
    place: &Place<'_>,
    inputs: &Inputs,
    (flags, timeout): (perf_guard::LimitOverrides, Duration),
) -> Result<Thresholds, ThresholdsError> {
    let ctx = place.context(timeout);
    let mut samples: BTreeMap<TimedKey, Vec<Seconds>> = BTreeMap::new();
    for round in 0..=RUNS {
        for test in &inputs.timed.tests {
            let nonce = Nonce::random();
            for &cache in &test.states {
                let run = run_once(&ctx, test, &nonce)
                    .await
                    .ended
                    .map_err(|failed| fails(test, failed.stop))?;
                if round > 0 {
                    for sample in &run.samples {
                        let key = TimedKey::new(key_of(&test.name, sample.metric), cache);
                        samples.entry(key).or_default().push(sample.seconds);
                    }
                }
            }
        }
    }
    let mut thresholds = Thresholds::default();
    for (key, samples) in samples {
        // There is one for each round.
        let Ok(samples) = Samples::new(samples) else {
            continue;
        };
        thresholds.add(key, samples.median(), &inputs.baseline, flags);
    }
    thresholds.refuse_unfireable(timeout)?;
    Ok(thresholds)
}

fn fails(test: &TimedTest, stop: Stop) -> ThresholdsError {
    let (Stop::Failed(why) | Stop::Skipped(why)) = stop;
    ThresholdsError::Fails {
        test: test.name.clone(),
        why,
    }
}

impl Thresholds {
    fn add(
        &mut self,
        key: TimedKey,
        baseline_s: Seconds,
        file: &BaselineFile,
        flags: perf_guard::LimitOverrides,
    ) {
        let stored = file.baseline.as_ref();
        let limits = stored.map_or_else(|| flags.or_default(), |baseline| baseline.limits_for(&key, flags));
        let at = threshold(baseline_s, limits);
        let entry = ProveThreshold {
            name: key.test.clone(),
            cache: key.cache,
            baseline_s: baseline_s.rounded_to_micros(),
            threshold_s: at.seconds.rounded_to_micros(),
            effective_ratio: at.effective_ratio,
            limits,
        };
        self.0.insert(key, entry);
    }

    fn refuse_unfireable(&self, timeout: Duration) -> Result<(), ThresholdsError> {
        let beyond = |entry: &&ProveThreshold| entry.threshold_s >= Seconds::from_measured(timeout);
        match self.0.values().find(beyond) {
            None => Ok(()),
            Some(entry) => Err(ThresholdsError::Unfireable {
                key: TimedKey::new(&*entry.name, entry.cache),
                threshold_s: entry.threshold_s,
                timeout,
            }),
        }
    }

    /// What a value is held against; `None` where it was not measured.
    pub(super) fn of(&self, key: &TimedKey) -> Option<&ProveThreshold> {
        self.0.get(key)
    }

    /// The median of the slowest timed value without a fault.
    pub(super) fn slowest(&self) -> Duration {
        let slowest = self.0.values().map(|entry| entry.baseline_s.as_secs_f64());
        Duration::from_secs_f64(slowest.fold(0.0, f64::max))
    }

    /// Beyond which time a run under a fault tells no more.
    pub(super) fn limits(&self) -> RunLimits {
        let mut limits = RunLimits::default();
        for entry in self.0.values() {
            let beyond_threshold = entry.threshold_s.as_secs_f64().mul_add(BEYOND, 1e-3);
            let beyond_noise = entry.baseline_s.as_secs_f64() * BEYOND_NOISE;
            limits.allow(
                &entry.name,
                Duration::from_secs_f64(beyond_threshold.max(beyond_noise)),
            );
        }
        limits
    }

    /// What stands in the result.
    pub(super) fn into_rule(self, file: &BaselineFile) -> FixedRule {
        FixedRule {
            repeats: REPEATS,
            baseline_runs: RUNS,
            limits_from: file.baseline.as_ref().map(|_| file.path.display().to_string()),
            thresholds: self.0.into_values().collect(),
        }
    }
}

/// A run's time of one metric.
pub(super) fn time_of(run: &Run, metric: Metric) -> Option<Seconds> {
    let sample = run.samples.iter().find(|sample| sample.metric == metric)?;
    Some(sample.seconds)
}
