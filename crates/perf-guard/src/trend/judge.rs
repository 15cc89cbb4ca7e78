//! The verdict on a trend.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    series::Series,
    slope::{Confidence, Slope, theil_sen},
    troughs::troughs,
};
use crate::samples::median;

/// Fewer points than this are no series, whatever their span.
const LEAST_POINTS: usize = 12;
/// Points to a trough.
const POINTS_A_TROUGH: usize = 3;
/// Troughs of a series, where it has the points for them.
const TROUGHS: (usize, usize) = (12, 40);

/// How a figure moves when nothing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// About a level.
    Level,
    /// It rises and is let go again, so that only its troughs say what is kept.
    SawTooth,
}

/// What a figure may grow by in an hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// In its own unit.
    PerHour(f64),
    /// As a share of its median: 0.5 is half as much again in an hour.
    SharePerHour(f64),
}

/// How a series is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// How it moves when nothing is wrong.
    pub shape: Shape,
    /// What it may grow by.
    pub limit: Limit,
    /// Of the slope's interval.
    pub confidence: Confidence,
    /// The least span that anything can be said about, in seconds.
    pub least_span_s: f64,
}

/// What is known of a trend. Ordered worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrendVerdict {
    /// The slope lies below its limit, with its whole interval, or it did in the later half.
    NoLeakShown,
    /// Too little data to tell.
    Insufficient,
    /// The slope lies above its limit with its whole interval, and it does not level off.
    Leak,
}

/// A verdict with what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: TrendVerdict,
    /// In words.
    pub why: String,
    /// Over the whole series; of a saw-tooth over its troughs.
    pub slope: Option<Slope>,
    /// Over the later half by itself.
    pub later: Option<Slope>,
    /// The limit in the figure's own unit per hour; `None` where the series has no median above 0 for a share of it.
    pub limit_per_h: Option<f64>,
    /// Points that the slope was fitted to.
    pub points: usize,
    /// From the first to the last, in seconds.
    pub span_s: f64,
}

impl Rule {
    /// Judges a series from which the warm-up has been left out.
    ///
    /// # Example
    /// A figure that never moves has no leak:
    /// ```
    /// use perf_guard::trend::{Confidence, Limit, Point, Rule, Series, Shape, TrendVerdict};
    /// let rule = Rule { shape: Shape::Level, limit: Limit::PerHour(5.0), confidence: Confidence::P99, least_span_s: 60.0 };
    /// let points = (0..30).map(|i| Point { at_s: f64::from(10 * i), value: 14.0 }).collect();
    /// let found = rule.judge(&Series::new("fds", points).unwrap());
    /// assert_eq!(found.verdict, TrendVerdict::NoLeakShown);
    /// ```
    #[must_use]
    pub fn judge(&self, series: &Series) -> Judgement {
        let fitted = match self.shape {
            Shape::Level => series.clone(),
            Shape::SawTooth => {
                let bins = (series.points().len() / POINTS_A_TROUGH).clamp(TROUGHS.0, TROUGHS.1);
                troughs(series, bins)
            }
        };
        let mut found = Judgement {
            verdict: TrendVerdict::Insufficient,
            why: String::new(),
            slope: theil_sen(&fitted, self.confidence),
            later: theil_sen(&fitted.part(0.5, 1.0), self.confidence),
            limit_per_h: self.limit_per_h(&fitted),
            points: fitted.points().len(),
            span_s: series.span_s(),
        };
        (found.verdict, found.why) = self.verdict(&found);
        found
    }

    fn limit_per_h(&self, series: &Series) -> Option<f64> {
        match self.limit {
            Limit::PerHour(limit) => Some(limit),
            Limit::SharePerHour(share) => {
                let values: Vec<f64> = series.points().iter().map(|point| point.value).collect();
                median(&values)
                    .filter(|median| *median > 0.0)
                    .map(|median| median * share)
            }
        }
    }

    fn verdict(&self, found: &Judgement) -> (TrendVerdict, String) {
        let insufficient = |why: String| (TrendVerdict::Insufficient, why);
        if found.points < LEAST_POINTS {
            return insufficient(format!("{} points, needed are {LEAST_POINTS}", found.points));
        }
        if found.span_s < self.least_span_s {
            return insufficient(format!(
                "{:.0} s after warm-up, needed are {:.0} s",
                found.span_s, self.least_span_s
            ));
        }
        let Some(limit) = found.limit_per_h else {
            return insufficient("its median is not above 0, so a share of it is no limit".to_owned());
        };
        let (Some(slope), Some(later)) = (&found.slope, &found.later) else {
            return insufficient("too few points for an interval".to_owned());
        };
        let goes_on = later.per_hour().0 > limit;
        let (whole, later) = (Side::of(slope, limit), Side::of(later, limit));
        match (whole, later) {
            (Side::Above, Side::Above | Side::Across) if !goes_on => {
                insufficient("it rises, and not as fast any more in the later half".to_owned())
            }
            (Side::Above, Side::Above | Side::Across) => (
                TrendVerdict::Leak,
                "the slope's whole interval lies above the limit".to_owned(),
            ),
            (Side::Below, Side::Below | Side::Across) => (
                TrendVerdict::NoLeakShown,
                "the slope's whole interval lies below the limit".to_owned(),
            ),
            (Side::Above | Side::Across, Side::Below) => (
                TrendVerdict::NoLeakShown,
                "it levelled off: in the later half the slope's whole interval lies below the limit"
                    .to_owned(),
            ),
            (Side::Across, _) => insufficient("the limit lies within the slope's interval".to_owned()),
            (Side::Below, Side::Above) => insufficient("it rises in the later half only".to_owned()),
        }
    }
}

/// Where an interval lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Below,
    Across,
    Above,
}

impl Side {
    fn of(slope: &Slope, limit: f64) -> Self {
        let (_, low, high) = slope.per_hour();
        if low > limit {
            Self::Above
        } else if high <= limit {
            Self::Below
        } else {
            Self::Across
        }
    }
}
