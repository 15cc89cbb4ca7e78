//! When the arrivals of an open load are due: an absolute schedule, fixed before the first request is sent.

use std::time::Duration;

use super::Ramp;

/// How arrivals follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spacing {
    /// Evenly, as far as the rate is even.
    #[default]
    Even,
    /// At random, independent of each other (a Poisson process with the ramp as its rate): gaps are exponential.
    Poisson,
}

/// One arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Which one, from 0.
    pub number: u64,
    /// When, from the start.
    pub due: Duration,
}

/// Every `of`th arrival, in the order of time. The schedule depends on the ramp, the spacing and the seed alone, so that
/// the shards of several threads make up the same whole however many they are.
#[derive(Debug, Clone)]
pub struct Arrivals<'a> {
    rate: &'a Ramp,
    spacing: Spacing,
    rng: fastrand::Rng,
    /// The area under the rate at which the next arrival is due.
    area: f64,
    number: u64,
    shard: u64,
    of: u64,
}

impl<'a> Arrivals<'a> {
    /// Shard `shard` of `of`, counted from 0. Evenly spaced, the first arrival is due at once; at random, after a first gap.
    #[must_use]
    pub fn new(rate: &'a Ramp, spacing: Spacing, seed: u64, (shard, of): (u64, u64)) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let area = match spacing {
            Spacing::Even => 0.0,
            Spacing::Poisson => exponential(&mut rng),
        };
        Self {
            rate,
            spacing,
            rng,
            area,
            number: 0,
            shard,
            of,
        }
    }

    fn step(&mut self) -> Option<Arrival> {
        if self.area >= self.rate.area() {
            return None;
        }
        let due = self.rate.time_of(self.area)?;
        let arrival = Arrival {
            number: self.number,
            due,
        };
        self.number += 1;
        self.area = match self.spacing {
            // Not by adding 1 again and again: the sum of many stays exact this way.
            Spacing::Even => self.number as f64,
            Spacing::Poisson => self.area + exponential(&mut self.rng),
        };
        Some(arrival)
    }
}

impl Iterator for Arrivals<'_> {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        loop {
            let arrival = self.step()?;
            if arrival.number % self.of == self.shard {
                return Some(arrival);
            }
        }
    }
}

/// An exponential variate of mean 1, by inversion.
fn exponential(rng: &mut fastrand::Rng) -> f64 {
    -(1.0 - rng.f64()).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Stage;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_even_rate_has_even_gaps() {
        let rate = Ramp::constant(200.0, 20 * SECOND).unwrap();
        let arrivals: Vec<_> = Arrivals::new(&rate, Spacing::Even, 1, (0, 1)).collect();
        assert_eq!(arrivals.len(), 4000);
        for arrival in &arrivals {
            let expected = Duration::from_micros(5000) * u32::try_from(arrival.number).unwrap();
            assert!(
                arrival.due.abs_diff(expected) < Duration::from_nanos(100),
                "{arrival:?}"
            );
        }
    }

    #[test]
    fn a_rising_rate_brings_as_many_as_its_area() {
        let rate = Ramp::new(0.0, &[Stage::new(10 * SECOND, 100.0)]).unwrap();
        let arrivals: Vec<_> = Arrivals::new(&rate, Spacing::Even, 1, (0, 1)).collect();
        assert_eq!(arrivals.len(), 500);
        let early = arrivals.iter().filter(|arrival| arrival.due < 5 * SECOND).count();
        assert_eq!(early, 125);
    }

    #[test]
    fn random_gaps_are_exponential_and_of_the_right_mean() {
        let rate = Ramp::constant(1000.0, 100 * SECOND).unwrap();
        let due: Vec<_> = Arrivals::new(&rate, Spacing::Poisson, 7, (0, 1))
            .map(|arrival| arrival.due.as_secs_f64() * 1000.0)
            .collect();
        let gaps: Vec<_> = due.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let n = gaps.len() as f64;
        let mean = gaps.iter().sum::<f64>() / n;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / n;
        // Of 100,000 gaps the mean has a standard error of 0.3 %, the variance of 0.9 %.
        assert!((mean - 1.0).abs() < 0.015, "{mean}");
        assert!((variance - 1.0).abs() < 0.045, "{variance}");
        let short = gaps.iter().filter(|gap| **gap < std::f64::consts::LN_2).count() as f64 / n;
        assert!((short - 0.5).abs() < 0.01, "{short}");
    }

    #[test]
    fn shards_make_up_the_whole_and_the_seed_decides() {
        let rate = Ramp::constant(50.0, 10 * SECOND).unwrap();
        for spacing in [Spacing::Even, Spacing::Poisson] {
            let whole: Vec<_> = Arrivals::new(&rate, spacing, 3, (0, 1)).collect();
            let mut parts: Vec<_> = (0..3)
                .flat_map(|shard| Arrivals::new(&rate, spacing, 3, (shard, 3)))
                .collect();
            parts.sort_by_key(|arrival| arrival.number);
            assert_eq!(parts, whole, "{spacing:?}");
        }
        let poisson = |seed| Arrivals::new(&rate, Spacing::Poisson, seed, (0, 1)).next();
        assert_ne!(poisson(3), poisson(4));
    }
}
