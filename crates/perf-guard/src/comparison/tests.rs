//! Verdicts of whole suites, and what is refused.

use rstest::rstest;
use serde_json::json;

use super::*;
use crate::{CacheState, Seconds, TimedKey, ValueError, Verdict};

/// Twenty times around `seconds` within 2 %, without ties or order; another `salt` gives other ones.
fn times(seconds: f64, salt: u32) -> Vec<f64> {
    let spread = |i: u32| f64::from((i * 7_919 + salt * 104_729) % 1_009) / 1_009.0 - 0.5;
    (1..=20).map(|i| seconds * (1.0 + 0.04 * spread(i))).collect()
}

fn test(name: &str, base: &[f64], head: &[f64]) -> PairedTest {
    PairedTest {
        key: TimedKey::new(name, CacheState::Cold),
        pairs: Pairs::from_f64s("pairs", base, head).unwrap(),
    }
}

fn slower(name: &str, factor: f64) -> PairedTest {
    test(name, &times(0.3, 1), &times(0.3 * factor, 2))
}

/// So many of the 20 runs of base, and of head, are fast-ready.
fn with_hits(name: &str, base: usize, head: usize) -> PairedTest {
    let arm = |hits: usize, salt| {
        let run = |(i, s): (usize, f64)| {
            if i < hits {
                Run::fast_ready(Seconds::new(s / 100.0).unwrap())
            } else {
                Run::worked(Seconds::new(s).unwrap())
            }
        };
        times(0.3, salt).into_iter().enumerate().map(run).collect()
    };
    PairedTest {
        key: TimedKey::new(name, CacheState::Cold),
        pairs: Pairs::new("pairs", arm(base, 1), arm(head, 2)).unwrap(),
    }
}

fn only(test: PairedTest) -> PairedOutcome {
    compare(&[test], &Plan::default()).unwrap().tests.remove(0)
}

#[rstest]
#[case::the_same(1.0, PairedVerdict::NotShown)]
#[case::slower_but_not_worth_knowing(1.04, PairedVerdict::NotShown)]
#[case::slower(1.10, PairedVerdict::Regressed)]
#[case::far_slower(3.0, PairedVerdict::Regressed)]
#[case::faster_but_not_worth_knowing(0.97, PairedVerdict::NotShown)]
#[case::faster(0.88, PairedVerdict::Improved)]
fn a_change_is_judged_by_its_size(#[case] factor: f64, #[case] verdict: PairedVerdict) {
    let found = only(slower("a", factor));
    assert_eq!(found.verdict, verdict);
    let ratio = found.ratio.unwrap();
    let interval = ratio.interval.unwrap();
    assert!((ratio.estimate / factor - 1.0).abs() < 0.01, "{ratio:?}");
    assert!(interval.low < factor && factor < interval.high, "{interval:?}");
    // A spread of 1.2 % hides little beyond the 5 % that are not looked for.
    assert!(
        (1.05..1.08).contains(&found.detectable_ratio.unwrap()),
        "{found:?}"
    );
}

#[rstest]
#[case::one_is_enough_to_fail(&[1.0, 2.0, 0.5], Verdict::Failed)]
#[case::none_fails(&[1.0, 0.5], Verdict::Pass)]
fn the_suite_is_as_bad_as_its_worst(#[case] factors: &[f64], #[case] verdict: Verdict) {
    let tests: Vec<PairedTest> = (0..)
        .zip(factors)
        .map(|(i, &f)| slower(&format!("t{i}"), f))
        .collect();
    assert_eq!(compare(&tests, &Plan::default()).unwrap().verdict, verdict);
}

#[test]
fn a_regression_outweighs_a_test_with_too_little_data_which_outweighs_a_pass() {
    let (bad, scarce, good) = (
        slower("bad", 2.0),
        with_hits("scarce", 17, 17),
        slower("good", 1.0),
    );
    let verdict = |tests: &[PairedTest]| compare(tests, &Plan::default()).unwrap().verdict;
    assert_eq!(verdict(&[good.clone(), scarce.clone()]), Verdict::Inconclusive);
    assert_eq!(verdict(&[good, scarce, bad]), Verdict::Failed);
}

