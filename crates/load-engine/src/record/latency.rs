//! One HdrHistogram of times, in microseconds.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Times from 1 µs to [`Latency::LONGEST`] to three significant digits: a reported value is at most 0.1 % off. Memory grows with
/// the longest time recorded, not with their number: some 30 KB up to 1 ms, 100 KB up to 1 s, 200 KB at most.
#[derive(Debug, Clone)]
pub struct Latency {
    micros: Histogram<u64>,
}

impl Default for Latency {
    fn default() -> Self {
        // It refuses only more than five digits.
        let micros = Histogram::new(3).unwrap_or_else(|_| unreachable!("three digits are legal"));
        Self { micros }
    }
}

impl Latency {
    /// The longest time that is told from longer ones; those count as this one.
    pub const LONGEST: Duration = Duration::from_secs(4 * 3600);

    /// Enters one time. Below a microsecond it counts as one.
    pub fn record(&mut self, time: Duration) {
        let micros = time.min(Self::LONGEST).as_micros().max(1);
        // Auto-resizing, it takes any value; the cap keeps it small.
        self.micros += u64::try_from(micros).unwrap_or(u64::MAX);
    }

    /// Adds all of another's.
    pub fn add(&mut self, other: &Self) {
        self.micros += &other.micros;
    }

    /// How many times were entered.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.micros.len()
    }

    /// The time that the share `quantile` (0 to 1) of all does not exceed; `None` when there is none.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        (!self.micros.is_empty()).then(|| Duration::from_micros(self.micros.value_at_quantile(quantile)))
    }

    /// The longest.
    #[must_use]
    pub fn max(&self) -> Option<Duration> {
        (!self.micros.is_empty()).then(|| Duration::from_micros(self.micros.max()))
    }

    /// The shortest.
    #[must_use]
    pub fn min(&self) -> Option<Duration> {
        (!self.micros.is_empty()).then(|| Duration::from_micros(self.micros.min()))
    }

    /// The mean.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        (!self.micros.is_empty()).then(|| Duration::from_secs_f64(self.micros.mean() / 1e6))
    }

    /// Forgets all, keeping its memory.
    pub fn clear(&mut self) {
        self.micros.reset();
    }

    /// The histogram, of microseconds.
    #[must_use]
    pub const fn micros(&self) -> &Histogram<u64> {
        &self.micros
    }
}

impl From<Histogram<u64>> for Latency {
    fn from(micros: Histogram<u64>) -> Self {
        Self { micros }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_times() {
        let mut latency = Latency::default();
        for ms in 1..=1000 {
            latency.record(Duration::from_millis(ms));
        }
        let near = |quantile: f64, ms: f64| {
            let found = latency.quantile(quantile).unwrap().as_secs_f64() * 1000.0;
            assert!((found / ms - 1.0).abs() < 0.001, "{quantile}: {found}");
        };
        near(0.5, 500.0);
        near(0.95, 950.0);
        near(0.99, 990.0);
        near(1.0, 1000.0);
        assert_eq!(latency.count(), 1000);
    }

    #[test]
    fn none_of_nothing() {
        let latency = Latency::default();
        assert_eq!(
            (latency.quantile(0.5), latency.max(), latency.mean()),
            (None, None, None)
        );
    }

    #[test]
    fn what_is_longer_than_the_longest_counts_as_that() {
        let mut latency = Latency::default();
        latency.record(Duration::from_secs(1_000_000));
        latency.record(Duration::ZERO);
        assert_eq!(latency.count(), 2);
        assert!(latency.max().unwrap() >= Latency::LONGEST);
        assert_eq!(latency.min(), Some(Duration::from_micros(1)));
    }

    #[test]
    fn added_histograms_are_the_histogram_of_both() {
        let (mut a, mut b, mut both) = (Latency::default(), Latency::default(), Latency::default());
        for ms in 1..500_u64 {
            let time = Duration::from_millis(ms * ms);
            if ms % 3 == 0 {
                a.record(time);
            } else {
                b.record(time);
            }
            both.record(time);
        }
        a.add(&b);
        assert_eq!(a.micros(), both.micros());
    }
}
