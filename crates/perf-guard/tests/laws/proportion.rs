//! The upper bound of a rate.

use perf_guard::upper_bound_95;
use proptest::prelude::*;
use rstest::rstest;

/// scipy 1.17.1, `beta.ppf(0.95, seen + 1, of - seen)`.
#[rstest]
#[case::none_of_many(0, 5_000, 0.000_598_967)]
#[case::some_of_many(9, 20_000, 0.000_785_129)]
#[case::a_fifth(12, 60, 0.303_809_730)]
fn the_upper_bound_is_that_of_another_implementation(
    #[case] seen: usize,
    #[case] of: usize,
    #[case] expected: f64,
) {
    let found = upper_bound_95(seen, of);
    assert!((found - expected).abs() < 1e-7, "{seen} of {of}: {found}");
}

#[rstest]
#[case::once(1)]
#[case::fifty(50)]
#[case::often(10_000)]
fn after_none_it_has_a_closed_form(#[case] of: usize) {
    let closed = 1.0 - 0.05_f64.powf(1.0 / of as f64);
    assert!((upper_bound_95(0, of) - closed).abs() < 1e-9);
}

#[test]
fn nothing_tried_and_nothing_but_failures_bound_nothing() {
    assert_eq!([upper_bound_95(0, 0), upper_bound_95(7, 7)], [1.0, 1.0]);
}

proptest! {
    #[test]
    fn it_lies_above_the_share_and_grows_with_what_is_seen(seen in 0_usize..200, more in 1_usize..200) {
        let of = seen + more;
        let bound = upper_bound_95(seen, of);
        prop_assert!(bound > seen as f64 / of as f64 && bound <= 1.0);
        prop_assert!(upper_bound_95(seen + 1, of) >= bound);
        prop_assert!(upper_bound_95(seen, of + 1) <= bound);
    }
}
