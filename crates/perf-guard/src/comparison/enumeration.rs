//! Under the null every p is what it claims: by going through all that could have happened, for small samples.

use rstest::rstest;

use super::{plan::combined, rank_sum::RankSumTails, signed_rank::SignedRankTails};

/// Whether ties leave the claim an equation at every value that p takes, or an upper bound.
#[derive(Clone, Copy, PartialEq)]
enum Claim {
    Exact,
    AtMost,
}

/// `P(p <= x) = x` at each value x that p takes, or `<= x`.
fn hold(mut p_values: Vec<f64>, claim: Claim) {
    p_values.sort_by(f64::total_cmp);
    let all = p_values.len() as f64;
    for (i, &p) in p_values.iter().enumerate() {
        let is_last_of_its_value = p_values.get(i + 1).is_none_or(|&next| next > p + 1e-12);
        let share = (i + 1) as f64 / all;
        if is_last_of_its_value {
            assert!(share <= p + 1e-12, "P(p <= {p}) = {share}");
            assert!(
                claim == Claim::AtMost || share >= p - 1e-12,
                "P(p <= {p}) = {share}"
            );
        }
    }
}

/// All divisions of the pooled values into a base of `a` and a head of the rest.
fn divisions(pooled: &[i64], a: usize) -> Vec<(Vec<i64>, Vec<i64>)> {
    (0..1_u32 << pooled.len())
        .filter(|mask| mask.count_ones() as usize == a)
        .map(|mask| {
            let pick = |bit: u32| {
                let chosen = pooled
                    .iter()
                    .enumerate()
                    .filter(move |(i, _)| mask >> i & 1 == bit);
                chosen.map(|(_, &value)| value).collect()
            };
            (pick(1), pick(0))
        })
        .collect()
}

/// Mann and Whitney's own definition, doubled: pairs in which head is greater, a tie counting half.
fn doubled_u((base, head): &(Vec<i64>, Vec<i64>)) -> usize {
    let pairs = base.iter().flat_map(|b| head.iter().map(move |h| (b, h)));
    pairs
        .map(|(b, h)| usize::from(h > b) * 2 + usize::from(h == b))
        .sum()
}

#[rstest]
#[case::untied(&[1, 2, 3, 4, 5, 6, 7, 8, 9], 4)]
#[case::small_head(&[1, 2, 3, 4, 5, 6, 7], 5)]
#[case::tied(&[1, 1, 2, 3, 3, 3, 4, 5, 5, 9], 5)]
#[case::nearly_all_equal(&[1, 1, 1, 1, 1, 1, 2, 2], 3)]
#[case::all_equal(&[4, 4, 4, 4], 2)]
fn the_rank_sums_p_is_the_share_of_divisions_at_least_as_extreme(#[case] pooled: &[i64], #[case] a: usize) {
    let mut tails = RankSumTails::default();
    let all = divisions(pooled, a);
    let mut p_values = Vec::new();
    for division in &all {
        let p = tails.p_greater(&division.0, &division.1);
        let seen = doubled_u(division);
        let extreme = all.iter().filter(|other| doubled_u(other) >= seen).count();
        assert!(
            (p - extreme as f64 / all.len() as f64).abs() < 1e-12,
            "{division:?}: {p}"
        );
        p_values.push(p);
    }
    hold(p_values, Claim::Exact);
}

#[rstest]
#[case::untied(&[1, 2, 3, 4, 5, 6, 7, 8, 9], Claim::Exact)]
#[case::tied(&[1, 1, 2, 3, 3, 3, 4, 5, 5, 9], Claim::Exact)]
#[case::all_equal(&[4, 4, 4, 4], Claim::Exact)]
// A zero has no sign to flip and counts against, so p may only be too large.
#[case::zeros(&[0, 0, 1, 2, 3, 3, 5], Claim::AtMost)]
#[case::nothing_but_zeros(&[0, 0, 0], Claim::AtMost)]
fn the_signed_ranks_p_holds_over_all_signs(#[case] magnitudes: &[i64], #[case] claim: Claim) {
    let mut tails = SignedRankTails::default();
    let signs = 0..1_u32 << magnitudes.len();
    let p_values = signs.map(|mask| {
        let signed = magnitudes.iter().enumerate();
        let signed: Vec<i64> = signed
            .map(|(i, m)| if mask >> i & 1 == 1 { *m } else { -m })
            .collect();
        tails.p_greater(&signed)
    });
    hold(p_values.collect(), claim);
}

/// Calls back with every order of the values, by Heap's algorithm.
fn each_order(values: &mut [i64], size: usize, seen: &mut impl FnMut(&[i64])) {
    if size <= 1 {
        return seen(values);
    }
    for i in 0..size {
        each_order(values, size - 1, seen);
        values.swap(if size.is_multiple_of(2) { i } else { 0 }, size - 1);
    }
}

/// The values are dealt to four pairs in all 40,320 orders.
#[rstest]
#[case::untied([1, 2, 4, 8, 16, 32, 64, 128])]
#[case::tied([1, 1, 3, 3, 3, 7, 9, 9])]
fn the_combined_p_never_promises_too_much(#[case] mut values: [i64; 8]) {
    let (mut sums, mut signs) = (RankSumTails::default(), SignedRankTails::default());
    let mut p_values = Vec::new();
    each_order(&mut values, 8, &mut |order| {
        let (base, head) = order.split_at(4);
        let differences: Vec<i64> = base.iter().zip(head).map(|(b, h)| h - b).collect();
        p_values.push(combined(
            sums.p_greater(base, head),
            signs.p_greater(&differences),
        ));
    });
    assert_eq!(p_values.len(), 40_320);
    assert!(p_values.iter().any(|&p| p < 0.1));
    hold(p_values, Claim::AtMost);
}
