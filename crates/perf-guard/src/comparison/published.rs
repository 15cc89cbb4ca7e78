//! The exact tests against published tables and examples, and against another implementation's figures.

use rstest::rstest;

use super::{rank_sum::RankSumTails, ranks::key, signed_rank::SignedRankTails};

fn near(found: f64, expected: f64) {
    assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
}

fn keys(values: &[f64]) -> Vec<i64> {
    values.iter().map(|&value| key(value)).collect()
}

/// The case in which some libraries answer 1: two-sided 0.0079 is twice 1 / 252.
#[test]
fn five_above_five_is_one_of_252() {
    let p = RankSumTails::default().p_greater(&[1, 2, 3, 4, 5], &[6, 7, 8, 9, 10]);
    near(p, 1.0 / 252.0);
    assert!((2.0 * p - 0.0079).abs() < 0.000_05);
}

/// Critical values of the two-sided test, as in Mann and Whitney (1947) and every textbook's table since: the greatest
/// U that is significant.
#[rstest]
#[case::five_and_five(5, 5, 0.05, 2)]
#[case::eight_and_twelve(8, 12, 0.05, 22)]
#[case::ten_and_ten(10, 10, 0.05, 23)]
#[case::ten_and_ten_at_1(10, 10, 0.01, 16)]
#[case::ten_and_fifteen(10, 15, 0.05, 39)]
#[case::twenty_and_twenty(20, 20, 0.05, 127)]
#[case::twenty_and_twenty_at_1(20, 20, 0.01, 105)]
fn rank_sum_has_the_tables_critical_values(
    #[case] a: usize,
    #[case] b: usize,
    #[case] level: f64,
    #[case] critical: usize,
) {
    let mut tails = RankSumTails::default();
    let tail = tails.untied(a, b);
    // By symmetry P(U <= u) = P(U >= ab - u).
    assert!(2.0 * tail[a * b - critical] <= level);
    assert!(2.0 * tail[a * b - critical - 1] > level);
}

/// Critical values of the two-sided test, Wilcoxon and Wilcox (1964): the greatest W that is significant.
#[rstest]
#[case::eight(8, 0.05, 3)]
#[case::ten(10, 0.05, 8)]
#[case::ten_at_1(10, 0.01, 3)]
#[case::twenty(20, 0.05, 52)]
#[case::twenty_at_1(20, 0.01, 37)]
#[case::thirty(30, 0.05, 137)]
#[case::thirty_at_1(30, 0.01, 109)]
#[case::fifty(50, 0.05, 434)]
#[case::fifty_at_1(50, 0.01, 373)]
fn signed_rank_has_the_tables_critical_values(#[case] n: usize, #[case] level: f64, #[case] critical: usize) {
    let mut tails = SignedRankTails::default();
    let tail = tails.untied(n);
    let most = n * (n + 1) / 2;
    assert!(2.0 * tail[most - critical] <= level);
    assert!(2.0 * tail[most - critical - 1] > level);
}

/// Hollander and Wolfe, Nonparametric Statistical Methods (1973): permeability of the placenta (p. 69), p = 0.1272;
/// depression before and after (p. 29), p = 0.01953.
#[test]
#[expect(clippy::approx_constant, reason = "a measured 3.14 of that table")]
fn examples_of_a_textbook_come_out() {
    let term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    let early = [1.15, 0.88, 0.90, 0.74, 1.21];
    near(
        RankSumTails::default().p_greater(&keys(&early), &keys(&term)),
        0.127_206_127_206_127_2,
    );
    let before = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30];
    let after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
    let fallen: Vec<f64> = before.iter().zip(after).map(|(b, a)| b - a).collect();
    near(SignedRankTails::default().p_greater(&keys(&fallen)), 0.019_531_25);
}

/// A fixed sequence without order or ties.
fn scattered(n: i64, factor: i64, offset: i64) -> Vec<i64> {
    (1..=n).map(|i| (i * factor + offset) % 10_007).collect()
}

/// scipy 1.17.1, `mannwhitneyu(head, base, alternative="greater", method="exact")`.
#[rstest]
#[case::unequal(12, 9, 1000, 0.325_526_485_898_003)]
#[case::ten(10, 10, 4000, 0.005_748_121_847_193_054_6)]
#[case::twenty(20, 20, 1500, 0.082_670_009_702_461_19)]
#[case::forty(40, 40, 2200, 0.002_170_166_043_299_781)]
#[case::unequal_and_lower(30, 40, -600, 0.813_702_943_214_351_7)]
fn rank_sum_agrees_with_scipy(
    #[case] base: i64,
    #[case] head: i64,
    #[case] shift: i64,
    #[case] expected: f64,
) {
    let base = scattered(base, 6131, 0);
    let head: Vec<i64> = scattered(head, 3779, 5).iter().map(|v| v + shift).collect();
    near(RankSumTails::default().p_greater(&base, &head), expected);
}

/// scipy 1.17.1, `wilcoxon(differences, alternative="greater", method="exact")`.
#[rstest]
#[case::eight(8, 1000, 0.191_406_25)]
#[case::twenty(20, 2000, 0.007_656_097_412_109_375)]
#[case::fifty(50, 1500, 0.000_617_851_779_170_841_6)]
#[case::sixty(60, 1800, 1.459_903_532_063_933_1e-5)]
fn signed_rank_agrees_with_scipy(#[case] n: i64, #[case] shift: i64, #[case] expected: f64) {
    let differences: Vec<i64> = scattered(n, 6131, 0).iter().map(|v| v - 5004 + shift).collect();
    near(SignedRankTails::default().p_greater(&differences), expected);
}

/// scipy 1.17.1 with `method=PermutationMethod(n_resamples=10**7)`, which goes through all divisions, and all signs.
#[test]
fn ties_agree_with_scipys_full_permutation() {
    let (base, head) = ([3, 5, 5, 7, 8, 8, 2], [5, 8, 9, 9, 7, 8]);
    near(
        RankSumTails::default().p_greater(&base, &head),
        0.047_202_797_202_797_2,
    );
    near(
        SignedRankTails::default().p_greater(&[3, -1, 3, 5, -3, 7, 1, 9, 5, 2]),
        0.016_601_562_5,
    );
}

/// As far as the exact distributions are promised: no overflow, and tails that keep their digits.
#[test]
fn the_largest_samples_still_have_exact_tails() {
    let mut tails = RankSumTails::default();
    let tail = tails.untied(100, 100);
    near(tail[0], 1.0);
    // 1 / C(200, 100), and the median of a symmetric distribution.
    near(tail[10_000], 1.0 / 9.054_851_465_610_328e58);
    near(tail[5_000] + tail[5_001], 1.0);
    let tied: Vec<i64> = (0..80).map(|i| i / 2).collect();
    let (base, head) = (&tied[..40], &tied[40..]);
    near(tails.p_greater(base, head), 1.0 / 1.075_072_087_333_361_8e23);
    near(SignedRankTails::default().untied(60)[1830], 0.5_f64.powi(60));
}
