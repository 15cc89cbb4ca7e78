//! A logarithmic axis: where a value lies, and which values are written under it.

/// Share of the width that stays free at either end, so that a mark at the end is whole. In percent.
const MARGIN: f64 = 4.0;

/// The most labels under an axis: what a phone's width holds.
const MOST_TICKS: usize = 7;

/// The least factor between the ends, so that equal values do not make an axis of no width.
const LEAST_FACTOR: f64 = 1.1;

/// A logarithmic axis. Positions are in percent of the plot's width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LogAxis {
    low: f64,
    high: f64,
}

impl LogAxis {
    /// Holds all these values; those that are not finite and above zero have no place on it. Nothing if there is none.
    pub(super) fn around(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let placed = values.into_iter().filter(|v| v.is_normal() && *v > 0.0);
        let (low, high) = placed.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), v| {
            (low.min(v), high.max(v))
        });
        if low > high {
            return None;
        }
        let room = (LEAST_FACTOR / (high / low)).max(1.0).sqrt();
        Some(Self {
            low: low / room,
            high: high * room,
        })
    }

    /// Where a value lies; values beyond the ends lie at the ends.
    pub(super) fn at(&self, value: f64) -> f64 {
        let part = (value / self.low).ln() / (self.high / self.low).ln();
        MARGIN + part.clamp(0.0, 1.0) * (100.0 - 2.0 * MARGIN)
    }

    /// Round values to write under it: even steps where the ends are near each other, else 1-2-5 and coarser.
    pub(super) fn ticks(&self) -> Vec<f64> {
        if self.high / self.low < 3.0 {
            return self.even_steps();
        }
        const PER_DECADE: [&[f64]; 4] = [
            &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0],
            &[1.0, 2.0, 5.0],
            &[1.0, 3.0],
            &[1.0],
        ];
        let per_decade = PER_DECADE.iter().map(|digits| self.decades(digits, 1));
        let coarser = (1..10).map(|power| self.decades(&[1.0], 1 << power));
        per_decade
            .chain(coarser)
            .find(|ticks| ticks.len() <= MOST_TICKS)
            .unwrap_or_default()
    }

    fn decades(&self, digits: &[f64], every: i32) -> Vec<f64> {
        let exponent = |v: f64| v.log10().floor() as i32;
        let exponents = (exponent(self.low)..=exponent(self.high)).filter(|e| e % every == 0);
        let values = exponents.flat_map(|e| digits.iter().map(move |digit| digit * 10_f64.powi(e)));
        values.filter(|v| self.holds(*v)).collect()
    }

    fn even_steps(&self) -> Vec<f64> {
        let least = (self.high - self.low) / MOST_TICKS as f64;
        let power = 10_f64.powf(least.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .map(|digit| digit * power)
            .into_iter()
            .find(|s| *s >= least);
        let Some(step) = step else { return Vec::new() };
        let first = (self.low / step).ceil();
        let values = (0..=MOST_TICKS).map(|i| (first + i as f64) * step);
        values.filter(|v| self.holds(*v)).collect()
    }

    fn holds(&self, value: f64) -> bool {
        // A hair of room, so that an end that is itself round is written.
        (self.low * (1.0 - 1e-9)..=self.high * (1.0 + 1e-9)).contains(&value)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::near(&[0.93, 1.21], &[0.95, 1.0, 1.05, 1.1, 1.15, 1.2])]
    #[case::a_few(&[0.9, 4.0], &[1.0, 1.5, 2.0, 3.0])]
    #[case::a_decade(&[0.9, 26.0], &[1.0, 2.0, 5.0, 10.0, 20.0])]
    #[case::three_decades(&[0.5, 800.0], &[1.0, 3.0, 10.0, 30.0, 100.0, 300.0])]
    #[case::many_decades(&[1e-9, 1e9], &[1e-8, 1e-4, 1.0, 1e4, 1e8])]
    #[case::one_value(&[1.0], &[0.96, 0.98, 1.0, 1.02, 1.04])]
    fn ticks_are_round_and_few(#[case] values: &[f64], #[case] ticks: &[f64]) {
        let found = LogAxis::around(values.iter().copied()).unwrap().ticks();
        assert_eq!(found.len(), ticks.len(), "{found:?}");
        for (found, tick) in found.iter().zip(ticks) {
            assert!((found / tick - 1.0).abs() < 1e-9, "{found} {tick}");
        }
    }

    #[test]
    fn equal_ratios_are_equal_distances_and_the_ends_keep_their_margin() {
        let axis = LogAxis::around([1.0, 100.0]).unwrap();
        let [low, middle, high] = [1.0, 10.0, 100.0].map(|v| axis.at(v));
        assert!((low - MARGIN).abs() < 1e-9 && (high - (100.0 - MARGIN)).abs() < 1e-9);
        assert!((middle - 50.0).abs() < 1e-9);
        assert_eq!((axis.at(1e-9), axis.at(1e9)), (low, high));
    }

    #[test]
    fn what_is_not_above_zero_has_no_place() {
        assert_eq!(LogAxis::around([0.0, -1.0, f64::NAN, f64::INFINITY]), None);
        assert_eq!(
            LogAxis::around([0.0, 2.0, 8.0, f64::NAN]),
            LogAxis::around([2.0, 8.0])
        );
    }
}