#[test]
fn a_change_that_separates_the_arms_is_shown_at_the_first_look() {
    let found = only(slower("a", 1.5));
    assert_eq!(found.time.worse.shown_after_pairs, Some(10));
    // Twice 1 / C(20, 10).
    assert!((found.time.worse.p - 2.0 / 184_756.0).abs() < 1e-15);
    assert_eq!(
        found.time.better,
        Evidence {
            p: 1.0,
            p_adjusted: 1.0,
            shown_after_pairs: None
        }
    );
}

/// Also among tests that never reached a look: they were planned, and looked for.
#[rstest]
#[case::whole(20)]
#[case::cut_short(5)]
fn holm_makes_one_of_many_tests_prove_more_than_one_alone(#[case] pairs: usize) {
    // Slower by 20 % in 13 of 20 runs: that passes alone, and not among a hundred.
    let mut head = times(0.3, 2);
    head.iter_mut().skip(7).for_each(|s| *s *= 1.2);
    let doubtful = test("a", &times(0.3, 1), &head);
    let mut tests = vec![doubtful.clone()];
    let (base, head) = (times(0.3, 1), times(0.3, 2));
    tests.extend((0..99).map(|i| test(&format!("t{i}"), &base[..pairs], &head[..pairs])));
    let among_many = compare(&tests, &Plan::default()).unwrap().tests.remove(0);
    let alone = only(doubtful);
    assert_eq!(alone.verdict, PairedVerdict::Regressed, "{alone:?}");
    assert_eq!(among_many.verdict, PairedVerdict::NotShown, "{among_many:?}");
    assert!((among_many.time.worse.p_adjusted / alone.time.worse.p - 100.0).abs() < 1e-9);
}

#[test]
fn the_pairs_show_through_drift_what_the_arms_do_not() {
    let drift = |i: usize| 1.0 + 2.0 * i as f64 / 20.0;
    let drifting =
        |arm: Vec<f64>| -> Vec<f64> { arm.iter().enumerate().map(|(i, s)| s * drift(i)).collect() };
    let found = only(test("a", &drifting(times(0.3, 1)), &drifting(times(0.36, 2))));
    assert_eq!(found.verdict, PairedVerdict::Regressed);
    // All of the first ten pairs positive, twice 2^-10; the arms overlap by far.
    assert_eq!(found.time.worse.p, 2.0 / 1024.0);
    assert_eq!(found.time.worse.shown_after_pairs, Some(10));
}

#[test]
fn fast_ready_runs_are_dropped_by_tag_and_counted() {
    let found = only(with_hits("a", 6, 6));
    assert_eq!(found.verdict, PairedVerdict::NotShown);
    assert_eq!(
        found.fast_ready,
        FastReady {
            base: 6,
            head: 6,
            of: 20
        }
    );
    assert!((found.ratio.unwrap().estimate - 1.0).abs() < 0.02);
}

#[test]
fn cache_times_of_a_test_about_the_cache_are_used_and_counted() {
    let timed = |hits: usize, salt| {
        let run = |(i, s): (usize, &f64)| Run {
            time: Seconds::new(*s).unwrap(),
            origin: if i < hits {
                Origin::CacheTimed
            } else {
                Origin::Worked
            },
        };
        times(0.3, salt).iter().enumerate().map(run).collect()
    };
    let test = |head_hits| PairedTest {
        key: TimedKey::new("warm", CacheState::Warm),
        pairs: Pairs::new("pairs", timed(20, 1), timed(head_hits, 2)).unwrap(),
    };
    let sound = only(test(20));
    assert_eq!(
        (sound.verdict, sound.shortage, sound.hits),
        (PairedVerdict::NotShown, None, None)
    );
    assert!(sound.ratio.is_some() && sound.detectable_ratio.is_some());
    let broken = only(test(0));
    assert_eq!(broken.verdict, PairedVerdict::Regressed, "{broken:?}");
    assert!(!broken.time.worse.is_shown() && broken.hits.unwrap().worse.is_shown());
}

