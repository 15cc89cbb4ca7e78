//! Every shape that is read, and every way in which a file can be wrong.

use rstest::rstest;

use super::*;
use crate::{
    limits::{AddSeconds, Multiplier},
    seconds::Seconds,
};

const OWN: &str = r#"{
  "schema_version": 1,
  "provenance": {
    "git_commit": "feed", "git_dirty": false,
    "environment": {"os": "linux", "arch": "x86_64", "cpu_model": null, "cores": 2},
    "settings_digest": "d1ce", "recorded_at": "2026-01-02T03:04:05Z", "runs": 5
  },
  "limits": {"multiplier": 2},
  "tests": {
    "test_1": {
      "limits": {"add_seconds": 0.25},
      "cold": {"samples_s": [0.3, 0.1, 0.2], "stages_ms": {"synth": 60.5}},
      "warm": {"samples_s": [0.04], "limits": {"multiplier": 4, "add_seconds": 0}}
    },
    "cancel_ack": {"cold": {"samples_s": [0.002]}}
  }
}"#;

fn key(test: &str, cache: CacheState) -> TimedKey {
    TimedKey::new(test, cache)
}

fn median(baseline: &Baseline, test: &str, cache: CacheState) -> Option<f64> {
    baseline
        .get(&key(test, cache))
        .map(|recorded| recorded.samples.median().as_secs_f64())
}

#[test]
fn our_own_shape_is_read_whole() {
    let baseline = Baseline::parse(OWN).unwrap();
    assert_eq!(baseline.shape, Shape::Own);
    let provenance = baseline.provenance.as_ref().unwrap();
    assert_eq!(
        (provenance.git_commit.as_deref(), provenance.runs),
        (Some("feed"), 5)
    );
    assert_eq!(median(&baseline, "test_1", CacheState::Cold), Some(0.2));
    assert_eq!(median(&baseline, "cancel_ack", CacheState::Warm), None);
    let cold = baseline.get(&key("test_1", CacheState::Cold)).unwrap();
    assert_eq!(cold.stages.get_ms("synth"), Some(60.5));
    let keys: Vec<String> = baseline.keys().map(|k| k.to_string()).collect();
    assert_eq!(keys, ["cancel_ack (cold)", "test_1 (cold)", "test_1 (warm)"]);
}

#[test]
fn what_is_rendered_reads_back_and_stays_the_same() {
    let baseline = Baseline::parse(OWN).unwrap();
    let text = baseline.render().unwrap();
    assert_eq!(Baseline::parse(&text).unwrap(), baseline);
    assert_eq!(Baseline::parse(&text).unwrap().render().unwrap(), text);
    assert!(text.ends_with("}\n"));
}

#[test]
fn a_baseline_without_provenance_or_tests_is_not_rendered() {
    let found = Baseline::parse(r#"{"a": 1}"#).unwrap();
    assert!(matches!(found.render(), Err(LoadError::NoProvenance)));
    let mut own = Baseline::parse(OWN).unwrap();
    own.retain(|_| false);
    assert!(matches!(own.render(), Err(LoadError::NoTests)));
}

#[rstest]
#[case::file_and_test("test_1", CacheState::Cold, LimitOverrides::NONE, 2.0, 0.25)]
#[case::state_over_test_and_file("test_1", CacheState::Warm, LimitOverrides::NONE, 4.0, 0.0)]
#[case::file_and_default("cancel_ack", CacheState::Cold, LimitOverrides::NONE, 2.0, 3.0)]
#[case::flag_over_all("test_1", CacheState::Warm, LimitOverrides { multiplier: Multiplier::new(9.0).ok(), add_seconds: AddSeconds::new(7.0).ok() }, 9.0, 7.0)]
#[case::one_flag_leaves_the_other("test_1", CacheState::Warm, LimitOverrides { multiplier: None, add_seconds: AddSeconds::new(7.0).ok() }, 4.0, 7.0)]
#[case::unknown_test("other", CacheState::Cold, LimitOverrides::NONE, 2.0, 3.0)]
fn the_strongest_limit_counts(
    #[case] test: &str,
    #[case] cache: CacheState,
    #[case] flags: LimitOverrides,
    #[case] multiplier: f64,
    #[case] add_seconds: f64,
) {
    let limits = Baseline::parse(OWN).unwrap().limits_for(&key(test, cache), flags);
    assert_eq!(
        (limits.multiplier.get(), limits.add_seconds.as_secs_f64()),
        (multiplier, add_seconds)
    );
}

#[rstest]
#[case::results(
    r#"{"tests": [{"name": "a", "timing_submit_to_complete_s": 1.5, "status": "passed", "job_id": "j"},
                  {"name": "untimed", "timing_submit_to_complete_s": null},
                  {"name": "b", "timing_submit_to_complete_s": 2}], "pass": true, "api_base": "x", "schema_version": 7}"#,
    Shape::Results
)]
#[case::named_tests(r#"{"tests": {"a": 1.5, "b": 2}, "comment": "anything"}"#, Shape::NamedTests)]
#[case::flat(r#"{"a": 1.5, "b": 2}"#, Shape::Flat)]
fn the_shapes_found_in_the_wild_count_for_cold(#[case] text: &str, #[case] shape: Shape) {
    let baseline = Baseline::parse(text).unwrap();
    assert_eq!(baseline.shape, shape);
    assert_eq!(median(&baseline, "a", CacheState::Cold), Some(1.5));
    assert_eq!(median(&baseline, "b", CacheState::Cold), Some(2.0));
    assert_eq!(baseline.keys().count(), 2);
    assert!(baseline.provenance.is_none());
    assert_eq!(
        baseline.limits_for(&key("a", CacheState::Cold), LimitOverrides::NONE),
        Limits::default()
    );
}

