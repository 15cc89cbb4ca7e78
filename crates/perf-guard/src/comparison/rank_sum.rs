//! The exact rank-sum test: Wilcoxon 1945, Mann and Whitney 1947, by its permutation distribution on midranks.

use std::collections::HashMap;

use super::ranks::{Midranks, Ties, upper_tail};

/// Upper tails `P(U >= u)` without ties by the two sample sizes, each computed once.
#[derive(Debug, Clone, Default)]
pub(super) struct RankSumTails(HashMap<(usize, usize), Vec<f64>>);

impl RankSumTails {
    /// The tail at each `u` from 0 to `a * b`.
    pub(super) fn untied(&mut self, a: usize, b: usize) -> &[f64] {
        self.0.entry((a, b)).or_insert_with(|| {
            let ranks: Vec<usize> = (1..=a + b).collect();
            let ways = subset_sums(&ranks, b);
            // The smallest sum, of ranks 1 to b, is U = 0.
            upper_tail(ways[b * (b + 1) / 2..].to_vec())
        })
    }

    /// One-sided p of "head tends to be greater than base": the share of all divisions of the pooled values into arms
    /// of these sizes with a rank sum of the head at least as great as the observed one. Ties get midranks, and the
    /// divisions are of those midranks, so the figure is exact with ties too. 1 when an arm is empty.
    pub(super) fn p_greater(&mut self, base: &[i64], head: &[i64]) -> f64 {
        let pooled = head.iter().chain(base).copied();
        let ranks = Midranks::of(pooled);
        let (a, b) = (base.len(), head.len());
        let observed: usize = ranks.doubled[..b].iter().sum();
        match ranks.tied {
            Ties::None => self.untied(a, b)[observed / 2 - b * (b + 1) / 2],
            Ties::Some => upper_tail(subset_sums(&ranks.doubled, b))[observed],
        }
    }
}

/// The smallest p that samples of these sizes can give: all of one above all of the other, one division of
/// `C(a + b, a)`.
pub(super) fn best_possible(a: usize, b: usize) -> f64 {
    (1..=a).map(|i| i as f64 / (b + i) as f64).product()
}

/// In how many ways `size` of the numbers add up to each sum. A float counts exactly up to 2^53 and to 16 digits
/// beyond; nothing is ever subtracted, so the error stays in the last digits.
fn subset_sums(numbers: &[usize], size: usize) -> Vec<f64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    let greatest: usize = sorted.iter().rev().take(size).sum();
    let mut ways = vec![vec![0.0; greatest + 1]; size + 1];
    ways[0][0] = 1.0;
    let mut reach = 0;
    for (seen, &number) in sorted.iter().enumerate() {
        reach = (reach + number).min(greatest);
        for chosen in (1..=size.min(seen + 1)).rev() {
            let (fewer, more) = ways.split_at_mut(chosen);
            let (from, to) = (&fewer[chosen - 1], &mut more[0]);
            if reach >= number {
                for (to, from) in to[number..=reach].iter_mut().zip(&from[..=reach - number]) {
                    *to += from;
                }
            }
        }
    }
    ways.swap_remove(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_distributions_are_those_counted_by_hand() {
        // Two of 1, 2, 3, 4: sums 3, 4, 5 (twice), 6, 7.
        assert_eq!(
            subset_sums(&[1, 2, 3, 4], 2),
            [0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 1.0, 1.0]
        );
        assert_eq!(subset_sums(&[1, 2, 3], 0), [1.0]);
        assert_eq!(
            RankSumTails::default().untied(2, 2),
            [1.0, 5.0 / 6.0, 4.0 / 6.0, 2.0 / 6.0, 1.0 / 6.0]
        );
    }

    #[test]
    fn the_best_possible_p_is_that_of_full_separation() {
        let mut tails = RankSumTails::default();
        for (a, b) in [(1, 1), (3, 5), (5, 3), (10, 10), (20, 17), (40, 40)] {
            let base: Vec<i64> = (0..a).collect();
            let head: Vec<i64> = (a..a + b).collect();
            let p = tails.p_greater(&base, &head);
            let best = best_possible(base.len(), head.len());
            assert!((p / best - 1.0).abs() < 1e-12, "{a} + {b}: {p} {best}");
        }
    }

    #[test]
    fn an_empty_arm_shows_nothing() {
        let mut tails = RankSumTails::default();
        assert_eq!(tails.p_greater(&[], &[1, 2]), 1.0);
        assert_eq!(tails.p_greater(&[1, 2], &[]), 1.0);
        assert_eq!(tails.p_greater(&[], &[]), 1.0);
        assert_eq!(best_possible(0, 7), 1.0);
    }
}
