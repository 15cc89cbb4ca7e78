//! Both arms' runs in the order in which they were made, so that drift can be seen.

use perf_guard::{Seconds, comparison::Origin};

use super::{
    axis::LogAxis,
    frame::Badge,
    marks::{Legend, Percent, Shape, Tick},
    shown::{Part, name},
};
use crate::{
    Arm,
    compare::{CompareRun, CompareSample, ComparedTest},
    words,
};

/// Plots of a page.
const MOST_PLOTS: usize = 120;
/// Runs that a plot draws of an arm.
const MOST_RUNS: usize = 200;

/// One test's runs.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) what: String,
    pub(super) badge: Badge,
    pub(super) desc: String,
    /// Positions are from the top.
    pub(super) ticks: Vec<Tick>,
    pub(super) points: Vec<Point>,
    pub(super) medians: Vec<Median>,
    pub(super) note: Option<String>,
}

/// One run.
#[derive(Debug)]
pub(super) struct Point {
    pub(super) x: Percent,
    pub(super) y: Percent,
    pub(super) shape: Shape,
    pub(super) title: String,
}

/// The median of an arm, over the whole width.
#[derive(Debug)]
pub(super) struct Median {
    pub(super) y: Percent,
    pub(super) arm: Arm,
    pub(super) title: String,
}

pub(super) fn legend() -> Vec<Legend> {
    Legend::of([
        (Shape::Ring, "a run of base"),
        (Shape::Dot, "a run of head"),
        (
            Shape::Triangle,
            "a run that was ready at once, from a cache; its time is not used",
        ),
    ])
}

/// All tests with runs.
pub(super) fn of(run: &CompareRun) -> Part<Order> {
    Part::first(run.tests.iter().filter_map(plot).collect(), MOST_PLOTS)
}

fn plot(test: &ComparedTest) -> Option<Order> {
    let all = || test.base.iter().chain(&test.head);
    let axis = LogAxis::around(all().map(|sample| sample.seconds.as_secs_f64()))?;
    let end = all().map(|sample| sample.at_s).fold(0.0, f64::max);
    let begin = all().map(|sample| sample.at_s).fold(end, f64::min);
    let span = Span { begin, end };
    let arms = Arm::ALL.map(|arm| (arm, test.samples(arm)));
    let thinned = arms.iter().any(|(_, samples)| samples.len() > MOST_RUNS);
    Some(Order {
        what: name(&format!("{}, {}", test.label(), test.metric.as_words())),
        badge: super::forest::badge(test),
        desc: format!(
            "{} runs of base with a median of {}, {} of head with {}, by when they began and how long they took",
            test.base.len(),
            median(test.base_median_s),
            test.head.len(),
            median(test.head_median_s)
        ),
        ticks: axis
            .ticks()
            .into_iter()
            .map(|value| Tick {
                at: Percent(100.0 - axis.at(value)),
                label: words::seconds(value),
            })
            .collect(),
        points: arms
            .iter()
            .flat_map(|(arm, samples)| points(*arm, samples, &axis, &span))
            .collect(),
        medians: [(Arm::Base, test.base_median_s), (Arm::Head, test.head_median_s)]
            .into_iter()
            .filter_map(|(arm, time)| {
                let time = time?;
                Some(Median {
                    y: Percent(100.0 - axis.at(time.as_secs_f64())),
                    arm,
                    title: format!("median of {arm}: {}", words::time(time)),
                })
            })
            .collect(),
        note: thinned.then(|| format!("Of more than {MOST_RUNS} runs an arm every so manieth is drawn.")),
    })
}

/// From the first run to the last, in seconds since the first of all.
struct Span {
    begin: f64,
    end: f64,
}

impl Span {
    fn at(&self, at_s: f64) -> Percent {
        let length = self.end - self.begin;
        let part = if length > 0.0 {
            (at_s - self.begin) / length
        } else {
            0.5
        };
        Percent(3.0 + part.clamp(0.0, 1.0) * 94.0)
    }
}

fn points<'a>(
    arm: Arm,
    samples: &'a [CompareSample],
    axis: &'a LogAxis,
    span: &'a Span,
) -> impl Iterator<Item = Point> + 'a {
    let step = samples.len().div_ceil(MOST_RUNS).max(1);
    samples
        .iter()
        .enumerate()
        .step_by(step)
        .map(move |(i, sample)| Point {
            x: span.at(sample.at_s),
            y: Percent(100.0 - axis.at(sample.seconds.as_secs_f64())),
            shape: match (sample.origin, arm) {
                (Origin::FastReady, _) => Shape::Triangle,
                (_, Arm::Base) => Shape::Ring,
                (_, Arm::Head) => Shape::Dot,
            },
            title: format!(
                "{arm}, pair {}: {} after {:.0} s{}",
                i + 1,
                words::time(sample.seconds),
                sample.at_s,
                match sample.origin {
                    Origin::Worked => "",
                    Origin::FastReady => ", ready at once and not used",
                    Origin::CacheTimed => ", from the cache",
                }
            ),
        })
}

fn median(time: Option<Seconds>) -> String {
    time.map_or_else(|| "nothing".to_owned(), words::time)
}