#[test]
fn results_that_tell_the_cache_state_keep_it() {
    let text = r#"{"tests": [{"name": "a", "cache": "cold", "timing_submit_to_complete_s": 2},
                             {"name": "a", "cache": "warm", "timing_submit_to_complete_s": 1}]}"#;
    let baseline = Baseline::parse(text).unwrap();
    assert_eq!(median(&baseline, "a", CacheState::Warm), Some(1.0));
    assert_eq!(median(&baseline, "a", CacheState::Cold), Some(2.0));
}

#[rstest]
#[case::empty("", "baseline is empty, legal is an object with schema_version")]
#[case::white_space(" \n\t", "baseline is empty")]
#[case::truncated(&OWN[..200], "baseline cannot be read at line 6 column 26: EOF while parsing")]
#[case::no_json("perf: 1", "baseline cannot be read at line 1 column 1: expected value")]
#[case::two_documents("{\"a\": 1} {}", "line 1 column 10: trailing characters")]
#[case::nan("{\"a\": NaN}", "line 1 column 7: expected value")]
#[case::beyond_f64("{\"a\": 1e999}", "line 1 column 11: number out of range")]
#[case::a_list("[1]", "baseline is a list, legal is an object")]
#[case::a_number("3", "baseline is a number, legal is")]
#[case::null("null", "baseline is null, legal is")]
#[case::no_test_flat("{}", "holds no timed test, legal is one or more")]
#[case::no_test_list(r#"{"tests": []}"#, "holds no timed test")]
#[case::no_test_named(r#"{"tests": {}}"#, "holds no timed test")]
#[case::no_timed_test(r#"{"tests": [{"name": "a"}]}"#, "holds no timed test")]
#[case::one_name_twice(
    r#"{"a": 1, "a": 2}"#,
    "line 1 column 12: `a` stands twice, legal is each name once"
)]
#[case::one_name_twice_within(r#"{"tests": {"a": 1, "a": 2}}"#, "`a` stands twice")]
#[case::one_result_twice(
    r#"{"tests": [{"name": "a", "timing_submit_to_complete_s": 1}, {"name": "a", "timing_submit_to_complete_s": 1}]}"#,
    "tests[1] is a second a (cold), legal is each test once in each cache state"
)]
#[case::zero(r#"{"a": 0}"#, "a is 0, legal is a finite number of seconds above 0")]
#[case::negative(
    r#"{"tests": {"a": -1.5}}"#,
    "tests.a is -1.5, legal is a finite number of seconds above 0"
)]
#[case::no_number(
    r#"{"tests": {"a": "1.5"}}"#,
    "tests.a is \"1.5\", legal is a finite number of seconds above 0"
)]
#[case::no_number_flat(
    r#"{"a": 1, "note": "x"}"#,
    "note is \"x\", legal is a finite number of seconds above 0"
)]
#[case::own_without_version(
    r#"{"tests": {"a": {"cold": {}}}}"#,
    "tests.a is an object, legal is a finite number"
)]
#[case::result_of_no_object(r#"{"tests": [1]}"#, "tests[0] is 1, legal is an object with name")]
#[case::result_without_name(
    r#"{"tests": [{"timing_submit_to_complete_s": 1}]}"#,
    "tests[0].name is null, legal is a name"
)]
#[case::result_zero(
    r#"{"tests": [{"name": "a", "timing_submit_to_complete_s": 0}]}"#,
    "tests[0].timing_submit_to_complete_s is 0, legal is a finite number of seconds above 0"
)]
#[case::result_of_unknown_cache(
    r#"{"tests": [{"name": "a", "timing_submit_to_complete_s": 1, "cache": "hot"}]}"#,
    "tests[0].cache is hot, legal is cold or warm"
)]
#[case::failed_run(
    r#"{"pass": false, "tests": [{"name": "a", "timing_submit_to_complete_s": 1}]}"#,
    "pass is false, legal are only results of a run that passed"
)]
#[case::failed_test(
    r#"{"tests": [{"name": "a", "timing_submit_to_complete_s": 1, "status": "FAILED"}]}"#,
    "tests[0].status is \"FAILED\", legal are only results of a run that passed"
)]
fn a_wrong_file_is_refused_by_what_where_and_what_is_legal(#[case] text: &str, #[case] expected: &str) {
    let error = Baseline::parse(text).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

/// Our own shape with one change.
#[rstest]
#[case::future_version(
    "\"schema_version\": 1",
    "\"schema_version\": 2",
    "has schema_version 2, legal is 1 to 1; a newer version wrote it"
)]
#[case::version_zero(
    "\"schema_version\": 1",
    "\"schema_version\": 0",
    "has schema_version 0, legal is a whole number from 1"
)]
#[case::version_as_text(
    "\"schema_version\": 1",
    "\"schema_version\": \"1\"",
    "has schema_version \"1\", legal is a whole number"
)]
#[case::unknown_field(
    "\"runs\": 5",
    "\"runs\": 5, \"run\": 5",
    "unknown field `run`, expected one of `git_commit`"
)]
#[case::unknown_field_of_a_test(
    "\"cold\": {\"samples_s\": [0.002]}",
    "\"hot\": {}",
    "unknown field `hot`, expected one of `limits`, `cold`, `warm`"
)]
#[case::missing_field("\"settings_digest\": \"d1ce\",", "", "missing field `settings_digest`")]
#[case::wrong_time("2026-01-02T03:04:05Z", "yesterday", "line 6 column 57: failed to parse")]
#[case::no_runs("\"runs\": 5", "\"runs\": 0", "provenance.runs is 0, legal is 1 or more")]
#[case::one_test_twice(
    "\"cancel_ack\"",
    "\"test_1\"",
    "`test_1` stands twice, legal is each name once"
)]
#[case::no_state(
    "\"cold\": {\"samples_s\": [0.002]}",
    "",
    "tests.cancel_ack is without samples, legal is cold, warm or both"
)]
#[case::no_samples(
    "[0.002]",
    "[]",
    "tests.cancel_ack.cold.samples_s is empty, legal is one sample or more"
)]
#[case::zero_sample(
    "[0.3, 0.1",
    "[0.3, 0",
    "tests.test_1.cold.samples_s[1] is 0, legal is a finite number of seconds above 0"
)]
#[case::negative_sample("[0.04]", "[-0.04]", "tests.test_1.warm.samples_s[0] is -0.04")]
#[case::negative_stage(
    "60.5",
    "-60.5",
    "tests.test_1.cold.stages_ms.synth is -60.5, legal is a finite number of milliseconds, 0 or more"
)]
#[case::file_limit(
    "\"limits\": {\"multiplier\": 2}",
    "\"limits\": {\"multiplier\": 0.5}",
    "limits.multiplier is 0.5, legal is a finite number of at least 1"
)]
#[case::test_limit(
    "\"add_seconds\": 0.25",
    "\"add_seconds\": -1",
    "tests.test_1.limits.add_seconds is -1, legal is a finite number of seconds, 0 or more"
)]
#[case::state_limit(
    "\"multiplier\": 4",
    "\"multiplier\": 0",
    "tests.test_1.warm.limits.multiplier is 0, legal is"
)]
#[case::nameless(
    "\"cancel_ack\"",
    "\" \"",
    "a test without a name, legal is a name that is not empty"
)]
fn our_own_shape_is_read_strictly(#[case] from: &str, #[case] to: &str, #[case] expected: &str) {
    assert!(OWN.contains(from), "the case changes nothing");
    let error = Baseline::parse(&OWN.replacen(from, to, 1))
        .unwrap_err()
        .to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn every_truncation_is_an_error_and_none_panics() {
    for end in 0..OWN.len() {
        assert!(Baseline::parse(&OWN[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn own_shape_without_any_test_is_refused() {
    let start = OWN.find("\"tests\"").unwrap();
    let text = format!("{}\"tests\": {{}}}}", &OWN[..start]);
    assert!(
        matches!(Baseline::parse(&text), Err(LoadError::NoTests)),
        "{text}"
    );
    let without = text.replace(",\n  \"tests\": {}", "");
    let error = Baseline::parse(&without).unwrap_err().to_string();
    assert!(error.contains("missing field `tests`"), "{error}");
}

#[test]
fn what_is_not_going_to_run_can_be_left_out() {
    let mut baseline = Baseline::parse(OWN).unwrap();
    baseline.retain(|key| key.cache == CacheState::Warm);
    assert_eq!(
        baseline.keys().collect::<Vec<_>>(),
        [key("test_1", CacheState::Warm)]
    );
    assert!(!baseline.tests.contains_key("cancel_ack"));
}

#[test]
fn seconds_of_a_result_may_be_whole_numbers() {
    let baseline = Baseline::parse(r#"{"a": 3}"#).unwrap();
    assert_eq!(
        baseline
            .get(&key("a", CacheState::Cold))
            .unwrap()
            .samples
            .median(),
        Seconds::new(3.0).unwrap()
    );
}
