//! The compared times: each ratio with its interval on one axis, between 1× and what the runs could have shown.

use perf_guard::comparison::PairedVerdict;

use super::{
    axis::LogAxis,
    frame::{Badge, Tone},
    marks::{Legend, Mark, Shape, Strip, Tick, ticks},
    shown::{Part, name},
};
use crate::{
    compare::{CompareRun, ComparedTest, words as compared},
    words,
};

/// Rows of the table.
const MOST_ROWS: usize = 500;

/// The table of the compared times.
#[derive(Debug)]
pub(super) struct Forest {
    pub(super) ticks: Vec<Tick>,
    pub(super) legend: Vec<Legend>,
    pub(super) rows: Part<ForestRow>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct ForestRow {
    pub(super) name: String,
    pub(super) cache: &'static str,
    pub(super) metric: &'static str,
    pub(super) strip: Strip,
    pub(super) base: String,
    pub(super) head: String,
    pub(super) change: String,
    pub(super) p: String,
    pub(super) detectable: String,
    pub(super) badge: Badge,
}

impl Forest {
    /// Nothing if no test was compared.
    pub(super) fn of(run: &CompareRun) -> Option<Self> {
        if run.tests.is_empty() {
            return None;
        }
        let limit = 1.0 + run.plan.smallest_effect;
        let axis = LogAxis::around(run.tests.iter().flat_map(on_axis).chain([1.0, limit]))?;
        let rows = run.tests.iter().map(|test| row(test, limit, &axis)).collect();
        Some(Self {
            ticks: ticks(&axis, words::plain_ratio),
            legend: Legend::of([
                (Shape::Diamond, "head over base, estimated"),
                (Shape::Span, "its interval"),
                (Shape::Line, "1×: equally fast"),
                (Shape::Limit, "more than this counts as slower"),
                (Shape::Triangle, "smallest ratio that these runs could show"),
            ]),
            rows: Part::first(rows, MOST_ROWS),
        })
    }
}

fn on_axis(test: &ComparedTest) -> Vec<f64> {
    let ratio = test.ratio.iter().flat_map(|ratio| {
        let ends = ratio.interval.iter().flat_map(|i| [i.low, i.high]);
        ends.chain([ratio.estimate])
    });
    ratio.chain(test.detectable_ratio).collect()
}

/// What is said of a test, with its tone.
pub(super) fn badge(test: &ComparedTest) -> Badge {
    let tone = match test.verdict {
        PairedVerdict::Regressed => Tone::Bad,
        PairedVerdict::Insufficient => Tone::Doubtful,
        PairedVerdict::Improved | PairedVerdict::NotShown => Tone::Good,
    };
    Badge::new(tone, compared::verdict(test))
}

fn row(test: &ComparedTest, limit: f64, axis: &LogAxis) -> ForestRow {
    ForestRow {
        name: name(&test.name),
        cache: test.cache.as_str(),
        metric: test.metric.as_words(),
        strip: strip(test, limit, axis),
        base: compared::time(test.base_median_s),
        head: compared::time(test.head_median_s),
        change: compared::ratio(test),
        p: compared::p(test),
        detectable: compared::detectable(test),
        badge: badge(test),
    }
}

fn strip(test: &ComparedTest, limit: f64, axis: &LogAxis) -> Strip {
    let mut marks = vec![
        Mark::at(axis, 1.0, Shape::Line, "1×: equally fast".to_owned()),
        Mark::at(
            axis,
            limit,
            Shape::Limit,
            format!("{}: the smallest effect worth knowing", compared::change(limit)),
        ),
    ];
    if let Some(ratio) = &test.ratio {
        if let Some(interval) = &ratio.interval {
            let title = format!(
                "{:.0} % interval: {} to {}",
                interval.confidence * 100.0,
                compared::change(interval.low),
                compared::change(interval.high)
            );
            marks.push(Mark::between(
                axis,
                (interval.low, interval.high),
                Shape::Span,
                title,
            ));
        }
        marks.push(Mark::at(
            axis,
            ratio.estimate,
            Shape::Diamond,
            format!("estimate {}", compared::change(ratio.estimate)),
        ));
    }
    if let Some(ratio) = test.detectable_ratio {
        let title = format!(
            "the smallest that these runs could show: {}",
            compared::change(ratio)
        );
        marks.push(Mark::at(axis, ratio, Shape::Triangle, title).on_level(84.0));
    }
    Strip {
        title: name(&test.label()),
        desc: format!(
            "head over base {}; the smallest that these runs could show: {}; {}",
            compared::ratio(test),
            compared::detectable(test),
            compared::verdict(test)
        ),
        marks,
    }
}
