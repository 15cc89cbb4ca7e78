//! A value over time in straight lines: users of a closed load, arrivals per second of an open one.

use std::time::Duration;

/// One straight line: from where the line before it ended to `to`, within `lasts`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// How long it lasts; zero is a jump.
    pub lasts: Duration,
    /// The value at its end: finite, and not negative.
    pub to: f64,
}

impl Stage {
    /// A line to `to` within `lasts`.
    #[must_use]
    pub const fn new(lasts: Duration, to: f64) -> Self {
        Self { lasts, to }
    }
}

/// Why stages make no ramp.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum RampError {
    /// A value is none.
    #[error("a stage leads to {0}; legal: a finite number from 0 to 1e9")]
    Value(f64),
    /// Nothing would ever happen.
    #[error("the stages last no time at all, or their value is 0 throughout")]
    Empty,
    /// It would never end.
    #[error("the stages last longer than a week")]
    TooLong,
}

/// Straight lines, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Ramp {
    lines: Vec<Line>,
}

/// One line with what came before it. Times are seconds from the start.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Line {
    begins: f64,
    ends: f64,
    from: f64,
    to: f64,
    /// The area under all lines before this one.
    area_before: f64,
}

const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);
const HIGHEST: f64 = 1e9;

impl Ramp {
    /// The lines from `start` on.
    ///
    /// # Errors
    /// When a value is not finite, negative or absurd, when nothing would happen, or when it would not end within a week.
    pub fn new(start: f64, stages: &[Stage]) -> Result<Self, RampError> {
        let values = std::iter::once(start).chain(stages.iter().map(|stage| stage.to));
        if let Some(value) = values.into_iter().find(|value| !(0.0..=HIGHEST).contains(value)) {
            return Err(RampError::Value(value));
        }
        if stages.iter().map(|stage| stage.lasts).sum::<Duration>() > LONGEST {
            return Err(RampError::TooLong);
        }
        let mut lines = Vec::with_capacity(stages.len());
        let (mut begins, mut from, mut area_before) = (0.0, start, 0.0);
        for stage in stages {
            let line = Line {
                begins,
                ends: begins + stage.lasts.as_secs_f64(),
                from,
                to: stage.to,
                area_before,
            };
            area_before += line.area_until(line.ends);
            (begins, from) = (line.ends, line.to);
            if !stage.lasts.is_zero() {
                lines.push(line);
            }
        }
        if area_before > 0.0 {
            Ok(Self { lines })
        } else {
            Err(RampError::Empty)
        }
    }

    /// One value throughout.
    ///
    /// # Errors
    /// As [`Ramp::new`].
    pub fn constant(value: f64, lasts: Duration) -> Result<Self, RampError> {
        Self::new(value, &[Stage::new(lasts, value)])
    }

    /// How long it lasts.
    #[must_use]
    pub fn lasts(&self) -> Duration {
        Duration::from_secs_f64(self.lines.last().map_or(0.0, |line| line.ends))
    }

    /// The highest value.
    #[must_use]
    pub fn highest(&self) -> f64 {
        let values = self.lines.iter().flat_map(|line| [line.from, line.to]);
        values.fold(0.0, f64::max)
    }

    /// The value at a time; 0 beyond the end. At a jump, the value after it.
    #[must_use]
    pub fn at(&self, time: Duration) -> f64 {
        let time = time.as_secs_f64();
        let line = self.lines.iter().find(|line| time < line.ends);
        line.map_or(0.0, |line| line.value_at(time))
    }

    /// The area under the lines from the start to a time: how many arrivals a rate has brought by then.
    #[must_use]
    pub fn area_until(&self, time: Duration) -> f64 {
        let time = time.as_secs_f64();
        let begun = self.lines.iter().rfind(|line| line.begins <= time);
        begun.map_or(0.0, |line| {
            line.area_before + line.area_until(time.min(line.ends))
        })
    }

    /// The whole area.
    #[must_use]
    pub fn area(&self) -> f64 {
        self.area_until(self.lasts())
    }

    /// When the area reaches `area`; `None` if it never does.
    #[must_use]
    pub fn time_of(&self, area: f64) -> Option<Duration> {
        let at = self
            .lines
            .partition_point(|line| line.area_before + line.area_until(line.ends) < area);
        let line = self.lines.get(at)?;
        Some(Duration::from_secs_f64(line.time_of(area - line.area_before)))
    }

    /// The spans of time in which the value is above `level`, in order.
    #[must_use]
    pub fn spans_above(&self, level: f64) -> Vec<(Duration, Duration)> {
        let mut spans: Vec<(f64, f64)> = Vec::new();
        for (begins, ends) in self.lines.iter().filter_map(|line| line.span_above(level)) {
            match spans.last_mut() {
                Some(last) if last.1 >= begins => last.1 = ends,
                _ => spans.push((begins, ends)),
            }
        }
        let span = |(begins, ends)| (Duration::from_secs_f64(begins), Duration::from_secs_f64(ends));
        spans.into_iter().map(span).collect()
    }
}

impl Line {
    fn lasts(&self) -> f64 {
        self.ends - self.begins
    }

    fn value_at(&self, time: f64) -> f64 {
        let share = (time - self.begins) / self.lasts();
        self.from + (self.to - self.from) * share
    }

    /// The area under this line alone, up to a time within it.
    fn area_until(&self, time: f64) -> f64 {
        if self.lasts() <= 0.0 {
            return 0.0;
        }
        (time - self.begins) * (self.from + self.value_at(time)) / 2.0
    }

