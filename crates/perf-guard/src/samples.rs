//! The repeats of one timed test.

use crate::seconds::{Seconds, ValueError};

/// One or more measured times of the same thing, in the order of measuring.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples(Vec<Seconds>);

impl Samples {
    const LEGAL: &'static str = "one sample or more";

    /// # Errors
    /// No sample at all.
    pub fn new(samples: Vec<Seconds>) -> Result<Self, ValueError> {
        if samples.is_empty() {
            Err(ValueError::new("samples", "empty", Self::LEGAL))
        } else {
            Ok(Self(samples))
        }
    }

    /// One sample alone, as an older baseline has it.
    #[must_use]
    pub fn single(sample: Seconds) -> Self {
        Self(vec![sample])
    }

    /// From plain numbers of seconds.
    ///
    /// # Errors
    /// No sample, or one that is no legal time; the error's field is `field[index]`.
    pub fn from_f64s(field: &str, seconds: &[f64]) -> Result<Self, ValueError> {
        let samples = seconds
            .iter()
            .enumerate()
            .map(|(i, &s)| Seconds::new(s).map_err(|e| e.under(format!("{field}[{i}]"))))
            .collect::<Result<_, _>>()?;
        Self::new(samples).map_err(|e| e.under(field))
    }

    /// How many there are, at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "samples are never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The samples in the order of measuring.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Seconds> {
        self.0.iter().copied()
    }

    /// The middle sample, or the mean of the two in the middle.
    #[must_use]
    pub fn median(&self) -> Seconds {
        self.quantile(0.5)
    }

    /// The quantile at `q`, clamped to 0..=1, by linear interpolation between order statistics (type 7 of
    /// Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996).
    #[must_use]
    pub fn quantile(&self, q: f64) -> Seconds {
        let mut sorted = self.0.clone();
        sorted.sort_by(Seconds::total_cmp);
        let values: Vec<f64> = sorted.iter().map(|s| s.as_secs_f64()).collect();
        let between = quantile_of_sorted(&values, q);
        // Lies between two legal values, so it is legal; the fallback only spares a panic.
        Seconds::new(between).unwrap_or(sorted[sorted.len() / 2])
    }

    /// Each sample by `change`, for rounding and scaling.
    #[must_use]
    pub fn map(&self, change: impl Fn(Seconds) -> Seconds) -> Self {
        Self(self.0.iter().map(|&s| change(s)).collect())
    }
}

/// The median of finite values; nothing for none.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    (!sorted.is_empty()).then(|| quantile_of_sorted(&sorted, 0.5))
}

fn quantile_of_sorted(sorted: &[f64], q: f64) -> f64 {
    let q = if q.is_nan() { 0.5 } else { q.clamp(0.0, 1.0) };
    let at = q * (sorted.len() - 1) as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let share = at - at.floor();
    // Written so that two huge values do not overflow in between.
    sorted[below] * (1.0 - share) + sorted[above] * share
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn samples(values: &[f64]) -> Samples {
        Samples::from_f64s("samples", values).unwrap()
    }

    #[rstest]
    #[case::one(&[2.0], 2.0)]
    #[case::odd_and_unsorted(&[3.0, 1.0, 2.0], 2.0)]
    #[case::even(&[4.0, 1.0, 2.0, 3.0], 2.5)]
    #[case::an_outlier_does_not_move_it(&[1.0, 1.0, 900.0], 1.0)]
    fn the_median_is_the_middle(#[case] values: &[f64], #[case] expected: f64) {
        assert_eq!(samples(values).median().as_secs_f64(), expected);
        assert_eq!(median(values), Some(expected));
    }

    #[test]
    fn quantiles_follow_numpys_default() {
        // numpy.quantile([1, 2, 4, 8, 16], q): 0.1 -> 1.4, 0.25 -> 2.0, 0.9 -> 12.8
        let s = samples(&[16.0, 1.0, 8.0, 2.0, 4.0]);
        for (q, expected) in [
            (0.0, 1.0),
            (0.1, 1.4),
            (0.25, 2.0),
            (0.9, 12.8),
            (1.0, 16.0),
            (7.0, 16.0),
        ] {
            assert!((s.quantile(q).as_secs_f64() - expected).abs() < 1e-12, "{q}");
        }
    }

    #[test]
    fn no_sample_and_an_illegal_sample_are_refused_where_they_stand() {
        assert_eq!(
            Samples::from_f64s("tests.a.cold.samples_s", &[])
                .unwrap_err()
                .to_string(),
            "tests.a.cold.samples_s is empty, legal is one sample or more"
        );
        assert_eq!(
            Samples::from_f64s("s", &[1.0, -2.0]).unwrap_err().to_string(),
            "s[1] is -2, legal is a finite number of seconds above 0"
        );
        assert_eq!(median(&[]), None);
    }
}