#[test]
fn a_test_that_did_not_run_is_insufficient_and_still_counts() {
    let gone = PairedTest {
        key: TimedKey::new("gone", CacheState::Cold),
        pairs: Pairs::none(),
    };
    let slow = test("slow", &times(0.3, 1), &times(0.6, 2));
    let alone = only(slow.clone());
    let both = compare(&[gone, slow], &Plan::default()).unwrap();
    assert_eq!(
        both.tests[0].shortage,
        Some(Shortage::Unfinished {
            pairs: 0,
            planned: 20
        })
    );
    assert_eq!(
        (both.tests[0].ratio, both.tests[0].detectable_ratio),
        (None, None)
    );
    let (among, alone) = (both.tests[1].time.worse, alone.time.worse);
    assert!(
        (among.p_adjusted / alone.p_adjusted - 2.0).abs() < 1e-9,
        "{among:?} {alone:?}"
    );
}

#[rstest]
#[case::broken(15, 2, PairedVerdict::Regressed)]
#[case::a_little_worse(10, 7, PairedVerdict::NotShown)]
#[case::mended(2, 12, PairedVerdict::Improved)]
fn a_broken_cache_does_not_hide_behind_equal_times(
    #[case] base: usize,
    #[case] head: usize,
    #[case] verdict: PairedVerdict,
) {
    let found = only(with_hits("a", base, head));
    assert_eq!(found.verdict, verdict, "{found:?}");
    assert!(!found.time.worse.is_shown());
}

#[rstest]
#[case::too_few_usable(
    with_hits("a", 16, 16), Shortage::TooFewUsable { base: 4, head: 4, floor: Some(6) })]
#[case::nothing_usable(
    with_hits("a", 20, 20), Shortage::TooFewUsable { base: 0, head: 0, floor: Some(5) })]
#[case::died_on_the_way(
    test("a", &times(0.3, 1)[..15], &times(0.3, 2)[..15]), Shortage::Unfinished { pairs: 15, planned: 20 })]
#[case::died_at_once(test("a", &[0.3], &[0.3]), Shortage::Unfinished { pairs: 1, planned: 20 })]
fn too_little_data_is_said_and_never_passes(#[case] test: PairedTest, #[case] shortage: Shortage) {
    let outcome = compare(&[test], &Plan::default()).unwrap();
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert_eq!(outcome.tests[0].verdict, PairedVerdict::Insufficient);
    assert_eq!(outcome.tests[0].shortage, Some(shortage));
}

#[test]
fn a_run_cut_short_after_a_look_keeps_what_that_look_showed() {
    let cut = test("a", &times(0.3, 1)[..12], &times(0.6, 2)[..12]);
    assert_eq!(only(cut).verdict, PairedVerdict::Regressed);
}

/// At the floor the best possible evidence is enough, one below it is not.
#[rstest]
#[case::one_test(1)]
#[case::twenty_tests(20)]
fn the_floor_is_where_a_slowdown_can_first_be_shown(#[case] tests: usize) {
    let floor = Plan::default().floor(tests).unwrap();
    let verdict = |pairs: usize| {
        let plan = Plan::default().with_pairs(20).unwrap();
        let one = |i: usize| {
            let hits = 20 - pairs;
            let mut one = with_hits(&format!("t{i:02}"), hits, hits);
            let (base, head) = one.pairs.first(20);
            let head = head.iter().map(|run| Run {
                time: Seconds::new(run.time.as_secs_f64() * if i == 0 { 9.0 } else { 1.0 }).unwrap(),
                ..*run
            });
            one.pairs = Pairs::new("pairs", base.to_vec(), head.collect()).unwrap();
            one
        };
        // The others without fast-ready runs, so that they are no further hypotheses.
        let mut all = vec![one(0)];
        all.extend((1..tests).map(|i| slower(&format!("t{i:02}"), 1.0)));
        compare(&all, &plan).unwrap().tests[0].verdict
    };
    // The shares of the one test are a hypothesis of their own, hence one more.
    let floor = floor.max(Plan::default().floor(tests + 1).unwrap());
    assert_eq!(verdict(floor), PairedVerdict::Regressed);
    assert_eq!(verdict(floor - 1), PairedVerdict::Insufficient);
}

