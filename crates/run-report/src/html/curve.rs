//! Values over time, or over each other, as values for templates: lines that stretch with the page, dots that keep their shape.

use super::{
    axis::LogAxis,
    marks::{Percent, Tick},
};
use crate::words;

/// Points of one plot; a longer line is thinned evenly.
const MOST_POINTS: usize = 400;
/// The most labels at a linear axis.
const MOST_TICKS: usize = 6;
/// The box in which lines are drawn; it stretches to the plot.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 200.0;

/// How values stand on an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scale {
    /// By their logarithm.
    Log(LogAxis),
    /// From 0 to this.
    Linear(f64),
}

impl Scale {
    /// A logarithmic one of milliseconds; nothing without a value above 0.
    pub(super) fn log(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        LogAxis::around(values).map(Self::Log)
    }

    /// From 0 on; nothing without a value.
    pub(super) fn from_zero(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let finite = values
            .into_iter()
            .filter(|value| value.is_finite() && *value >= 0.0);
        let highest = finite.reduce(f64::max)?;
        Some(Self::Linear(if highest > 0.0 { highest * 1.05 } else { 1.0 }))
    }

    /// Where a value lies, in percent from the low end.
    pub(super) fn at(&self, value: f64) -> f64 {
        match self {
            Self::Log(axis) => axis.at(value),
            Self::Linear(high) => (value / high).clamp(0.0, 1.0) * 100.0,
        }
    }

    fn values(&self) -> Vec<f64> {
        match self {
            Self::Log(axis) => axis.ticks(),
            Self::Linear(high) => {
                let least = high / MOST_TICKS as f64;
                let power = 10_f64.powf(least.log10().floor());
                let steps = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
                let step = steps.into_iter().find(|step| *step >= least).unwrap_or(*high);
                (0..=MOST_TICKS)
                    .map(|i| i as f64 * step)
                    .filter(|value| *value <= *high)
                    .collect()
            }
        }
    }

    /// Labels beside an upright axis; positions are from the top.
    pub(super) fn upright(&self, label: impl Fn(f64) -> String) -> Vec<Tick> {
        let values = self.values().into_iter();
        values
            .map(|value| Tick {
                at: Percent(100.0 - self.at(value)),
                label: label(value),
            })
            .collect()
    }

    /// Labels under an axis.
    pub(super) fn across(&self, label: impl Fn(f64) -> String) -> Vec<Tick> {
        let values = self.values().into_iter();
        values
            .map(|value| Tick {
                at: Percent(self.at(value)),
                label: label(value),
            })
            .collect()
    }
}

/// One line of a plot.
#[derive(Debug)]
pub(super) struct Line {
    /// Its class in the style sheet, which gives it a colour and a dash of its own.
    pub(super) class: &'static str,
    /// What it is.
    pub(super) name: String,
    /// SVG path data in a box of 1000 × 200.
    pub(super) path: String,
    /// In words, for those who do not see it.
    pub(super) desc: String,
}

/// One dot of a plot.
#[derive(Debug)]
pub(super) struct Dot {
    pub(super) x: Percent,
    pub(super) y: Percent,
    /// Of an earlier run.
    pub(super) earlier: bool,
    pub(super) title: String,
}

/// One plot.
#[derive(Debug)]
pub(super) struct Plot {
    pub(super) title: String,
    pub(super) desc: String,
    pub(super) up: Vec<Tick>,
    pub(super) across: Vec<Tick>,
    pub(super) lines: Vec<Line>,
    pub(super) dots: Vec<Dot>,
}

/// Values over time; `None` is a gap.
pub(super) type Values = Vec<(f64, Option<f64>)>;

/// What a line is before it is drawn.
pub(super) struct Drawn {
    pub(super) class: &'static str,
    pub(super) name: String,
    pub(super) values: Values,
}

