//! Trends by their laws.

use proptest::{collection::vec, prelude::*};

use super::*;

const RULE: Rule = Rule {
    shape: Shape::SawTooth,
    limit: Limit::PerHour(20.0),
    confidence: Confidence::P99,
    least_span_s: 60.0,
};

/// From falling to rising, with little and with much noise.
fn points() -> impl Strategy<Value = Vec<Point>> {
    (12..80_usize, -0.05..0.05_f64, 0.0..5.0_f64).prop_flat_map(|(n, slope, noise)| {
        vec(-1.0..1.0_f64, n).prop_map(move |drawn| {
            let point = |(i, u): (usize, &f64)| {
                let at_s = 10.0 * i as f64;
                Point {
                    at_s,
                    value: 30.0 + slope * at_s + noise * u,
                }
            };
            drawn.iter().enumerate().map(point).collect()
        })
    })
}

fn series(points: &[Point], change: impl Fn(Point) -> Point) -> Series {
    Series::new("points", points.iter().map(|&point| change(point)).collect()).unwrap()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * (1.0 + a.abs().max(b.abs()))
}

proptest! {
    #[test]
    fn the_order_of_samples_never_matters(
        (points, order) in points().prop_flat_map(|points| (Just(points.clone()), Just(points).prop_shuffle())),
    ) {
        prop_assert_eq!(RULE.judge(&series(&points, |p| p)), RULE.judge(&series(&order, |p| p)));
    }

    /// 2^k, so that no rounding makes or breaks a tie.
    #[test]
    fn a_factor_on_values_and_limit_changes_no_verdict(points in points(), power in -3..6_i32) {
        let factor = 2.0_f64.powi(power);
        let scaled = Rule { limit: Limit::PerHour(20.0 * factor), ..RULE };
        let (plain, found) = (RULE.judge(&series(&points, |p| p)), scaled.judge(&series(&points, |p| Point { value: p.value * factor, ..p })));
        prop_assert_eq!(plain.verdict, found.verdict);
        let (plain, found) = (plain.slope.unwrap(), found.slope.unwrap());
        prop_assert!(near(plain.per_s * factor, found.per_s) && near(plain.high_per_s * factor, found.high_per_s));
    }

    #[test]
    fn a_shift_of_time_or_value_moves_only_the_line(points in points(), time in -1e3..1e3_f64, value in -100.0..100.0_f64) {
        let moved = series(&points, |p| Point { at_s: p.at_s + time, value: p.value + value });
        let (plain, found) = (theil_sen(&series(&points, |p| p), Confidence::P95), theil_sen(&moved, Confidence::P95));
        let (plain, found) = (plain.unwrap(), found.unwrap());
        prop_assert!(near(plain.per_s, found.per_s) && near(plain.low_per_s, found.low_per_s));
        prop_assert!((plain.at_zero + value - plain.per_s * time - found.at_zero).abs() < 1e-3);
    }

    #[test]
    fn what_falls_is_what_rises_upside_down(points in points()) {
        let (up, down) = (series(&points, |p| p), series(&points, |p| Point { value: -p.value, ..p }));
        let (up, down) = (theil_sen(&up, Confidence::P95).unwrap(), theil_sen(&down, Confidence::P95).unwrap());
        prop_assert!(near(up.per_s, -down.per_s));
        prop_assert!(up.low_per_s <= up.per_s && up.per_s <= up.high_per_s);
    }

    /// More leak never turns a leak into none.
    #[test]
    fn a_steeper_series_is_judged_no_better(points in points(), more in 0.0..0.1_f64) {
        let steeper = series(&points, |p| Point { value: p.value + more * p.at_s, ..p });
        let level = Rule { shape: Shape::Level, ..RULE };
        let (plain, found) = (level.judge(&series(&points, |p| p)), level.judge(&steeper));
        prop_assert!(plain.verdict != TrendVerdict::Leak || found.verdict == TrendVerdict::Leak);
        prop_assert!(found.slope.unwrap().per_s >= plain.slope.unwrap().per_s - 1e-9);
    }
}
