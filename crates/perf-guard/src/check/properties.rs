//! The guard by its laws.

use std::fmt::Write as _;

use proptest::{
    collection::{btree_map, vec},
    prelude::*,
};

use super::*;
use crate::{CacheState, Seconds, check::tests::measured, environment::tests::context};

/// Per test: baseline samples, measured samples, multiplier.
type Suite = Vec<(Vec<f64>, Vec<f64>, f64)>;

fn times() -> impl Strategy<Value = Vec<f64>> {
    vec(0.001..100.0_f64, 1..6)
}

fn suite() -> impl Strategy<Value = Suite> {
    // Measured times stay near the baseline's, so that both verdicts are common.
    vec((times(), vec(0.5..2.5_f64, 1..6), 1.0..3.0_f64), 1..8).prop_map(|tests| {
        let near = |(base, factors, multiplier): (Vec<f64>, Vec<f64>, f64)| {
            let run = factors.iter().map(|f| f * base[0]).collect();
            (base, run, multiplier)
        };
        tests.into_iter().map(near).collect()
    })
}

/// The suite with all times and added seconds times `scale`.
fn outcome(suite: &Suite, scale: f64, order: &[usize]) -> Outcome {
    let mut text = String::from(
        r#"{"schema_version": 1, "provenance": {"git_commit": null, "git_dirty": null, "settings_digest": "abc",
        "runs": 5, "recorded_at": "2026-01-01T00:00:00Z",
        "environment": {"os": "linux", "arch": "x86_64", "cpu_model": "Imaginary 9", "cores": 2}}, "tests": {"#,
    );
    for (i, (base, _, multiplier)) in suite.iter().enumerate() {
        let samples: Vec<f64> = base.iter().map(|s| s * scale).collect();
        let add = 0.05 * scale;
        let comma = if i == 0 { "" } else { "," };
        write!(
            text,
            r#"{comma}"t{i}": {{"cold": {{"samples_s": {samples:?},
            "limits": {{"multiplier": {multiplier}, "add_seconds": {add:?}}}}}}}"#
        )
        .unwrap();
    }
    text += "}}";
    let baseline = Baseline::parse(&text).unwrap();
    let run: Vec<Measurement> = order
        .iter()
        .map(|&i| {
            let samples: Vec<f64> = suite[i].1.iter().map(|s| s * scale).collect();
            let mut one = measured(&format!("t{i}"), CacheState::Cold, &samples);
            one.timeout = Seconds::new(1e9).unwrap();
            one
        })
        .collect();
    check(&run, Some(&baseline), &context(), &Policy::default()).unwrap()
}

fn in_order(suite: &Suite) -> Vec<usize> {
    (0..suite.len()).collect()
}

fn failed(outcome: &Outcome) -> Vec<String> {
    outcome
        .failures
        .iter()
        .map(|f| f.comparison.name.clone())
        .collect()
}

proptest! {
    /// By powers of two, which floating point scales exactly, so that no verdict hangs on the last bit.
    #[test]
    fn scaling_all_times_by_a_constant_changes_no_verdict(suite in suite(), power in -6_i32..12) {
        let order = in_order(&suite);
        let (plain, scaled) = (outcome(&suite, 1.0, &order), outcome(&suite, 2.0_f64.powi(power), &order));
        prop_assert_eq!(plain.verdict, scaled.verdict);
        prop_assert_eq!(failed(&plain), failed(&scaled));
    }

    #[test]
    fn making_a_run_slower_never_turns_a_failure_into_a_pass(
        suite in suite(),
        slower in btree_map(0_usize..8, 1.0..3.0_f64, 0..8),
    ) {
        let order = in_order(&suite);
        let before = outcome(&suite, 1.0, &order);
        let mut slowed = suite.clone();
        for (i, factor) in slower {
            if let Some((_, run, _)) = slowed.get_mut(i) {
                run.iter_mut().for_each(|s| *s *= factor);
            }
        }
        let after = outcome(&slowed, 1.0, &order);
        prop_assert!(after.verdict >= before.verdict);
        let still = failed(&after);
        prop_assert!(failed(&before).iter().all(|name| still.contains(name)));
    }

    #[test]
    fn one_slower_repeat_never_turns_a_failure_into_a_pass(suite in suite(), at in 0_usize..40, factor in 1.0..9.0_f64) {
        let order = in_order(&suite);
        let before = outcome(&suite, 1.0, &order);
        let mut slowed = suite.clone();
        let test = at % slowed.len();
        let repeats = slowed[test].1.len();
        slowed[test].1[at % repeats] *= factor;
        prop_assert!(outcome(&slowed, 1.0, &order).verdict >= before.verdict);
    }

    #[test]
    fn the_order_of_tests_and_of_repeats_never_matters(
        (suite, order) in suite().prop_flat_map(|s| {
            let order = Just(in_order(&s)).prop_shuffle();
            (Just(s), order)
        }),
    ) {
        let mut reversed = suite.clone();
        reversed.iter_mut().for_each(|(base, run, _)| { base.reverse(); run.reverse(); });
        prop_assert_eq!(outcome(&suite, 1.0, &in_order(&suite)), outcome(&reversed, 1.0, &order));
    }

    #[test]
    fn the_verdict_is_that_of_the_rule_as_it_is_written(suite in suite()) {
        let found = outcome(&suite, 1.0, &in_order(&suite));
        let median = |values: &[f64]| crate::samples::median(values).unwrap();
        let slow = suite.iter().enumerate().filter(|(_, (base, run, multiplier))| {
            let base = median(base);
            median(run) > (base * multiplier).max(base + 0.05)
        });
        let expected: Vec<String> = slow.map(|(i, _)| format!("t{i}")).collect();
        prop_assert_eq!(found.verdict, if expected.is_empty() { Verdict::Pass } else { Verdict::Failed });
        prop_assert_eq!(failed(&found), expected);
    }
}
