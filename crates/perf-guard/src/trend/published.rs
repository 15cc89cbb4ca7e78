//! Slopes and intervals against figures from elsewhere.

use rstest::rstest;

use super::{
    Confidence, Point, Series, kendall,
    slope::{Slope, theil_sen, with_width},
};

const LINE: [f64; 50] = [
    7.932, 13.057, 13.066, 7.227, 7.664, 6.884, 10.029, 9.721, 16.813, 14.596, 12.205, 14.091, 10.939,
    15.855, 12.268, 11.132, 19.924, 13.068, 12.81, 22.099, 22.601, 17.125, 20.272, 16.652, 23.021, 23.485,
    16.692, 24.263, 19.99, 23.545, 20.32, 20.125, 21.855, 27.065, 27.326, 24.276, 25.412, 21.639, 22.782,
    26.302, 23.922, 25.475, 30.517, 32.104, 34.926, 32.106, 31.579, 35.7, 34.505, 28.992,
];

fn series(times: &[f64], values: &[f64]) -> Series {
    let points = times
        .iter()
        .zip(values)
        .map(|(&at_s, &value)| Point { at_s, value });
    Series::new("series", points.collect()).unwrap()
}

fn line() -> Series {
    let times: Vec<f64> = (0..50).map(f64::from).collect();
    series(&times, &LINE)
}

fn tied() -> Series {
    series(
        &[0.0, 1.0, 1.0, 2.0, 3.0, 3.0, 4.0, 5.0],
        &[10.0, 22.0, 21.0, 30.0, 22.0, 30.0, 40.0, 40.0],
    )
}

/// Nearly all values are equal.
fn level() -> Series {
    let times: Vec<f64> = (0..12).map(|i| f64::from(10 * i)).collect();
    series(
        &times,
        &[5.0, 5.0, 6.0, 5.0, 5.0, 5.0, 7.0, 5.0, 5.0, 6.0, 5.0, 5.0],
    )
}

fn same(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-9 * expected.abs().max(1.0)
}

fn is(found: &Slope, [per_s, at_zero, low, high]: [f64; 4]) -> bool {
    same(found.per_s, per_s)
        && same(found.at_zero, at_zero)
        && same(found.low_per_s, low)
        && same(found.high_per_s, high)
}

/// `scipy.stats.theilslopes(y, x, alpha)` of scipy 1.17.1, which always takes the normal approximation: slope, intercept, low,
/// high.
#[rstest]
#[case::line_90(line(), Confidence::P90, [0.490_777_777_777_777_54, 8.271_944_444_444_45, 0.439_624_999_999_999_93, 0.551_653_846_153_846_3])]
#[case::line_95(line(), Confidence::P95, [0.490_777_777_777_777_54, 8.271_944_444_444_45, 0.432_931_818_181_818_2, 0.562_062_5])]
#[case::line_99(line(), Confidence::P99, [0.490_777_777_777_777_54, 8.271_944_444_444_45, 0.420_058_823_529_411_9, 0.587_652_173_913_043_6])]
#[case::tied_90(tied(), Confidence::P90, [5.5, 12.25, 4.0, 9.0])]
#[case::tied_95(tied(), Confidence::P95, [5.5, 12.25, 0.5, 10.0])]
#[case::tied_99(tied(), Confidence::P99, [5.5, 12.25, 0.0, 11.0])]
#[case::level_95(level(), Confidence::P95, [0.0, 5.0, 0.0, 0.0])]
fn slopes_are_scipys(#[case] series: Series, #[case] confidence: Confidence, #[case] expected: [f64; 4]) {
    let width = kendall::normal_width(series.points(), confidence.tail().1);
    let found = with_width(series.points(), width).unwrap();
    assert!(is(&found, expected), "{found:?}");
}

/// With ties the approximation is what is used.
#[test]
fn ties_are_judged_by_the_approximation() {
    let found = theil_sen(&tied(), Confidence::P95).unwrap();
    assert!(is(&found, [5.5, 12.25, 0.5, 10.0]), "{found:?}");
}

/// Five years of rainfall under cloud seeding: ten slopes from -0.15 to 0.04, of which at 90 % the second and the ninth
/// bound the interval (P(S >= 8) = 0.042).
#[test]
fn few_points_are_judged_exactly() {
    let rain = series(&[1.0, 2.0, 3.0, 4.0, 5.0], &[1.26, 1.27, 1.12, 1.16, 1.03]);
    let found = theil_sen(&rain, Confidence::P90).unwrap();
    assert!(same(found.per_s, -0.05625) && same(found.low_per_s, -0.13) && same(found.high_per_s, 0.01));
    assert!(
        theil_sen(&rain, Confidence::P99).is_none(),
        "all five in order still happens in 1 of 120 orders"
    );
}

#[test]
fn all_at_one_time_has_no_slope() {
    assert!(theil_sen(&series(&[1.0; 20], &LINE[..20]), Confidence::P95).is_none());
    assert!(theil_sen(&Series::default(), Confidence::P95).is_none());
}