#[rstest]
#[case::negative(&[1.0, -2.0], &[1.0, 1.0], "tests.a.base[1] is -2, legal is a finite number of seconds above 0")]
#[case::zero(&[1.0], &[0.0], "tests.a.head[0] is 0, legal is a finite number of seconds above 0")]
#[case::nan(&[f64::NAN], &[1.0], "tests.a.base[0] is NaN, legal is a finite number of seconds above 0")]
#[case::infinite(&[1.0], &[f64::INFINITY], "tests.a.head[0] is inf, legal is a finite number of seconds above 0")]
#[case::empty(&[], &[], "tests.a is empty, legal is 1 to 100 pairs")]
#[case::unequal(
    &[1.0, 1.0],
    &[1.0],
    "tests.a.head is 1 runs beside 2 in tests.a.base, legal is as many runs as in base, because they are compared in pairs"
)]
#[case::too_many(&[1.0; 101], &[1.0; 101], "tests.a is 101 pairs, legal is 1 to 100 pairs")]
fn times_that_cannot_be_compared_are_refused_by_their_field(
    #[case] base: &[f64],
    #[case] head: &[f64],
    #[case] text: &str,
) {
    let error: ValueError = Pairs::from_f64s("tests.a", base, head).unwrap_err();
    assert_eq!(error.to_string(), text);
}

#[rstest]
#[case::empty(vec![], "tests is empty, legal is one timed test or more")]
#[case::twice(
    vec![slower("a", 1.0), slower("b", 1.0), slower("a", 2.0)],
    "tests: a (cold) stands there twice, legal is each timed test once in each cache state"
)]
#[case::unplanned(
    vec![test("a", &[0.3; 21], &[0.3; 21])],
    "tests: a (cold) has 21 pairs, legal is 20 or fewer, as planned before the first run"
)]
fn a_suite_that_cannot_be_judged_is_refused(#[case] tests: Vec<PairedTest>, #[case] text: &str) {
    assert_eq!(compare(&tests, &Plan::default()).unwrap_err().to_string(), text);
}

/// The most and the least that a float can say still compare; equal times show nothing.
#[rstest]
#[case::huge(f64::MAX, f64::MAX, PairedVerdict::NotShown)]
#[case::far_apart(f64::MIN_POSITIVE, f64::MAX, PairedVerdict::Regressed)]
#[case::equal(0.25, 0.25, PairedVerdict::NotShown)]
#[case::exactly_the_smallest_effect(0.2, 0.21, PairedVerdict::NotShown)]
fn extreme_times_break_nothing(#[case] base: f64, #[case] head: f64, #[case] verdict: PairedVerdict) {
    let found = only(test("a", &[base; 20], &[head; 20]));
    assert_eq!(found.verdict, verdict);
}

#[test]
fn verdicts_alone_are_those_of_the_whole_outcome() {
    let tests = [
        slower("b", 1.0),
        slower("a", 2.0),
        with_hits("c", 20, 20),
        slower("d", 0.5),
    ];
    let mut comparer = Comparer::new(Plan::default());
    let whole = comparer.compare(&tests).unwrap();
    let expected: Vec<PairedVerdict> = whole.tests.iter().map(|t| t.verdict).collect();
    assert_eq!(comparer.verdicts(&tests).unwrap(), expected);
    let texts: Vec<String> = expected.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["regressed", "not shown", "insufficient data", "improved"]);
}

#[test]
fn in_json_it_reads_as_documented() {
    let mut found = serde_json::to_value(only(with_hits("a", 20, 20))).unwrap();
    let none = json!({"p": 1.0, "p_adjusted": 1.0, "shown_after_pairs": null});
    assert_eq!(
        found,
        json!({
            "name": "a", "cache": "cold", "verdict": "insufficient",
            "time": {"worse": none, "better": none}, "hits": null,
            "fast_ready": {"base": 20, "head": 20, "of": 20},
            "ratio": null, "detectable_ratio": null,
            "shortage": {"reason": "too_few_usable", "base": 0, "head": 0, "floor": 5}
        })
    );
    found = serde_json::to_value(only(test("a", &[0.25; 20], &[0.5; 20]))).unwrap();
    assert_eq!(found["verdict"], "regressed");
    assert_eq!(
        found["ratio"]["interval"],
        json!({"low": 2.0, "high": 2.0, "confidence": 0.95})
    );
    assert_eq!(found["time"]["worse"]["shown_after_pairs"], 10);
}