    /// The inverse of [`Line::area_until`]: t of from·t + slope/2·t² = area, by the form that does not cancel.
    fn time_of(&self, area: f64) -> f64 {
        let slope = (self.to - self.from) / self.lasts();
        let root = (self.from * self.from + 2.0 * slope * area).max(0.0).sqrt();
        let denominator = self.from + root;
        let within = if denominator > 0.0 {
            2.0 * area / denominator
        } else {
            0.0
        };
        self.begins + within.clamp(0.0, self.lasts())
    }

    fn span_above(&self, level: f64) -> Option<(f64, f64)> {
        let crosses = || self.begins + (level - self.from) / (self.to - self.from) * self.lasts();
        match (self.from > level, self.to > level) {
            (true, true) => Some((self.begins, self.ends)),
            (true, false) => Some((self.begins, crosses())),
            (false, true) => Some((crosses(), self.ends)),
            (false, false) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// 0 to 10 within 10 s, 10 for 10 s, back to 0 within 10 s.
    fn hill() -> Ramp {
        Ramp::new(
            0.0,
            &[
                Stage::new(s(10), 10.0),
                Stage::new(s(10), 10.0),
                Stage::new(s(10), 0.0),
            ],
        )
        .unwrap()
    }

    #[rstest]
    #[case::at_the_foot(0, 0.0, 0.0)]
    #[case::half_way_up(5, 5.0, 12.5)]
    #[case::on_top(10, 10.0, 50.0)]
    #[case::on_the_plateau(15, 10.0, 100.0)]
    #[case::half_way_down(25, 5.0, 187.5)]
    #[case::at_the_end(30, 0.0, 200.0)]
    #[case::beyond_it(99, 0.0, 200.0)]
    fn a_hill_has_its_value_and_its_area(#[case] at: u64, #[case] value: f64, #[case] area: f64) {
        assert!((hill().at(s(at)) - value).abs() < 1e-9);
        assert!((hill().area_until(s(at)) - area).abs() < 1e-9);
    }

    #[test]
    fn a_jump_takes_no_time_and_no_area() {
        let ramp = Ramp::new(
            1.0,
            &[
                Stage::new(s(10), 1.0),
                Stage::new(s(0), 5.0),
                Stage::new(s(10), 5.0),
            ],
        )
        .unwrap();
        assert!((ramp.at(s(10)) - 5.0).abs() < 1e-9);
        assert!((ramp.area() - 60.0).abs() < 1e-9);
        assert_eq!(ramp.time_of(10.0), Some(s(10)));
        assert_eq!(ramp.time_of(35.0), Some(s(15)));
    }

    #[test]
    fn users_live_while_the_ramp_is_above_them() {
        assert_eq!(hill().spans_above(5.0), [(s(5), s(25))]);
        assert_eq!(hill().spans_above(10.0), []);
        let twice = Ramp::new(0.0, &[4.0, 0.0, 4.0, 0.0].map(|to| Stage::new(s(4), to))).unwrap();
        assert_eq!(twice.spans_above(2.0), [(s(2), s(6)), (s(10), s(14))]);
        assert_eq!(twice.spans_above(0.0), [(s(0), s(16))]);
    }

    #[rstest]
    #[case::no_stage(0.0, &[], RampError::Empty)]
    #[case::no_time(5.0, &[Stage::new(s(0), 5.0)], RampError::Empty)]
    #[case::nothing_throughout(0.0, &[Stage::new(s(9), 0.0)], RampError::Empty)]
    #[case::a_negative_value(1.0, &[Stage::new(s(9), -1.0)], RampError::Value(-1.0))]
    #[case::without_end(1.0, &[Stage::new(s(8 * 24 * 3600), 1.0)], RampError::TooLong)]
    fn what_is_no_load_is_refused(#[case] start: f64, #[case] stages: &[Stage], #[case] error: RampError) {
        assert_eq!(Ramp::new(start, stages), Err(error));
    }

    #[test]
    fn a_value_that_is_no_number_is_refused() {
        for value in [f64::NAN, f64::INFINITY] {
            assert!(matches!(Ramp::constant(value, s(1)), Err(RampError::Value(_))));
        }
    }

    proptest! {
        #[test]
        fn the_time_of_an_area_has_that_area(
            start in 0.0..50.0_f64,
            stages in proptest::collection::vec((1..100_u64, 0.0..50.0_f64), 1..6),
            share in 0.0..1.0_f64,
        ) {
            let stages: Vec<_> = stages.iter().map(|(lasts, to)| Stage::new(s(*lasts), *to)).collect();
            let ramp = Ramp::new(start, &stages);
            prop_assume!(ramp.is_ok());
            let ramp = ramp.unwrap();
            let area = ramp.area() * share;
            let time = ramp.time_of(area).unwrap();
            // A nanosecond at 50 a second is 5e-8.
            prop_assert!((ramp.area_until(time) - area).abs() < 1e-6);
        }

        #[test]
        fn users_alive_at_a_time_are_as_many_as_the_ramp_says(
            stages in proptest::collection::vec((1..20_u64, 0..9_u32), 1..6),
            at in 0.0..120.0_f64,
        ) {
            let stages: Vec<_> = stages.iter().map(|(lasts, to)| Stage::new(s(*lasts), f64::from(*to))).collect();
            let ramp = Ramp::new(3.0, &stages).unwrap();
            let at = Duration::from_secs_f64(at);
            let value = ramp.at(at);
            let alive = (0..10).filter(|user| {
                ramp.spans_above(f64::from(*user)).iter().any(|(from, to)| (*from..*to).contains(&at))
            });
            // On a whole number the next user may be just coming or going.
            let (least, most) = ((value - 1e-6).ceil() as usize, (value + 1e-6).ceil() as usize);
            prop_assert!((least..=most).contains(&alive.count()), "{} to {}", least, most);
        }
    }
}
