//! The guard by examples.

use rstest::rstest;

use super::*;
use crate::{
    AddSeconds, Attribution, CacheState, CounterDeltas, Multiplier, Rounds, Samples, Seconds, StageTimes,
    environment::tests::context,
};

pub(super) const BASELINE: &str = r#"{
  "schema_version": 1,
  "provenance": {"git_commit": "feed", "git_dirty": false, "settings_digest": "abc", "runs": 5,
    "recorded_at": "2026-01-01T00:00:00Z",
    "environment": {"os": "linux", "arch": "x86_64", "cpu_model": "Imaginary 9", "cores": 2}},
  "tests": {
    "fast": {"limits": {"add_seconds": 0.1},
             "cold": {"samples_s": [0.1, 0.1, 0.1], "stages_ms": {"synth": 60}},
             "warm": {"samples_s": [0.05]}},
    "slow": {"cold": {"samples_s": [10]}}
  }
}"#;

pub(super) fn baseline() -> Baseline {
    Baseline::parse(BASELINE).unwrap()
}

pub(super) fn measured(test: &str, cache: CacheState, samples: &[f64]) -> Measurement {
    Measurement {
        key: TimedKey::new(test, cache),
        samples: Samples::from_f64s("samples", samples).unwrap(),
        stages: StageTimes::new(),
        rounds: Rounds::ONE,
        counters: CounterDeltas::default(),
        timeout: Seconds::new(60.0).unwrap(),
    }
}

fn healthy() -> Vec<Measurement> {
    vec![
        measured("fast", CacheState::Cold, &[0.11]),
        measured("fast", CacheState::Warm, &[0.05]),
        measured("slow", CacheState::Cold, &[10.5]),
    ]
}

fn judge(measured: &[Measurement], policy: Policy) -> Outcome {
    check(measured, Some(&baseline()), &context(), &policy).unwrap()
}

const STRICT: Policy = Policy {
    mode: BaselineMode::Strict,
    env_mismatch: EnvMismatch::Warn,
    flags: LimitOverrides::NONE,
};

#[test]
fn a_healthy_run_passes_and_reports_every_effective_ratio() {
    let outcome = judge(&healthy(), STRICT);
    assert_eq!((outcome.verdict, outcome.perf_checked()), (Verdict::Pass, 3));
    let ratios: Vec<f64> = outcome.comparisons.iter().map(|c| c.effective_ratio).collect();
    assert_eq!(ratios, [2.0, 3.0, 1.5]);
}

#[test]
fn a_time_above_its_threshold_fails_with_its_figures() {
    let mut run = healthy();
    run[0] = measured("fast", CacheState::Cold, &[0.25, 0.26, 0.1]);
    run[0].stages.insert("synth", 210.0).unwrap();
    run[0].counters.retries = Some(2);
    let outcome = judge(&run, Policy::default());
    assert_eq!(outcome.verdict, Verdict::Failed);
    let [failure] = &outcome.failures[..] else {
        panic!("{:?}", outcome.failures)
    };
    let found = &failure.comparison;
    assert_eq!(
        (found.name.as_str(), found.cache, found.repeats),
        ("fast", CacheState::Cold, 3)
    );
    assert_eq!(
        [found.measured_s, found.baseline_s, found.threshold_s].map(Seconds::as_secs_f64),
        [0.25, 0.1, 0.2]
    );
    assert_eq!(failure.explain.stage, Attribution::Stage("synth".into()));
    assert_eq!(
        (failure.explain.growth_ms, failure.explain.retries),
        (150.0, Some(2))
    );
    assert_eq!(outcome.perf_checked(), 3, "a failed check is a check");
}

#[test]
fn cold_and_warm_are_never_compared_with_each_other() {
    // 0.18 s is fine for cold (threshold 0.2) and too slow for warm (0.15).
    let both = [
        measured("fast", CacheState::Cold, &[0.18]),
        measured("fast", CacheState::Warm, &[0.18]),
    ];
    let outcome = judge(&both, Policy::default());
    let failed: Vec<CacheState> = outcome.failures.iter().map(|f| f.comparison.cache).collect();
    assert_eq!(failed, [CacheState::Warm]);
}

