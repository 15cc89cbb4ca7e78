//! A figure of the server over time, with the line that was fitted to it.

use perf_guard::trend::TrendVerdict;

use super::{
    frame::{Badge, Tone},
    marks::{Percent, Tick},
};
use crate::soak::{SoakFigure, SoakRun, SoakTrend, SoakWindow, words};

/// Share of the plot that stays free at either end, in percent.
const MARGIN: f64 = 4.0;
const MIB: f64 = 1_048_576.0;

/// One figure over time.
#[derive(Debug)]
pub(super) struct Growth {
    pub(super) what: &'static str,
    pub(super) badge: Badge,
    /// The slope in words, with its limit.
    pub(super) slope: String,
    pub(super) why: String,
    pub(super) desc: String,
    /// Positions are from the top.
    pub(super) ticks: Vec<Tick>,
    pub(super) points: Vec<GrowthPoint>,
    pub(super) fitted: Option<FittedLine>,
    /// Where warm-up was over.
    pub(super) warm_at: Option<Percent>,
}

/// A window's value.
#[derive(Debug)]
pub(super) struct GrowthPoint {
    pub(super) x: Percent,
    pub(super) y: Percent,
    pub(super) warm: bool,
    pub(super) title: String,
}

/// The fitted line, from the end of warm-up to the end.
#[derive(Debug)]
pub(super) struct FittedLine {
    pub(super) x1: Percent,
    pub(super) y1: Percent,
    pub(super) x2: Percent,
    pub(super) y2: Percent,
}

/// All figures that were seen at all.
pub(super) fn of(run: &SoakRun) -> Vec<Growth> {
    run.trends.iter().filter_map(|trend| plot(run, trend)).collect()
}

fn plot(run: &SoakRun, trend: &SoakTrend) -> Option<Growth> {
    let seen: Vec<(&SoakWindow, f64)> = run
        .windows
        .iter()
        .filter_map(|window| Some((window, value(trend.figure, window)?)))
        .collect();
    let end_s = run.windows.last()?.to_seconds.max(1e-3);
    let up = Up::around(seen.iter().map(|(_, value)| *value))?;
    let across = |at_s: f64| Percent(MARGIN + (at_s / end_s).clamp(0.0, 1.0) * (100.0 - 2.0 * MARGIN));
    let unit = trend.figure.unit();
    let point = |(window, value): &(&SoakWindow, f64)| {
        let at_s = f64::midpoint(window.from_seconds, window.to_seconds);
        GrowthPoint {
            x: across(at_s),
            y: up.at(*value),
            warm: window.warm,
            title: format!("after {at_s:.0} s: {}{unit}", words::number(*value)),
        }
    };
    let warm_from = run
        .windows
        .iter()
        .find(|window| window.warm)
        .map(|window| window.from_seconds);
    let fitted = warm_from
        .zip(trend.value_at_zero)
        .zip(trend.slope_per_hour)
        .map(|((from, zero), slope)| {
            let value = |at_s: f64| zero + slope * at_s / 3600.0;
            FittedLine {
                x1: across(from),
                y1: up.at(value(from)),
                x2: across(end_s),
                y2: up.at(value(end_s)),
            }
        });
    let slope = format!("{}, limit {}", words::slope(trend), words::limit(trend));
    Some(Growth {
        what: trend.figure.in_words(),
        badge: badge(trend.verdict),
        desc: format!("{} windows over {end_s:.0} s; {slope}", seen.len()),
        slope,
        why: super::shown::sentence(&trend.why),
        ticks: up.ticks(unit),
        points: seen.iter().map(point).collect(),
        fitted,
        warm_at: warm_from.map(across),
    })
}

fn value(figure: SoakFigure, window: &SoakWindow) -> Option<f64> {
    match figure {
        SoakFigure::Rss => window.rss_min_bytes.map(|bytes| bytes / MIB),
        SoakFigure::Fds => window.fds_min,
        SoakFigure::Threads => window.threads_min,
        SoakFigure::RequestLatency => window.request_p50_ms,
        SoakFigure::ReadyLatency => window.ready_p50_ms,
        SoakFigure::QueueLength => Some(window.queue_mean),
        SoakFigure::MergeWait => Some(window.merge_wait_ms_per_s),
    }
    .filter(|value| value.is_finite())
}

fn badge(verdict: TrendVerdict) -> Badge {
    let tone = match verdict {
        TrendVerdict::NoLeakShown => Tone::Good,
        TrendVerdict::Insufficient => Tone::Doubtful,
        TrendVerdict::Leak => Tone::Bad,
    };
    Badge::new(tone, words::verdict(verdict))
}

/// The upward axis, from 0 so that what is small looks small.
struct Up {
    high: f64,
}

impl Up {
    fn around(values: impl Iterator<Item = f64>) -> Option<Self> {
        let high = values.reduce(f64::max)?;
        Some(Self {
            high: if high > 0.0 { high * 1.1 } else { 1.0 },
        })
    }

    fn at(&self, value: f64) -> Percent {
        let share = (value / self.high).clamp(0.0, 1.0);
        Percent(100.0 - MARGIN - share * (100.0 - 2.0 * MARGIN))
    }

    fn ticks(&self, unit: &str) -> Vec<Tick> {
        let values = [0.0, 0.5, 1.0].map(|share| share * self.high / 1.1);
        let tick = |value| Tick {
            at: self.at(value),
            label: format!("{}{unit}", words::number(value)),
        };
        values.into_iter().map(tick).collect()
    }
}
