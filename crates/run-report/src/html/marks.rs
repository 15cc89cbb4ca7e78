//! What is drawn on an axis, as values; the templates turn it into SVG.
//!
//! The plots are drawn by templates and not by a plotting library: `plotters` writes colours into each element, so that a
//! page could not follow a dark or a printed style, and gives marks neither titles nor a size that stays while the plot
//! follows the page's width. Positions across are in percent for that, and everything else is in pixels.

use std::fmt;

use super::axis::LogAxis;

/// A share of the width, written as `12.34%`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Percent(pub(super) f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}%", self.0)
    }
}

/// The shape of a mark. Each meaning has a shape of its own, so that no colour is needed to tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A filled circle: one measured value.
    Dot,
    /// A hollow circle: a measured value of another kind.
    Ring,
    /// An upright line over the full height.
    Line,
    /// A dashed upright line over the full height: a limit.
    Limit,
    /// A short thick upright line: a median.
    Tick,
    /// A diamond: an estimate.
    Diamond,
    /// A triangle.
    Triangle,
    /// A line along the axis: an interval.
    Span,
    /// A shaded part: beyond a limit.
    Zone,
}

/// One thing on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark {
    /// Its shape.
    pub(super) shape: Shape,
    /// Where it is, or where it begins.
    pub(super) at: Percent,
    /// How far it reaches, for spans and zones; 0 for the others.
    pub(super) width: Percent,
    /// Its height in the row.
    pub(super) level: Percent,
    /// What it says when it is pointed at.
    pub(super) title: String,
}

impl Mark {
    /// A mark at a value, in the middle of the row.
    pub(super) fn at(axis: &LogAxis, value: f64, shape: Shape, title: String) -> Self {
        Self {
            shape,
            at: Percent(axis.at(value)),
            width: Percent(0.0),
            level: Percent(50.0),
            title,
        }
    }

    /// A mark between two values.
    pub(super) fn between(axis: &LogAxis, (low, high): (f64, f64), shape: Shape, title: String) -> Self {
        let (from, to) = (axis.at(low), axis.at(high));
        Self {
            width: Percent(to - from),
            ..Self::at(axis, low, shape, title)
        }
    }

    /// The rest of the axis beyond a value.
    pub(super) fn beyond(axis: &LogAxis, value: f64, title: String) -> Self {
        Self {
            width: Percent(100.0 - axis.at(value)),
            ..Self::at(axis, value, Shape::Zone, title)
        }
    }

    /// The same at another height, in percent of the row from its top.
    pub(super) fn on_level(mut self, percent: f64) -> Self {
        self.level = Percent(percent);
        self
    }
}

/// A value written under an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// Where.
    pub(super) at: Percent,
    /// Its label.
    pub(super) label: String,
}

/// Ticks of an axis, labelled by `label`.
pub(super) fn ticks(axis: &LogAxis, label: impl Fn(f64) -> String) -> Vec<Tick> {
    let values = axis.ticks().into_iter();
    values
        .map(|value| Tick {
            at: Percent(axis.at(value)),
            label: label(value),
        })
        .collect()
}

/// One row of a plot.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Strip {
    /// Its name for programs that read pages aloud.
    pub(super) title: String,
    /// The same as the drawing, in words.
    pub(super) desc: String,
    /// What is drawn, the hindmost first.
    pub(super) marks: Vec<Mark>,
}

/// One entry of a legend.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Legend {
    /// The mark.
    pub(super) mark: Mark,
    /// What it means.
    pub(super) meaning: &'static str,
}

impl Legend {
    pub(super) fn of(entries: impl IntoIterator<Item = (Shape, &'static str)>) -> Vec<Self> {
        let entries = entries.into_iter();
        entries
            .map(|(shape, meaning)| Self {
                mark: Mark {
                    shape,
                    at: Percent(if matches!(shape, Shape::Zone | Shape::Span) {
                        10.0
                    } else {
                        50.0
                    }),
                    width: Percent(80.0),
                    level: Percent(50.0),
                    title: String::new(),
                },
                meaning,
            })
            .collect()
    }
}

/// At most so many of many values, evenly by rank with the least and the greatest, in rising order.
pub(super) fn thinned(mut values: Vec<f64>, most: usize) -> Vec<f64> {
    if values.len() <= most {
        return values;
    }
    values.sort_by(f64::total_cmp);
    let last = values.len() - 1;
    (0..most).map(|i| values[i * last / (most - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_ends_and_the_shape() {
        let many: Vec<f64> = (0..10_000).rev().map(f64::from).collect();
        let few = thinned(many, 101);
        assert_eq!(few.len(), 101);
        assert_eq!((few[0], few[50], few[100]), (0.0, 4999.0, 9999.0));
        assert_eq!(thinned(vec![3.0, 1.0], 2), [3.0, 1.0]);
    }
}
