//! The lower envelope of a saw-tooth.

use super::series::{Point, Series};

/// The lowest point of each of `bins` equal parts of the span; parts without a point have none. A figure that is let go at
/// least once in each part shows by these what it keeps.
#[must_use]
pub fn troughs(series: &Series, bins: usize) -> Series {
    let points = series.points();
    let (Some(first), span) = (points.first(), series.span_s()) else {
        return Series::default();
    };
    if span <= 0.0 {
        return series.clone();
    }
    let bins = bins.max(1);
    let bin = |point: &Point| (((point.at_s - first.at_s) / span * bins as f64) as usize).min(bins - 1);
    let lowest = |part: &[Point]| part.iter().copied().min_by(|a, b| a.value.total_cmp(&b.value));
    Series::of_ordered(
        points
            .chunk_by(|a, b| bin(a) == bin(b))
            .filter_map(lowest)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_saw_tooth_the_points_before_the_next_rise_are_left() {
        let point = |i: u32| Point {
            at_s: f64::from(i),
            value: f64::from(i % 10) + 100.0,
        };
        let series = Series::new("saw", (0..100).map(point).collect()).unwrap();
        let found = troughs(&series, 10);
        assert_eq!(found.points().len(), 10);
        assert!(
            found.points().iter().all(|point| point.value == 100.0),
            "{found:?}"
        );
    }

    #[test]
    fn nothing_and_one_moment_stay_what_they_are() {
        assert_eq!(troughs(&Series::default(), 10), Series::default());
        let at = |value| Point { at_s: 5.0, value };
        let one = Series::new("one", vec![at(1.0), at(2.0)]).unwrap();
        assert_eq!(troughs(&one, 10), one);
    }
}
