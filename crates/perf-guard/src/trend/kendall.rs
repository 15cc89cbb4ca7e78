//! Kendall's S, the number of rising pairs less that of falling ones, when nothing rises or falls but by chance.

use super::series::Point;

/// Up to so many points without ties the distribution is computed exactly.
const MOST_EXACT: usize = 60;

/// By how much S may lie from 0 by chance: for less than `tail` of all orders it is further away on either side. `None`
/// when so few points can show nothing at that level.
///
/// Exact as in Kendall, "Rank Correlation Methods" (1948), with the next smaller value of S as in Hollander and Wolfe,
/// "Nonparametric Statistical Methods" (1973), 9.3; with ties, or many points, by the normal approximation and the variance of
/// Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau" (1968), as in Gilbert, "Statistical Methods for
/// Environmental Pollution Monitoring" (1987), 16.4.
pub(super) fn width(points: &[Point], (tail, z): (f64, f64)) -> Option<f64> {
    let ties = [
        ties(points, |point| point.at_s),
        ties(points, |point| point.value),
    ];
    if points.len() <= MOST_EXACT && ties.iter().all(Vec::is_empty) {
        return exact_width(points.len(), tail);
    }
    Some(z * variance(points.len(), &ties).sqrt())
}

/// The normal approximation's width, whatever the number of points.
#[cfg(test)]
pub(super) fn normal_width(points: &[Point], z: f64) -> f64 {
    let ties = [
        ties(points, |point| point.at_s),
        ties(points, |point| point.value),
    ];
    z * variance(points.len(), &ties).sqrt()
}

/// The variance of S. At most 0 when everything is tied.
fn variance(n: usize, ties: &[Vec<usize>; 2]) -> f64 {
    let term = |n: usize| {
        let n = n as f64;
        n * (n - 1.0) * (2.0 * n + 5.0)
    };
    let tied: f64 = ties.iter().flatten().map(|&size| term(size)).sum();
    ((term(n) - tied) / 18.0).max(0.0)
}

/// Sizes of the groups of equal values.
fn ties(points: &[Point], of: impl Fn(&Point) -> f64) -> Vec<usize> {
    let mut values: Vec<f64> = points.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    let groups = values.chunk_by(|a, b| a == b).map(<[f64]>::len);
    groups.filter(|size| *size > 1).collect()
}

fn exact_width(n: usize, tail: f64) -> Option<f64> {
    let pairs = n * n.saturating_sub(1) / 2;
    let mut beyond = 0.0;
    // From the largest S downwards: it has `lost` falling pairs.
    for (lost, share) in shares_by_inversions(n).into_iter().enumerate() {
        beyond += share;
        if beyond > tail {
            // The S before this one was the last that is rare enough; there is none when this is the first.
            return (lost > 0).then_some(pairs as f64 - 2.0 * lost as f64);
        }
    }
    None
}

/// Share of all orders of `n` things by their number of inversions, from none to all.
fn shares_by_inversions(n: usize) -> Vec<f64> {
    let mut shares = vec![1.0];
    for placed in 2..=n {
        // The new thing adds any number of inversions below `placed`, all equally likely.
        let mut next = vec![0.0; shares.len() + placed - 1];
        for (inversions, share) in shares.iter().enumerate() {
            for added in 0..placed {
                next[inversions + added] += share / placed as f64;
            }
        }
        shares = next;
    }
    shares
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// Kendall, "Rank Correlation Methods", appendix table 1: the probability that S is at least this.
    #[rstest]
    #[case::four(4, 6, 0.042)]
    #[case::five(5, 8, 0.042)]
    #[case::five_extreme(5, 10, 0.0083)]
    #[case::six(6, 11, 0.028)]
    #[case::eight(8, 16, 0.031)]
    #[case::eight_far(8, 20, 0.0071)]
    #[case::ten(10, 21, 0.036)]
    #[case::ten_far(10, 25, 0.014)]
    fn the_distribution_is_that_of_the_published_table(#[case] n: usize, #[case] s: usize, #[case] p: f64) {
        let most_lost = (n * (n - 1) / 2 - s) / 2;
        let found: f64 = shares_by_inversions(n)[..=most_lost].iter().sum();
        // The table has two digits.
        assert!((found / p - 1.0).abs() < 0.04, "{found} {p}");
    }

    #[test]
    fn all_shares_add_up_and_many_points_are_nearly_normal() {
        let shares = shares_by_inversions(MOST_EXACT);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let exact = exact_width(MOST_EXACT, 0.025).unwrap();
        let normal = 1.96 * variance(MOST_EXACT, &[Vec::new(), Vec::new()]).sqrt();
        assert!((exact / normal - 1.0).abs() < 0.01, "{exact} {normal}");
    }

    #[test]
    fn so_few_points_show_nothing() {
        assert_eq!(exact_width(4, 0.025), None);
        assert_eq!(exact_width(1, 0.025), None);
        assert_eq!(exact_width(0, 0.025), None);
        // P(S >= 10) = 0.0083 and P(S >= 8) = 0.042, so S = 10 is rare enough at 2.5 % and 8 is what is left.
        assert_eq!(exact_width(5, 0.025), Some(8.0));
    }
}