#[test]
fn one_slow_repeat_of_three_does_not_fail() {
    let run = [measured("fast", CacheState::Cold, &[0.1, 9.0, 0.1])];
    assert_eq!(judge(&run, Policy::default()).verdict, Verdict::Pass);
}

#[rstest]
#[case::warn(BaselineMode::Warn, Verdict::Pass)]
#[case::strict(BaselineMode::Strict, Verdict::Failed)]
fn a_test_that_the_baseline_lacks_is_listed_and_fails_only_when_strict(
    #[case] mode: BaselineMode,
    #[case] verdict: Verdict,
) {
    let mut run = healthy();
    run.push(measured("new", CacheState::Cold, &[1.0]));
    let outcome = judge(
        &run,
        Policy {
            mode,
            ..Policy::default()
        },
    );
    assert_eq!(outcome.verdict, verdict);
    let skipped: Vec<(&str, &str)> = outcome
        .skipped
        .iter()
        .map(|s| (s.name.as_str(), s.reason.as_str()))
        .collect();
    assert_eq!(skipped, [("new", "the baseline does not have it")]);
}

#[rstest]
#[case::warn(BaselineMode::Warn, Verdict::Pass)]
#[case::strict(BaselineMode::Strict, Verdict::Failed)]
fn a_test_that_was_not_measured_is_listed_and_fails_only_when_strict(
    #[case] mode: BaselineMode,
    #[case] verdict: Verdict,
) {
    let outcome = judge(
        &healthy()[..2],
        Policy {
            mode,
            ..Policy::default()
        },
    );
    assert_eq!(outcome.verdict, verdict);
    assert_eq!(
        outcome.extra,
        [Extra {
            name: "slow".into(),
            cache: CacheState::Cold
        }]
    );
}

#[rstest]
#[case::warn(BaselineMode::Warn)]
#[case::strict(BaselineMode::Strict)]
fn without_a_baseline_nothing_is_checked_and_nothing_has_passed(#[case] mode: BaselineMode) {
    let outcome = check(
        &healthy(),
        None,
        &context(),
        &Policy {
            mode,
            ..Policy::default()
        },
    )
    .unwrap();
    assert_eq!(
        (outcome.verdict, outcome.perf_checked()),
        (Verdict::Inconclusive, 0)
    );
    assert!(outcome.skipped.iter().all(|s| s.reason == "there is no baseline") && outcome.skipped.len() == 3);
}

#[test]
fn an_empty_run_and_one_of_strangers_alone_have_not_passed() {
    assert_eq!(judge(&[], Policy::default()).verdict, Verdict::Inconclusive);
    let strangers = [measured("new", CacheState::Cold, &[1.0])];
    assert_eq!(
        judge(&strangers, Policy::default()).verdict,
        Verdict::Inconclusive
    );
}

#[rstest]
#[case::warn(EnvMismatch::Warn, 0.11, Verdict::Pass)]
#[case::inconclusive(EnvMismatch::Inconclusive, 0.11, Verdict::Inconclusive)]
#[case::a_failure_stays_one(EnvMismatch::Inconclusive, 0.9, Verdict::Failed)]
fn a_baseline_from_elsewhere_counts_as_told(
    #[case] env_mismatch: EnvMismatch,
    #[case] fast: f64,
    #[case] verdict: Verdict,
) {
    let mut here = context();
    here.environment.cores = 64;
    let mut run = healthy();
    run[0] = measured("fast", CacheState::Cold, &[fast]);
    let policy = Policy {
        env_mismatch,
        ..Policy::default()
    };
    let outcome = check(&run, Some(&baseline()), &here, &policy).unwrap();
    assert_eq!(outcome.verdict, verdict);
    assert_eq!(
        outcome.differences[0].to_string(),
        "cores: baseline 2, this run 64"
    );
}

