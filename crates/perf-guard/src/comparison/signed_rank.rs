//! The exact signed-rank test on pairs: Wilcoxon 1945, by its permutation distribution on midranks.

use std::collections::HashMap;

use super::ranks::{Midranks, Ties, upper_tail};

/// Upper tails `P(W >= w)` without ties by the number of pairs, each computed once.
#[derive(Debug, Clone, Default)]
pub(super) struct SignedRankTails(HashMap<usize, Vec<f64>>);

impl SignedRankTails {
    /// The tail at each `w` from 0 to `n (n + 1) / 2`.
    pub(super) fn untied(&mut self, pairs: usize) -> &[f64] {
        self.0.entry(pairs).or_insert_with(|| {
            let ranks: Vec<usize> = (1..=pairs).collect();
            upper_tail(sign_sums(&ranks))
        })
    }

    /// One-sided p of "the differences tend to lie above zero": the share of all 2^n choices of signs with a sum of
    /// positive ranks at least as great as the observed one. Ties get midranks and stay exact.
    ///
    /// **Zeros** stay in the ranking, as the smallest, and count as negative, while under the null they are as likely
    /// positive: the worst way in which a clock's rounding may have hidden their sign. So p is never too small, more
    /// zeros never make evidence, and a zero that turns positive never raises p; dropping zeros has none of the three.
    pub(super) fn p_greater(&mut self, differences: &[i64]) -> f64 {
        let ranks = Midranks::of(differences.iter().map(|d| d.abs()));
        let positive = differences.iter().zip(&ranks.doubled).filter(|(d, _)| **d > 0);
        let observed: usize = positive.map(|(_, rank)| rank).sum();
        match ranks.tied {
            Ties::None => self.untied(differences.len())[observed / 2],
            Ties::Some => upper_tail(sign_sums(&ranks.doubled))[observed],
        }
    }
}

/// The smallest p that so many pairs can give: every difference positive, one choice of signs of 2^n.
pub(super) fn best_possible(pairs: usize) -> f64 {
    std::iter::repeat_n(0.5, pairs).product()
}

/// In how many ways each sum arises from any of the ranks. Exact in floats as far as 2^53, to 16 digits beyond.
fn sign_sums(ranks: &[usize]) -> Vec<f64> {
    let mut ways = vec![0.0; ranks.iter().sum::<usize>() + 1];
    ways[0] = 1.0;
    let mut reach = 0;
    for &rank in ranks {
        for sum in (0..=reach).rev() {
            ways[sum + rank] += ways[sum];
        }
        reach += rank;
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_distributions_are_those_counted_by_hand() {
        assert_eq!(sign_sums(&[1, 2, 3]), [1.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0]);
        assert_eq!(SignedRankTails::default().untied(0), [1.0]);
    }

    #[test]
    fn the_best_possible_p_is_that_of_all_pairs_positive() {
        let mut tails = SignedRankTails::default();
        for n in [0_usize, 1, 5, 20, 60] {
            let differences: Vec<i64> = (1..=n as i64).collect();
            let p = tails.p_greater(&differences);
            assert!((p / best_possible(n) - 1.0).abs() < 1e-12, "{n}: {p}");
        }
    }

    #[test]
    fn a_zero_counts_against_a_slowdown() {
        let mut tails = SignedRankTails::default();
        // Ranks 1 to 4, observed 2 + 3 + 4 = 9 of 10: reached by {2, 3, 4} and by all four.
        assert_eq!(tails.p_greater(&[0, 5, 6, 7]), 2.0 / 16.0);
        // Midranks 1.5, 1.5, 3: observed 3 of 6, reached by {3}, {1.5, 1.5}, twice {1.5, 3} and all three.
        assert_eq!(tails.p_greater(&[0, 0, 7]), 5.0 / 8.0);
        assert_eq!(tails.p_greater(&[0, 0, 0]), 1.0);
    }
}
