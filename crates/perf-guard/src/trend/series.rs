//! A figure over time.

use crate::ValueError;

/// One value at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When, in seconds since any fixed moment.
    pub at_s: f64,
    /// How much, in the figure's own unit.
    pub value: f64,
}

/// Values with their times, all finite, by rising time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series(Vec<Point>);

impl Series {
    /// In whatever order the points come.
    ///
    /// # Errors
    /// A time or a value that is not finite; the error's field is `field[index]`.
    pub fn new(field: &str, mut points: Vec<Point>) -> Result<Self, ValueError> {
        let broken = points
            .iter()
            .position(|point| !point.at_s.is_finite() || !point.value.is_finite());
        if let Some(i) = broken {
            let given = format!("{} at {} s", points[i].value, points[i].at_s);
            let error = ValueError::new(field, given, "a finite number at a finite time");
            return Err(error.under(format!("{field}[{i}]")));
        }
        // By value too, so that the order of samples never matters.
        points.sort_by(|a, b| a.at_s.total_cmp(&b.at_s).then(a.value.total_cmp(&b.value)));
        Ok(Self(points))
    }

    /// The points, by rising time.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.0
    }

    /// From the first point to the last, in seconds.
    #[must_use]
    pub fn span_s(&self) -> f64 {
        match (self.0.first(), self.0.last()) {
            (Some(first), Some(last)) => last.at_s - first.at_s,
            _ => 0.0,
        }
    }

    /// The points of a part of the span: shares of it, both ends included.
    pub(super) fn part(&self, from: f64, to: f64) -> Self {
        let Some(first) = self.0.first() else {
            return Self::default();
        };
        let at = |share: f64| first.at_s + share * self.span_s();
        let inside = |point: &&Point| point.at_s >= at(from) && point.at_s <= at(to);
        Self(self.0.iter().filter(inside).copied().collect())
    }

    /// Points that are known to be legal and in order.
    pub(super) const fn of_ordered(points: Vec<Point>) -> Self {
        Self(points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_refused_where_it_stands() {
        let at = |at_s, value| Point { at_s, value };
        let error = Series::new("rss", vec![at(0.0, 1.0), at(1.0, f64::NAN)]).unwrap_err();
        assert!(error.to_string().starts_with("rss[1] is NaN at 1 s"), "{error}");
        assert!(Series::new("rss", vec![at(f64::INFINITY, 1.0)]).is_err());
    }
}
