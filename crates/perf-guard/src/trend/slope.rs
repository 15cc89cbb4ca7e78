//! The slope of Theil and Sen: the median of the slopes of all pairs of points, with an interval.

use super::{
    kendall,
    series::{Point, Series},
};
use crate::samples::median;

/// How often an interval holds the true slope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confidence {
    /// 90 %.
    P90,
    /// 95 %.
    P95,
    /// 99 %.
    P99,
}

impl Confidence {
    /// As a share.
    #[must_use]
    pub const fn share(self) -> f64 {
        match self {
            Self::P90 => 0.90,
            Self::P95 => 0.95,
            Self::P99 => 0.99,
        }
    }

    /// What lies beyond on one side, and that quantile of the normal distribution.
    pub(super) const fn tail(self) -> (f64, f64) {
        match self {
            Self::P90 => (0.05, 1.644_853_626_951_472_2),
            Self::P95 => (0.025, 1.959_963_984_540_054),
            Self::P99 => (0.005, 2.575_829_303_548_900_4),
        }
    }
}

/// A slope with its interval, in the figure's unit per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slope {
    /// The estimate.
    pub per_s: f64,
    /// The lower end of the interval.
    pub low_per_s: f64,
    /// The upper end.
    pub high_per_s: f64,
    /// The fitted line's value at time 0: median of the values less the slope times the median of the times.
    pub at_zero: f64,
}

/// The slope of a series; `None` where there are too few points for an interval of that confidence, or all at one time.
///
/// Theil, "A rank-invariant method of linear and polynomial regression analysis" (1950); the interval by Sen (1968).
#[must_use]
pub fn theil_sen(series: &Series, confidence: Confidence) -> Option<Slope> {
    let points = series.points();
    let width = kendall::width(points, confidence.tail())?;
    with_width(points, width)
}

/// The interval holds the slopes whose rank is no further from the middle than half of `width`.
pub(super) fn with_width(points: &[Point], width: f64) -> Option<Slope> {
    let slopes = slopes_of_pairs(points);
    let per_s = median(&slopes)?;
    let (count, last) = (slopes.len() as f64, slopes.len() - 1);
    // Ties to even and clamped, as scipy.stats.theilslopes has it.
    let low = ((count - width) / 2.0).round_ties_even() - 1.0;
    let high = ((count + width) / 2.0).round_ties_even();
    let times: Vec<f64> = points.iter().map(|point| point.at_s).collect();
    let values: Vec<f64> = points.iter().map(|point| point.value).collect();
    Some(Slope {
        per_s,
        low_per_s: slopes[(low.max(0.0) as usize).min(last)],
        high_per_s: slopes[(high.max(0.0) as usize).min(last)],
        at_zero: median(&values)? - per_s * median(&times)?,
    })
}

/// Rising; pairs at one time have none.
fn slopes_of_pairs(points: &[Point]) -> Vec<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len().saturating_sub(1) / 2);
    for (i, early) in points.iter().enumerate() {
        let later = points[i + 1..].iter().filter(|late| late.at_s > early.at_s);
        slopes.extend(later.map(|late| (late.value - early.value) / (late.at_s - early.at_s)));
    }
    slopes.sort_by(f64::total_cmp);
    slopes
}

impl Slope {
    /// The same per hour.
    #[must_use]
    pub fn per_hour(&self) -> (f64, f64, f64) {
        const HOUR: f64 = 3600.0;
        (self.per_s * HOUR, self.low_per_s * HOUR, self.high_per_s * HOUR)
    }
}
