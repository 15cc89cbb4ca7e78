//! Arrivals, from people and what they do in a day.

/// Seconds of a day.
pub const SECONDS_A_DAY: f64 = 86_400.0;

/// What comes in a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Demand {
    arrivals_a_day: f64,
    peak_factor: f64,
}

/// Why figures are no demand.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum DemandError {
    /// Too few or absurdly many.
    #[error("{0} arrivals a day; legal: above 0 and at most 1e12")]
    Arrivals(f64),
    /// The busiest moment is no busier than the mean.
    #[error(
        "peak factor {0}; legal: from 1 to 1000, how much busier the busiest moment is than the mean of the day"
    )]
    Peak(f64),
}

impl Demand {
    /// So many arrivals in a day, and the busiest moment so many times the mean.
    ///
    /// # Errors
    /// When a figure is out of its range.
    pub fn new(arrivals_a_day: f64, peak_factor: f64) -> Result<Self, DemandError> {
        if !(arrivals_a_day > 0.0 && arrivals_a_day <= 1e12) {
            return Err(DemandError::Arrivals(arrivals_a_day));
        }
        if !(1.0..=1e3).contains(&peak_factor) {
            return Err(DemandError::Peak(peak_factor));
        }
        Ok(Self {
            arrivals_a_day,
            peak_factor,
        })
    }

    /// In a day.
    #[must_use]
    pub const fn a_day(self) -> f64 {
        self.arrivals_a_day
    }

    /// Per second, on average over the day.
    #[must_use]
    pub fn mean_per_s(self) -> f64 {
        self.arrivals_a_day / SECONDS_A_DAY
    }

    /// Per second, in the busiest moment.
    #[must_use]
    pub fn peak_per_s(self) -> f64 {
        self.mean_per_s() * self.peak_factor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_a_day_is_what_it_is() {
        let demand = Demand::new(1_000.0, 10.0).unwrap();
        assert_eq!(format!("{:.4}", demand.mean_per_s()), "0.0116");
        assert_eq!(format!("{:.3}", demand.peak_per_s()), "0.116");
    }

    #[test]
    fn what_is_no_demand_is_refused() {
        for arrivals in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Demand::new(arrivals, 10.0).is_err(), "{arrivals}");
        }
        for peak in [0.5, 0.0, f64::NAN, 1e4] {
            assert!(Demand::new(1.0, peak).is_err(), "{peak}");
        }
    }
}