/// A plot of lines over time, from 0 to `end_s`; nothing without a value.
pub(super) fn over_time(
    title: &str,
    (drawn, end_s): (Vec<Drawn>, f64),
    (scale, label): (Option<Scale>, impl Fn(f64) -> String + Copy),
) -> Option<Plot> {
    let scale = scale?;
    let time = Scale::from_zero([end_s])?;
    let lines: Vec<Line> = drawn
        .iter()
        .filter(|line| line.values.iter().any(|(_, value)| value.is_some()))
        .map(|line| Line {
            class: line.class,
            name: line.name.clone(),
            path: path(&line.values, &time, &scale),
            desc: in_words(line, label),
        })
        .collect();
    if lines.is_empty() {
        return None;
    }
    let said: Vec<&str> = lines.iter().map(|line| line.desc.as_str()).collect();
    Some(Plot {
        title: title.to_owned(),
        desc: said.join("; "),
        up: scale.upright(label),
        across: time.across(moment),
        lines,
        dots: Vec::new(),
    })
}

fn path(values: &Values, time: &Scale, scale: &Scale) -> String {
    let every = values.len().div_ceil(MOST_POINTS).max(1);
    let mut path = String::new();
    let mut is_open = false;
    for (at, value) in values.iter().step_by(every) {
        let Some(value) = value.filter(|value| value.is_finite()) else {
            is_open = false;
            continue;
        };
        let x = time.at(*at) / 100.0 * WIDTH;
        let y = HEIGHT - scale.at(value) / 100.0 * HEIGHT;
        // A point alone is a short stroke, or it could not be seen.
        path += &match is_open {
            true => format!("L{x:.1} {y:.1}"),
            false => format!("M{x:.1} {y:.1}h2"),
        };
        is_open = true;
    }
    path
}

fn in_words(line: &Drawn, label: impl Fn(f64) -> String) -> String {
    let values = || line.values.iter().filter_map(|(_, value)| *value);
    let (least, most) = (values().reduce(f64::min), values().reduce(f64::max));
    match (least, most) {
        (Some(least), Some(most)) => format!("{} from {} to {}", line.name, label(least), label(most)),
        _ => format!("{}: nothing", line.name),
    }
}

/// A time since the start, for an axis.
pub(super) fn moment(seconds: f64) -> String {
    match seconds {
        0.0 => "0".to_owned(),
        s if s >= 120.0 => format!("{} min", (s / 6.0).round() / 10.0),
        s => format!("{} s", (s * 100.0).round() / 100.0),
    }
}

/// Milliseconds, for an axis.
pub(super) fn ms(value: f64) -> String {
    words::sleep(value)
}

/// A number, for an axis.
pub(super) fn plain(value: f64) -> String {
    format!("{}", (value * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(values: Values) -> Drawn {
        Drawn {
            class: "first",
            name: "p50".to_owned(),
            values,
        }
    }

    fn plot(values: Values) -> Option<Plot> {
        let scale = Scale::from_zero(values.iter().filter_map(|(_, value)| *value));
        over_time("t", (vec![drawn(values)], 10.0), (scale, plain))
    }

    #[test]
    fn a_line_begins_anew_after_a_gap_and_a_point_alone_is_a_stroke() {
        let plot = plot(vec![(0.0, Some(1.0)), (5.0, None), (10.0, Some(2.0))]).unwrap();
        assert_eq!(plot.lines[0].path.matches('M').count(), 2);
        assert_eq!(plot.lines[0].path.matches("h2").count(), 2);
        assert_eq!(plot.desc, "p50 from 1 to 2");
    }

    #[test]
    fn a_long_line_is_thinned_and_no_value_is_no_plot() {
        let long = plot((0..5000).map(|i| (f64::from(i) / 500.0, Some(1.0))).collect()).unwrap();
        assert!(long.lines[0].path.matches('L').count() < MOST_POINTS);
        assert!(plot(vec![(0.0, None)]).is_none());
    }

    #[test]
    fn values_lie_within_the_plot_and_labels_are_round() {
        let scale = Scale::from_zero([0.0, 130.0]).unwrap();
        let labels: Vec<String> = scale.across(plain).into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels, ["0", "50", "100"]);
        assert_eq!(scale.at(1e9), 100.0);
        assert_eq!(scale.at(0.0), 0.0);
    }
}
