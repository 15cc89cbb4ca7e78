//! Whether a figure of the server grows, after warm-up.

use perf_guard::trend::{Judgement, Point, Series, TrendVerdict};
use run_report::{Invariant, SoakFigure, SoakTrend, SoakWindow, Violation};

use super::{plan::Plan, warm_up::WarmUpRule};

const MIB: f64 = 1_048_576.0;

/// Every figure, judged.
pub(super) fn judge(plan: &Plan, windows: &[SoakWindow], warm_up_over: bool) -> Vec<SoakTrend> {
    SoakFigure::ALL
        .into_iter()
        .map(|figure| trend(plan, figure, windows, warm_up_over))
        .collect()
}

/// What grows, as broken invariants.
pub(super) fn violations(trends: &[SoakTrend], at_seconds: f64) -> Vec<Violation> {
    let leaks = trends.iter().filter(|trend| trend.verdict == TrendVerdict::Leak);
    let violation = |trend: &SoakTrend| Violation {
        invariant: Invariant::NoGrowth,
        at_seconds,
        cycle: None,
        job_id: None,
        text: format!(
            "{} ({}) grows by {:.1}{unit} an hour ({:.1} to {:.1}), the limit is {:.1}{unit} an hour",
            trend.figure,
            trend.figure.in_words(),
            trend.slope_per_hour.unwrap_or_default(),
            trend.low_per_hour.unwrap_or_default(),
            trend.high_per_hour.unwrap_or_default(),
            trend.limit_per_hour.unwrap_or_default(),
            unit = trend.figure.unit()
        ),
    };
    leaks.map(violation).collect()
}

fn trend(plan: &Plan, figure: SoakFigure, windows: &[SoakWindow], warm_up_over: bool) -> SoakTrend {
    let warm = windows.iter().filter(|window| window.warm);
    let points: Vec<Point> = warm
        .clone()
        .filter_map(|window| {
            let value = value(figure, window)?;
            let at_s = f64::midpoint(window.from_seconds, window.to_seconds);
            Some(Point { at_s, value })
        })
        .collect();
    let told_nowhere = !windows.is_empty() && windows.iter().all(|window| value(figure, window).is_none());
    let told_in_part = points.len() < warm.count();
    // Only what is finite came in.
    let series = Series::new(figure.as_str(), points).unwrap_or_default();
    let found = plan.rule(figure).judge(&series);
    let mut trend = told(figure, &found);
    let doubt = if !warm_up_over {
        Some(match plan.warm_up {
            WarmUpRule::Unknown => "when warm-up is over is not known",
            WarmUpRule::Full { .. } | WarmUpRule::After(_) => "warm-up was not over",
        })
    } else if told_nowhere {
        Some("the target does not say it")
    } else if told_in_part {
        Some("there are windows without it")
    } else {
        None
    };
    if let Some(doubt) = doubt {
        trend.verdict = TrendVerdict::Insufficient;
        trend.why = doubt.to_owned();
    }
    trend
}

fn value(figure: SoakFigure, window: &SoakWindow) -> Option<f64> {
    match figure {
        SoakFigure::Rss => window.rss_min_bytes.map(|bytes| bytes / MIB),
        SoakFigure::Fds => window.fds_min,
        SoakFigure::Threads => window.threads_min,
        SoakFigure::RequestLatency => window.request_p50_ms,
        SoakFigure::ReadyLatency => window.ready_p50_ms,
        SoakFigure::QueueLength => (window.samples > 0).then_some(window.queue_mean),
        SoakFigure::MergeWait => (window.samples > 0).then_some(window.merge_wait_ms_per_s),
    }
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
        confidence: Plan::confidence(),
    }
}