#[test]
fn a_baseline_of_unknown_origin_is_inconclusive_where_origin_counts() {
    let flat = Baseline::parse(r#"{"fast": 0.1}"#).unwrap();
    let policy = Policy {
        env_mismatch: EnvMismatch::Inconclusive,
        ..Policy::default()
    };
    let outcome = check(&healthy()[..1], Some(&flat), &context(), &policy).unwrap();
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
}

#[test]
fn a_flag_overrides_the_files_limits() {
    let run = [measured("fast", CacheState::Cold, &[0.5])];
    assert_eq!(judge(&run, Policy::default()).verdict, Verdict::Failed);
    let flags = LimitOverrides {
        multiplier: None,
        add_seconds: AddSeconds::new(1.0).ok(),
    };
    assert_eq!(
        judge(
            &run,
            Policy {
                flags,
                ..Policy::default()
            }
        )
        .verdict,
        Verdict::Pass
    );
}

#[rstest]
#[case::beyond(14.0, true)]
#[case::exactly_at(15.0, true)]
#[case::below(15.01, false)]
fn a_threshold_not_below_the_timeout_is_refused(#[case] timeout: f64, #[case] refused: bool) {
    let mut run = healthy();
    run[2].timeout = Seconds::new(timeout).unwrap();
    let result = check(&run, Some(&baseline()), &context(), &Policy::default());
    assert_eq!(result.is_err(), refused);
    if let Err(error) = result {
        let text = error.to_string();
        let expected = "slow (cold): a guard that cannot fire: its threshold 15.000 s (baseline 10.000 s, \
                        effective ratio 1.5) is not below the test's own timeout";
        assert!(text.starts_with(expected), "{text}");
    }
}

#[test]
fn a_flag_that_takes_the_teeth_out_is_refused_before_the_run() {
    let cases: Vec<TimedCase> = healthy().iter().map(TimedCase::from).collect();
    let flags = LimitOverrides {
        multiplier: Multiplier::new(1000.0).ok(),
        add_seconds: None,
    };
    assert!(refuse_unfireable(&cases, Some(&baseline()), LimitOverrides::NONE).is_ok());
    let error = refuse_unfireable(&cases, Some(&baseline()), flags).unwrap_err();
    assert!(matches!(error, CheckError::CannotFire { key, .. } if key.test == "fast"));
    assert!(
        refuse_unfireable(&cases, None, flags).is_ok(),
        "no baseline, no threshold"
    );
}

#[test]
fn two_measurements_of_one_key_are_refused() {
    let twice = [
        measured("fast", CacheState::Cold, &[0.1]),
        measured("fast", CacheState::Cold, &[0.1]),
    ];
    let error = check(&twice, Some(&baseline()), &context(), &Policy::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "fast (cold) was measured twice, legal is each timed test once in each cache state"
    );
    assert!(
        check(&twice, None, &context(), &Policy::default()).is_err(),
        "also without a baseline"
    );
}

#[test]
fn words_of_flags_are_read_and_others_refused_with_the_legal_ones() {
    assert_eq!("strict".parse(), Ok(BaselineMode::Strict));
    assert_eq!("inconclusive".parse(), Ok(EnvMismatch::Inconclusive));
    assert_eq!("warm".parse(), Ok(CacheState::Warm));
    let refused = [
        "Strict".parse::<BaselineMode>().unwrap_err(),
        "".parse::<EnvMismatch>().unwrap_err(),
        "both".parse::<CacheState>().unwrap_err(),
    ];
    assert_eq!(
        refused.map(|e| e.to_string()),
        [
            "baseline_mode is Strict, legal is warn or strict",
            "env_mismatch is , legal is warn or inconclusive",
            "cache is both, legal is cold or warm"
        ]
    );
}
