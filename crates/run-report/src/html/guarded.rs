//! The values under guard: each with its repeats, its baseline and its threshold on one axis of ratios.

use perf_guard::Comparison;

use super::{
    axis::LogAxis,
    frame::{Badge, Tone},
    marks::{Legend, Mark, Shape, Strip, Tick, thinned, ticks},
    shown::{Part, name},
};
use crate::{golden_run::GoldenRun, words};

/// Rows of the table.
const MOST_ROWS: usize = 500;
/// Repeats that a row draws one by one.
pub(super) const MOST_DOTS: usize = 100;

/// The table of the values under guard.
#[derive(Debug)]
pub(super) struct Guarded {
    pub(super) ticks: Vec<Tick>,
    pub(super) legend: Vec<Legend>,
    pub(super) rows: Part<GuardedRow>,
    /// Whether some row draws fewer repeats than there were.
    pub(super) thinned: Option<String>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct GuardedRow {
    pub(super) name: String,
    pub(super) cache: &'static str,
    pub(super) strip: Strip,
    pub(super) measured: String,
    pub(super) baseline: String,
    pub(super) slower: String,
    pub(super) threshold: String,
    pub(super) effective_ratio: String,
    pub(super) badge: Badge,
}

impl Guarded {
    /// Nothing if no time was held against a baseline.
    pub(super) fn of(run: &GoldenRun) -> Option<Self> {
        let values: Vec<Value> = run
            .perf_checks
            .iter()
            .map(|check| Value::of(run, check))
            .collect();
        let axis = LogAxis::around(values.iter().flat_map(Value::on_axis))?;
        let most = values.iter().map(|value| value.repeats.len()).max().unwrap_or(0);
        let rows = values.iter().map(|value| value.row(&axis)).collect();
        Some(Self {
            ticks: ticks(&axis, words::plain_ratio),
            legend: Legend::of([
                (Shape::Dot, "a repeat"),
                (Shape::Tick, "median of the repeats, which is judged"),
                (Shape::Line, "baseline, 1×"),
                (Shape::Limit, "threshold"),
                (Shape::Zone, "beyond it the guard fails"),
            ]),
            rows: Part::first(rows, MOST_ROWS),
            thinned: (most > MOST_DOTS).then(|| {
                format!(
                    "Of more than {MOST_DOTS} repeats {MOST_DOTS} are drawn, evenly by rank, with the fastest and the \
                     slowest; the median is that of all."
                )
            }),
        })
    }
}

/// One value with all that is drawn of it.
struct Value<'a> {
    check: &'a Comparison,
    /// Times of the repeats, in seconds.
    repeats: Vec<f64>,
    failed: bool,
}

impl<'a> Value<'a> {
    fn of(run: &GoldenRun, check: &'a Comparison) -> Self {
        let tests = run.tests.iter().filter(|test| test.cache == Some(check.cache));
        let repeats = tests.flat_map(|test| &test.repeats);
        let samples = repeats.filter_map(|repeat| repeat.samples_s.get(&check.name));
        Self {
            check,
            repeats: samples.map(|s| s.as_secs_f64()).collect(),
            failed: run
                .perf_failures
                .iter()
                .any(|failure| failure.name == check.name && failure.cache == check.cache),
        }
    }

    fn to_baseline(&self, seconds: f64) -> f64 {
        seconds / self.check.baseline_s.as_secs_f64()
    }

    fn measured(&self) -> f64 {
        self.to_baseline(self.check.measured_s.as_secs_f64())
    }

    fn threshold(&self) -> f64 {
        self.to_baseline(self.check.threshold_s.as_secs_f64())
    }

    fn on_axis(&self) -> Vec<f64> {
        let repeats = self.repeats.iter().map(|s| self.to_baseline(*s));
        repeats.chain([1.0, self.measured(), self.threshold()]).collect()
    }

    fn row(&self, axis: &LogAxis) -> GuardedRow {
        let check = self.check;
        let badge = if self.failed {
            Badge::new(Tone::Bad, "slower")
        } else {
            Badge::new(Tone::Good, "held")
        };
        GuardedRow {
            name: name(&check.name),
            cache: check.cache.as_str(),
            strip: self.strip(axis, &badge.word),
            measured: words::time(check.measured_s),
            baseline: words::time(check.baseline_s),
            slower: words::ratio(self.measured()),
            threshold: words::time(check.threshold_s),
            effective_ratio: words::ratio(check.effective_ratio),
            badge,
        }
    }

    fn strip(&self, axis: &LogAxis, verdict: &str) -> Strip {
        let check = self.check;
        let (threshold, baseline) = (words::time(check.threshold_s), words::time(check.baseline_s));
        let mut marks = vec![
            Mark::beyond(
                axis,
                self.threshold(),
                format!("beyond the threshold of {threshold}"),
            ),
            Mark::at(axis, 1.0, Shape::Line, format!("baseline {baseline}")),
            Mark::at(
                axis,
                self.threshold(),
                Shape::Limit,
                format!("threshold {threshold}"),
            ),
        ];
        marks.extend(self.dots(axis));
        let median = format!("median {}", words::time(check.measured_s));
        marks.push(Mark::at(axis, self.measured(), Shape::Tick, median));
        Strip {
            title: format!("{} ({})", name(&check.name), check.cache),
            desc: format!(
                "{} repeats{}, median {}; baseline {baseline}, threshold {threshold}: {verdict}",
                check.repeats,
                self.range(),
                words::time(check.measured_s),
            ),
            marks,
        }
    }

    fn dots(&self, axis: &LogAxis) -> impl Iterator<Item = Mark> {
        let all = self.repeats.len() <= MOST_DOTS;
        let drawn = thinned(self.repeats.clone(), MOST_DOTS);
        drawn.into_iter().enumerate().map(move |(i, seconds)| {
            let time = words::seconds(seconds);
            let title = if all {
                format!("repeat {}: {time}", i + 1)
            } else {
                format!("a repeat: {time}")
            };
            // Three levels in turn, so that repeats of nearly the same time can be told apart.
            let level = [50.0, 30.0, 70.0][i % 3];
            Mark::at(axis, self.to_baseline(seconds), Shape::Dot, title).on_level(level)
        })
    }

    fn range(&self) -> String {
        let least = self.repeats.iter().copied().reduce(f64::min);
        let greatest = self.repeats.iter().copied().reduce(f64::max);
        match (least, greatest) {
            (Some(least), Some(greatest)) => {
                format!(" from {} to {}", words::seconds(least), words::seconds(greatest))
            }
            _ => String::new(),
        }
    }
}
