//! By how much head is slower: the Hodges-Lehmann estimate and its exact interval (Hodges and Lehmann 1963).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rank_sum::RankSumTails;

/// Head's time over base's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ratio {
    /// The estimate: 1.2 for 20 % slower.
    pub estimate: f64,
    /// The interval; nothing where even the widest has not the wanted coverage, because the runs are too few.
    pub interval: Option<Interval>,
}

/// An interval of ratios with at least the coverage asked for, for one test alone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The coverage asked for.
    pub confidence: f64,
}

impl Ratio {
    /// Rounded as files have it: more than six digits after the point are noise.
    #[must_use]
    pub fn rounded(self) -> Self {
        Self {
            estimate: rounded(self.estimate),
            interval: self.interval.map(|interval| Interval {
                low: rounded(interval.low),
                high: rounded(interval.high),
                confidence: interval.confidence,
            }),
        }
    }
}

/// A ratio rounded to six digits after the point.
#[must_use]
pub fn rounded(ratio: f64) -> f64 {
    (ratio * 1e6).round() / 1e6
}

/// From logarithms of times; nothing when an arm is empty.
///
/// The estimate is the median of all differences between a value of head and one of base. The interval runs from the
/// k-th smallest to the k-th greatest of them, with the greatest k for which `P(U <= k - 1) <= (1 - confidence) / 2`.
/// Ties make the coverage greater than asked for, never smaller.
pub(super) fn ratio(tails: &mut RankSumTails, base: &[f64], head: &[f64], confidence: f64) -> Option<Ratio> {
    let mut differences: Vec<f64> = base
        .iter()
        .flat_map(|b| head.iter().map(move |h| h - b))
        .collect();
    differences.sort_by(f64::total_cmp);
    let estimate = crate::samples::median(&differences)?.exp();
    let outside = (1.0 - confidence) / 2.0;
    let tail = tails.untied(base.len(), head.len());
    let count = differences.len();
    // By symmetry P(U <= k - 1) = P(U >= count - k + 1).
    let k = (1..=count).take_while(|k| tail[count - k + 1] <= outside).last();
    let interval = k.map(|k| Interval {
        low: differences[k - 1].exp(),
        high: differences[count - k].exp(),
        confidence,
    });
    Some(Ratio { estimate, interval })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn logs_of(base: &[f64], head: &[f64], confidence: f64) -> Option<(f64, f64, f64)> {
        let ratio = ratio(&mut RankSumTails::default(), base, head, confidence).unwrap();
        let interval = ratio.interval?;
        Some((ratio.estimate.ln(), interval.low.ln(), interval.high.ln()))
    }

    /// Permeability of the placenta, Hollander and Wolfe, Nonparametric Statistical Methods (1973), p. 69; R's
    /// `wilcox.test(x, y, conf.int = TRUE)` prints 0.305 with the interval -0.15 to 0.76.
    #[test]
    fn a_published_example_comes_out() {
        let term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
        let early = [1.15, 0.88, 0.90, 0.74, 1.21];
        let (estimate, low, high) = logs_of(&early, &term, 0.95).unwrap();
        assert!((estimate - 0.305).abs() < 1e-9, "{estimate}");
        assert!((low + 0.15).abs() < 1e-9, "{low}");
        assert!((high - 0.76).abs() < 1e-9, "{high}");
    }

    /// The interval's ends by the exact distribution in scipy 1.17.1 (`scipy.stats._mannwhitneyu._MWU(20, 20).cdf`).
    #[rstest]
    #[case::k_is_128(0.95, -0.0591, 0.3240)]
    #[case::k_is_106(0.99, -0.1270, 0.3981)]
    fn the_ends_are_those_of_another_implementation(
        #[case] confidence: f64,
        #[case] low: f64,
        #[case] high: f64,
    ) {
        let base: Vec<f64> = (1..=20).map(|i| f64::from(i * 6131 % 10007) / 1e4).collect();
        let head: Vec<f64> = (1..=20)
            .map(|i| f64::from((i * 3779 + 5) % 10007 + 1500) / 1e4)
            .collect();
        let found = logs_of(&base, &head, confidence).unwrap();
        for (found, expected) in [(found.0, 0.131_55), (found.1, low), (found.2, high)] {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn too_few_runs_have_an_estimate_but_no_interval() {
        let found = ratio(&mut RankSumTails::default(), &[0.0, 0.0], &[0.5, 0.5], 0.95).unwrap();
        assert!((found.estimate - 0.5_f64.exp()).abs() < 1e-12);
        assert_eq!(found.interval, None);
        assert_eq!(ratio(&mut RankSumTails::default(), &[], &[0.5], 0.95), None);
    }
}
