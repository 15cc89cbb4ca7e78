//! The fixed rule: fail if time > max(baseline × multiplier, baseline + add_seconds).

use crate::{limits::Limits, seconds::Seconds};

/// Where the rule fires for one baseline, and how far above the baseline that is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// A longer time than this fails.
    pub seconds: Seconds,
    /// Threshold over baseline: the slowdown that the rule lets through. With 3 s added it is 31 for a 0.1 s test.
    pub effective_ratio: f64,
}

/// The threshold for a baseline under limits. It is never below the baseline.
#[must_use]
pub fn threshold(baseline: Seconds, limits: Limits) -> Threshold {
    let base = baseline.as_secs_f64();
    let by_factor = base * limits.multiplier.get();
    let by_addition = base + limits.add_seconds.as_secs_f64();
    // Limits near the end of f64 overflow; the longest time there is keeps the rule's meaning: it cannot fire.
    let seconds = Seconds::new(by_factor.max(by_addition).min(f64::MAX)).unwrap_or(baseline);
    // Six decimals: binary fractions would show as 3.4999999999999996.
    let ratio = (seconds.as_secs_f64() / base).min(1e300);
    Threshold {
        seconds,
        effective_ratio: (ratio * 1e6).round() / 1e6,
    }
}

impl Threshold {
    /// Whether the rule fires on this time: strictly above the threshold.
    #[must_use]
    pub fn fires_on(&self, measured: Seconds) -> bool {
        measured > self.seconds
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::limits::{AddSeconds, Multiplier};

    #[rstest]
    #[case::addition_rules_fast_tests(0.1, 1.5, 3.0, 3.1, 31.0)]
    #[case::factor_rules_slow_tests(10.0, 1.5, 3.0, 15.0, 1.5)]
    #[case::factor_alone(0.1, 1.5, 0.0, 0.15, 1.5)]
    #[case::addition_alone(2.0, 1.0, 0.5, 2.5, 1.25)]
    #[case::equal_parts(6.0, 1.5, 3.0, 9.0, 1.5)]
    fn the_threshold_is_the_greater_of_both(
        #[case] base: f64,
        #[case] multiplier: f64,
        #[case] add: f64,
        #[case] expected: f64,
        #[case] ratio: f64,
    ) {
        let limits = Limits {
            multiplier: Multiplier::new(multiplier).unwrap(),
            add_seconds: AddSeconds::new(add).unwrap(),
        };
        let got = threshold(Seconds::new(base).unwrap(), limits);
        assert!((got.seconds.as_secs_f64() - expected).abs() < 1e-12, "{got:?}");
        assert!((got.effective_ratio - ratio).abs() < 1e-9, "{got:?}");
    }

    #[test]
    fn only_a_time_above_the_threshold_fires() {
        let at = threshold(Seconds::new(10.0).unwrap(), Limits::default());
        assert!(!at.fires_on(Seconds::new(15.0).unwrap()));
        assert!(at.fires_on(Seconds::new(15.000_001).unwrap()));
    }

    #[test]
    fn limits_that_overflow_stay_finite() {
        let limits = Limits {
            multiplier: Multiplier::new(f64::MAX).unwrap(),
            ..Limits::default()
        };
        let got = threshold(Seconds::new(10.0).unwrap(), limits);
        assert!(got.seconds.as_secs_f64().is_finite() && got.effective_ratio.is_finite());
    }
}
