//! A figure of the server over time, with the line that was fitted to it.

use perf_guard::trend::TrendVerdict;

use super::{
    frame::{Badge, Tone},
    marks::{Percent, Tick},
};
use crate::{
    load::{LeakWatch, ServerPoint},
    soak::{SoakFigure, SoakRun, SoakTrend, SoakWindow, words},
};

/// Share of the plot that stays free at either end, in percent.
const MARGIN: f64 = 4.0;
/// Points of a plot.
const MOST_POINTS: usize = 240;
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

/// One value.
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

/// A figure's values over a run, in the order of time.
struct Course<'r> {
    trend: &'r SoakTrend,
    /// What a value is of.
    of: &'static str,
    /// When, and how much.
    seen: Vec<(f64, f64)>,
    /// When warm-up was over.
    warm_from_s: Option<f64>,
    end_s: f64,
}

/// All figures of a soak that were seen at all, a point a window.
pub(super) fn of_soak(run: &SoakRun) -> Vec<Growth> {
    let Some(last) = run.windows.last() else {
        return Vec::new();
    };
    let warm = run.windows.iter().find(|window| window.warm);
    let course = |trend| Course {
        trend,
        of: "windows",
        seen: run
            .windows
            .iter()
            .filter_map(|window| {
                let at_s = f64::midpoint(window.from_seconds, window.to_seconds);
                Some((at_s, of_window(trend.figure, window)?))
            })
            .collect(),
        warm_from_s: warm.map(|window| window.from_seconds),
        end_s: last.to_seconds,
    };
    run.trends
        .iter()
        .filter_map(|trend| course(trend).plot())
        .collect()
}

/// All figures of a load that were seen at all, a point the least of neighbouring looks.
pub(super) fn of_load(leaks: &LeakWatch, looks: &[ServerPoint]) -> Vec<Growth> {
    let course = |trend: &SoakTrend| {
        let seen: Vec<(f64, f64)> = looks
            .iter()
            .filter_map(|look| Some((look.at_s, of_look(trend.figure, look)?)))
            .collect();
        let together = seen.len().div_ceil(MOST_POINTS).max(1);
        let least = |part: &[(f64, f64)]| part.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1));
        Course {
            trend,
            of: "points",
            seen: seen.chunks(together).filter_map(least).collect(),
            warm_from_s: leaks.warm_up.ended_after_seconds,
            end_s: looks.last().map_or(0.0, |look| look.at_s),
        }
        .plot()
    };
    leaks.trends.iter().filter_map(course).collect()
}

impl Course<'_> {
    fn plot(self) -> Option<Growth> {
        let trend = self.trend;
        let end_s = self.end_s.max(1e-3);
        let up = Up::around(self.seen.iter().map(|(_, value)| *value))?;
        let across = |at_s: f64| Percent(MARGIN + (at_s / end_s).clamp(0.0, 1.0) * (100.0 - 2.0 * MARGIN));
        let unit = trend.figure.unit();
        let point = |(at_s, value): &(f64, f64)| GrowthPoint {
            x: across(*at_s),
            y: up.at(*value),
            warm: self.warm_from_s.is_some_and(|from| *at_s >= from),
            title: format!("after {at_s:.0} s: {}{unit}", words::number(*value)),
        };
        let line = self
            .warm_from_s
            .zip(trend.value_at_zero)
            .zip(trend.slope_per_hour);
        let fitted = line.map(|((from, zero), slope)| {
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
            desc: format!("{} {} over {end_s:.0} s; {slope}", self.seen.len(), self.of),
            slope,
            why: super::shown::sentence(&trend.why),
            ticks: up.ticks(unit),
            points: self.seen.iter().map(point).collect(),
            fitted,
            warm_at: self.warm_from_s.map(across),
        })
    }
}

fn of_window(figure: SoakFigure, window: &SoakWindow) -> Option<f64> {
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

/// What a load looks at; the rest is a soak's.
fn of_look(figure: SoakFigure, look: &ServerPoint) -> Option<f64> {
    match figure {
        SoakFigure::Rss => look.resident_bytes.map(|bytes| bytes / MIB),
        SoakFigure::Fds => look.open_fds,
        SoakFigure::Threads => look.threads,
        _ => None,
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
