//! Fisher's exact test, for the shares of fast-ready values in the two arms (Fisher 1935).

/// Tagged values of an arm, of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) tagged: usize,
    pub(super) of: usize,
}

/// One-sided p of "the second share is smaller than the first": given how many values are tagged in all, the
/// probability that no more of them fall into the second arm than were seen there (hypergeometric).
pub(super) fn p_second_smaller(first: Share, second: Share) -> f64 {
    let tagged = first.tagged + second.tagged;
    let least = tagged.saturating_sub(first.of);
    let most = tagged.min(second.of);
    let ways = |in_second: usize| binomial(second.of, in_second) * binomial(first.of, tagged - in_second);
    let all: f64 = (least..=most).map(ways).sum();
    let seen: f64 = (least..=second.tagged).map(ways).sum();
    seen / all
}

/// Whether the number of tagged values in all leaves anything to test: with none, or only, tagged values p is 1
/// whatever happens, and such a hypothesis costs the others nothing (Tarone 1990).
pub(super) const fn is_testable(first: Share, second: Share) -> bool {
    let tagged = first.tagged + second.tagged;
    tagged > 0 && tagged < first.of + second.of
}

fn binomial(n: usize, k: usize) -> f64 {
    // Each step is a whole number, so that rounding leaves what a float can hold exact.
    (1..=k.min(n - k)).fold(1.0, |product, i| product * (n + 1 - i) as f64 / i as f64)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn share(tagged: usize, of: usize) -> Share {
        Share { tagged, of }
    }

    #[rstest]
    // Fisher's lady tasting tea (The Design of Experiments, 1935): 3 of 4 right, p = 17/70 = 0.2429.
    #[case::lady_tasting_tea(share(3, 4), share(1, 4), 17.0 / 70.0)]
    #[case::all_right(share(4, 4), share(0, 4), 1.0 / 70.0)]
    // scipy 1.17.1, fisher_exact([[second, second.of - second], [first, first.of - first]], alternative="less")
    #[case::broken_cache(share(9, 20), share(0, 20), 0.000_614_250_614_250_614_2)]
    #[case::unequal_arms(share(8, 15), share(2, 18), 0.011_642_565_813_867_259)]
    #[case::even(share(5, 20), share(5, 20), 0.641_786_722_431_883_8)]
    #[case::more_than_the_first(share(2, 20), share(9, 20), 0.998_328_974_135_425_8)]
    fn one_sided_p_is_the_published_one(#[case] first: Share, #[case] second: Share, #[case] expected: f64) {
        let p = p_second_smaller(first, second);
        assert!((p - expected).abs() < 1e-12, "{p} {expected}");
    }

    #[rstest]
    #[case::none(share(0, 20), share(0, 20))]
    #[case::all(share(20, 20), share(18, 18))]
    fn without_a_choice_there_is_nothing_to_test(#[case] first: Share, #[case] second: Share) {
        assert!(!is_testable(first, second));
        assert_eq!(p_second_smaller(first, second), 1.0);
    }
}
