//! The comparison by its laws.

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{CacheState, Seconds, TimedKey};

const PAIRS: usize = 12;

fn plan() -> Plan {
    Plan::default().with_pairs(PAIRS).unwrap()
}

/// One test: times and tags of base and of head.
type Test = (Vec<(f64, bool)>, Vec<(f64, bool)>);

/// Values of a clock that ticks in milliseconds tie often; others never do.
#[derive(Debug, Clone, Copy)]
enum Clock {
    Coarse,
    Fine,
}

fn suite(clock: Clock) -> impl Strategy<Value = Vec<Test>> {
    let tick = move |seconds: f64| match clock {
        Clock::Coarse => (seconds * 1e3).round() / 1e3,
        Clock::Fine => seconds,
    };
    let time = |factor: f64| (0.040..0.060_f64).prop_map(move |s| s * factor);
    // From clearly faster to clearly slower, so that all verdicts are common.
    let test = prop_oneof![Just(0.7), Just(1.0), Just(1.05), Just(1.2), Just(1.5), Just(2.0)].prop_flat_map(
        move |factor| {
            let runs = |factor| {
                let run = (time(factor).prop_map(tick), prop::bool::weighted(0.1));
                vec(run, PAIRS)
            };
            (runs(1.0), runs(factor))
        },
    );
    vec(test, 1..5)
}

fn either_clock() -> impl Strategy<Value = Vec<Test>> {
    prop_oneof![suite(Clock::Coarse), suite(Clock::Fine)]
}

fn tests(suite: &[Test], change: impl Fn(usize, f64) -> f64, both: f64) -> Vec<PairedTest> {
    let run = |time: f64, tagged: bool| {
        let time = Seconds::new(time).unwrap();
        if tagged {
            Run::fast_ready(time)
        } else {
            Run::worked(time)
        }
    };
    let test = |(i, (base, head)): (usize, &Test)| PairedTest {
        key: TimedKey::new(format!("t{i}"), CacheState::Cold),
        pairs: Pairs::new(
            "pairs",
            base.iter().map(|&(s, tag)| run(s * both, tag)).collect(),
            head.iter()
                .enumerate()
                .map(|(j, &(s, tag))| run(change(j, s) * both, tag))
                .collect(),
        )
        .unwrap(),
    };
    suite.iter().enumerate().map(test).collect()
}

fn outcome(suite: &[Test]) -> SuiteOutcome {
    compare(&tests(suite, |_, s| s, 1.0), &plan()).unwrap()
}

fn evidence(outcome: &SuiteOutcome) -> Vec<(PairedVerdict, Directions, Option<Directions>)> {
    outcome
        .tests
        .iter()
        .map(|t| (t.verdict, t.time, t.hits))
        .collect()
}

/// Nothing that was found before may have got lost, nor any evidence be weaker.
fn no_weaker(before: &SuiteOutcome, after: &SuiteOutcome) -> Result<(), TestCaseError> {
    prop_assert!(after.verdict >= before.verdict || before.verdict != crate::Verdict::Failed);
    for (before, after) in before.tests.iter().zip(&after.tests) {
        if before.verdict == PairedVerdict::Regressed {
            prop_assert_eq!(after.verdict, PairedVerdict::Regressed);
        }
        let (old, new) = (before.time.worse, after.time.worse);
        // An earlier look may have decided now; then the figures are of that look.
        if old.shown_after_pairs == new.shown_after_pairs {
            prop_assert!(new.p <= old.p, "{} {}", new.p, old.p);
            prop_assert!(new.p_adjusted <= old.p_adjusted);
        } else {
            prop_assert!(new.shown_after_pairs.is_some());
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_factor_on_both_arms_changes_no_verdict(suite in either_clock(), factor in 0.001..1000.0_f64) {
        let scaled = compare(&tests(&suite, |_, s| s, factor), &plan()).unwrap();
        prop_assert_eq!(evidence(&outcome(&suite)), evidence(&scaled));
    }

    /// Also with ties between the arms.
    #[test]
    fn a_slower_head_never_turns_a_regression_into_a_pass(suite in either_clock(), factor in 1.0..3.0_f64) {
        let slower = compare(&tests(&suite, |_, s| s * factor, 1.0), &plan()).unwrap();
        no_weaker(&outcome(&suite), &slower)?;
    }

    /// Not with a coarse clock: slowing one of two equal runs gives the null distribution more steps, and the share of
    /// divisions at least as extreme may grow by one of them.
    #[test]
    fn some_slower_runs_never_turn_a_regression_into_a_pass(
        suite in suite(Clock::Fine),
        factors in vec(prop_oneof![Just(1.0), 1.0..3.0_f64], PAIRS),
    ) {
        let slower = compare(&tests(&suite, |j, s| s * factors[j], 1.0), &plan()).unwrap();
        no_weaker(&outcome(&suite), &slower)?;
    }

    #[test]
    fn the_order_of_tests_never_matters(
        (suite, order) in either_clock().prop_flat_map(|s| {
            let order = Just((0..s.len()).collect::<Vec<_>>()).prop_shuffle();
            (Just(s), order)
        }),
    ) {
        let plain = tests(&suite, |_, s| s, 1.0);
        let shuffled: Vec<PairedTest> = order.iter().map(|&i| plain[i].clone()).collect();
        prop_assert_eq!(compare(&plain, &plan()).unwrap(), compare(&shuffled, &plan()).unwrap());
    }

    #[test]
    fn swapping_the_arms_swaps_worse_and_better(suite in either_clock()) {
        let swapped: Vec<Test> = suite.iter().map(|(base, head)| (head.clone(), base.clone())).collect();
        let (plain, swapped) = (outcome(&suite), outcome(&swapped));
        for (plain, swapped) in plain.tests.iter().zip(&swapped.tests) {
            prop_assert_eq!(plain.time.worse, swapped.time.better);
            prop_assert_eq!(plain.time.better, swapped.time.worse);
            prop_assert_eq!(plain.hits.map(|h| (h.worse, h.better)), swapped.hits.map(|h| (h.better, h.worse)));
            if let (Some(plain), Some(swapped)) = (plain.ratio, swapped.ratio) {
                prop_assert!((plain.estimate * swapped.estimate - 1.0).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn the_figures_of_a_test_do_not_contradict_each_other(suite in either_clock()) {
        for test in outcome(&suite).tests {
            if let Some(ratio) = test.ratio
                && let Some(interval) = ratio.interval
            {
                prop_assert!(interval.low <= ratio.estimate && ratio.estimate <= interval.high);
            }
            prop_assert!(!(test.time.worse.is_shown() && test.time.better.is_shown()));
        }
    }
}
