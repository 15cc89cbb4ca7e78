//! One figure over time, judged.

use std::time::Duration;

use perf_guard::trend::{Confidence, Judgement, Limit, Point, Rule, Series, Shape, TrendVerdict};
use run_report::{SoakFigure, SoakTrend};

use super::warm_up::WarmUpRule;

/// What resident memory may grow by in an hour where nobody says otherwise, in MiB.
pub(crate) const RSS_MIB_PER_HOUR: f64 = 24.0;
/// Likewise open descriptors.
pub(crate) const FDS_PER_HOUR: f64 = 30.0;
/// Likewise threads.
pub(crate) const THREADS_PER_HOUR: f64 = 10.0;

/// The least time after warm-up that says anything about growth.
const LEAST_SPAN_S: f64 = 300.0;
/// Of the slopes' intervals; there are several slopes, and one false alarm is one too many.
const CONFIDENCE: Confidence = Confidence::P99;

/// A figure at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Seen {
    /// When, in seconds since the load began.
    pub(crate) at_s: f64,
    /// Whether that was after warm-up.
    pub(crate) warm: bool,
    /// How much, where the server said it.
    pub(crate) value: Option<f64>,
}

/// How a figure over time is judged: what it may grow by in an hour is in its own unit, of times a share of their median.
pub(crate) const fn rule(figure: SoakFigure, most_per_hour: f64) -> Rule {
    let (shape, limit) = match figure {
        SoakFigure::Rss | SoakFigure::Fds | SoakFigure::Threads => {
            (Shape::SawTooth, Limit::PerHour(most_per_hour))
        }
        SoakFigure::RequestLatency | SoakFigure::ReadyLatency => {
            (Shape::Level, Limit::SharePerHour(most_per_hour))
        }
        SoakFigure::QueueLength | SoakFigure::MergeWait => (Shape::Level, Limit::PerHour(most_per_hour)),
    };
    Rule {
        shape,
        limit,
        confidence: CONFIDENCE,
        least_span_s: LEAST_SPAN_S,
    }
}

/// The verdict on a figure, of what was seen of it after warm-up, which was over then, if it was.
pub(crate) fn judge(
    (figure, rule): (SoakFigure, Rule),
    seen: &[Seen],
    (warm_up, over): (WarmUpRule, Option<Duration>),
) -> SoakTrend {
    let warm = seen.iter().filter(|seen| seen.warm);
    let points: Vec<Point> = warm
        .clone()
        .filter_map(|seen| {
            Some(Point {
                at_s: seen.at_s,
                value: seen.value?,
            })
        })
        .collect();
    let told_nowhere = !seen.is_empty() && seen.iter().all(|seen| seen.value.is_none());
    let told_in_part = points.len() < warm.count();
    // Only what is finite came in.
    let series = Series::new(figure.as_str(), points).unwrap_or_default();
    let mut trend = told(figure, &rule.judge(&series));
    let doubt = match (over, warm_up) {
        (None, WarmUpRule::Unknown) => Some("when warm-up is over is not known"),
        (None, WarmUpRule::Full { .. } | WarmUpRule::After(_)) => Some("warm-up was not over"),
        _ if told_nowhere => Some("the target does not say it"),
        _ if told_in_part => Some("the target did not always say it"),
        _ => None,
    };
    if let Some(doubt) = doubt {
        trend.verdict = TrendVerdict::Insufficient;
        trend.why = doubt.to_owned();
    }
    trend
}

fn told(figure: SoakFigure, found: &Judgement) -> SoakTrend {
    let slope = found.slope.map(|slope| slope.per_hour());
    SoakTrend {
        figure,
        verdict: found.verdict,
        why: found.why.clone(),
        slope_per_hour: slope.map(|(slope, ..)| slope),
        low_per_hour: slope.map(|(_, low, _)| low),
        high_per_hour: slope.map(|(.., high)| high),
        later_slope_per_hour: found.later.map(|slope| slope.per_hour().0),
        limit_per_hour: found.limit_per_h,
        value_at_zero: found.slope.map(|slope| slope.at_zero),
        points: found.points as u64,
        span_seconds: found.span_s,
        confidence: CONFIDENCE.share(),
    }
}
