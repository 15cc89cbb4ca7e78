//! What the judgement finds in series whose truth is known, and how often it cries wolf. Values are MiB, a point every
//! 10 s, as a soak has them; the rule is that of the soak for memory.

use rstest::rstest;

use super::*;

const RULE: Rule = Rule {
    shape: Shape::SawTooth,
    limit: Limit::PerHour(24.0),
    confidence: Confidence::P99,
    least_span_s: 240.0,
};
/// 1 MB a minute, in MiB an hour.
const LEAK: f64 = 60.0 * 1e6 / 1_048_576.0;
/// Points of a 10 minute soak that has warmed up for a minute and a half.
const POINTS: usize = 51;
const RUNS: u64 = 100;

/// A generator of its own, so that the figures stay what they are.
struct Draws(u64);

impl Draws {
    /// Evenly from 0 to 1.
    fn even(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1_u32 << 31)
    }

    /// Nearly normal, with the standard deviation 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.even()).sum::<f64>() - 6.0
    }
}

/// Memory as it looks without a leak: it goes about a level, slowly (each value keeps 0.7 of the last one's distance from it).
fn wandering(draws: &mut Draws, sd: f64) -> Vec<f64> {
    let mut at = 0.0;
    let fresh = sd * (1.0_f64 - 0.7 * 0.7).sqrt();
    (0..POINTS)
        .map(|_| {
            at = 0.7 * at + fresh * draws.normal();
            60.0 + at
        })
        .collect()
}

fn judged(values: &[f64]) -> TrendVerdict {
    let points = values.iter().enumerate().map(|(i, &value)| Point {
        at_s: 90.0 + 10.0 * i as f64,
        value,
    });
    RULE.judge(&Series::new("rss", points.collect()).unwrap()).verdict
}

fn hours(i: usize) -> f64 {
    10.0 * i as f64 / 3600.0
}

/// Runs of so many that are judged so.
fn count(verdict: TrendVerdict, make: impl Fn(&mut Draws) -> Vec<f64>) -> u64 {
    let is_it = |seed: &u64| judged(&make(&mut Draws(1_000 + seed))) == verdict;
    (0..RUNS).filter(is_it).count() as u64
}

#[test]
fn a_leak_of_a_megabyte_a_minute_is_found_in_a_ten_minute_soak() {
    let leaking = |draws: &mut Draws| {
        let mut values = wandering(draws, 0.6);
        values
            .iter_mut()
            .enumerate()
            .for_each(|(i, value)| *value += LEAK * hours(i));
        values
    };
    let found = count(TrendVerdict::Leak, leaking);
    assert!(found >= RUNS * 99 / 100, "{found} of {RUNS}");
    assert_eq!(count(TrendVerdict::NoLeakShown, leaking), 0);
}

#[rstest]
#[case::quiet(0.1, 0)]
#[case::usual(0.6, 0)]
#[case::restless(2.0, 1)]
fn memory_that_goes_about_a_level_is_hardly_ever_a_leak(#[case] sd: f64, #[case] at_most: u64) {
    let alarms = count(TrendVerdict::Leak, |draws| wandering(draws, sd));
    assert!(alarms <= at_most, "{alarms} of {RUNS}");
}

#[test]
fn quiet_memory_is_cleared() {
    let cleared = count(TrendVerdict::NoLeakShown, |draws| wandering(draws, 0.3));
    assert!(cleared >= RUNS * 99 / 100, "{cleared} of {RUNS}");
}

/// Teeth of 6 MiB, from half a minute to more than half of the run.
#[rstest]
#[case::short(30.0)]
#[case::a_minute(60.0)]
#[case::of_no_round_number(97.0)]
#[case::long(165.0)]
#[case::two_and_a_bit(235.0)]
#[case::less_than_two(300.0)]
fn a_saw_tooth_without_a_trend_is_no_leak(#[case] tooth_s: f64) {
    let alarms = count(TrendVerdict::Leak, |draws| {
        let phase = draws.even();
        let mut values = wandering(draws, 0.3);
        values
            .iter_mut()
            .enumerate()
            .for_each(|(i, value)| *value += 6.0 * (10.0 * i as f64 / tooth_s + phase).fract());
        values
    });
    assert_eq!(alarms, 0);
}

/// Teeth of any height up to 60 MiB, that last for one to three points.
#[test]
fn a_leak_shows_through_a_saw_tooth() {
    let found = count(TrendVerdict::Leak, |draws| {
        let mut values = wandering(draws, 0.3);
        let mut since_let_go = 0.0;
        values.iter_mut().enumerate().for_each(|(i, value)| {
            *value += LEAK * hours(i) + 30.0 * since_let_go * draws.even();
            since_let_go = if since_let_go >= 2.0 || draws.even() < 0.3 {
                0.0
            } else {
                since_let_go + 1.0
            };
        });
        values
    });
    assert!(found >= RUNS * 95 / 100, "{found} of {RUNS}");
}

/// Steps of 4 MiB in ever longer intervals, the last one before the middle.
#[test]
fn a_stair_case_that_levels_off_is_no_leak() {
    let alarms = count(TrendVerdict::Leak, |draws| {
        let mut values = wandering(draws, 0.2);
        values.iter_mut().enumerate().for_each(|(i, value)| {
            *value += 4.0 * [4, 9, 15, 22].into_iter().filter(|step| i >= *step).count() as f64;
        });
        values
    });
    assert_eq!(alarms, 0);
}

#[test]
fn outliers_make_no_leak() {
    let alarms = count(TrendVerdict::Leak, |draws| {
        let mut values = wandering(draws, 0.3);
        // Most of them late, where they pull the most.
        for i in [3, 31, 40, 41, 45, 46, 49, 50] {
            values[i] += 40.0 * draws.even();
        }
        values
    });
    assert_eq!(alarms, 0);
}

#[rstest]
#[case::few_points(11, 60.0)]
#[case::short_span(40, 5.0)]
fn too_little_is_insufficient_however_steep(#[case] points: usize, #[case] step_s: f64) {
    let point = |i: usize| Point {
        at_s: step_s * i as f64,
        value: 100.0 * i as f64,
    };
    let found = RULE.judge(&Series::new("rss", (0..points).map(point).collect()).unwrap());
    assert_eq!(found.verdict, TrendVerdict::Insufficient, "{}", found.why);
}

#[test]
fn what_begins_to_rise_late_is_neither_cleared_nor_called_a_leak() {
    let mut values = vec![60.0; POINTS];
    for (since, value) in values[24..].iter_mut().enumerate() {
        *value += 26.0 * hours(since);
    }
    assert_eq!(judged(&values), TrendVerdict::Insufficient);
}

#[test]
fn a_share_of_nothing_is_no_limit() {
    let rule = Rule {
        limit: Limit::SharePerHour(0.5),
        shape: Shape::Level,
        ..RULE
    };
    let point = |i: usize| Point {
        at_s: 10.0 * i as f64,
        value: 0.0,
    };
    let found = rule.judge(&Series::new("latency", (0..POINTS).map(point).collect()).unwrap());
    assert_eq!(
        (found.verdict, found.limit_per_h),
        (TrendVerdict::Insufficient, None)
    );
}
