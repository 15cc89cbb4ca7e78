//! Baselines that are none: each is refused before anything runs, by a sentence that names the file and what is wrong.

use std::ffi::OsString;

use rstest::rstest;

use crate::harness::{Result as _, golden};

/// A legal baseline of our own shape.
const OWN: &str = r#"{
  "schema_version": 1,
  "provenance": {
    "git_commit": null, "git_dirty": null, "settings_digest": "d1ce",
    "environment": {"os": "linux", "arch": "x86_64", "cpu_model": null, "cores": 1, "memory_bytes": null, "server_version": null},
    "recorded_at": "2026-01-01T00:00:00Z", "runs": 5
  },
  "limits": {"multiplier": 2, "add_seconds": 20},
  "tests": {"test_1": {"cold": {"samples_s": [0.3, 0.2, 0.25]}, "warm": {"samples_s": [0.1]}}}
}"#;

fn own(from: &str, to: &str) -> Vec<u8> {
    assert!(OWN.contains(from), "the case changes nothing: {from}");
    OWN.replacen(from, to, 1).into_bytes()
}

fn text(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

async fn told(file: &[u8]) -> (i32, String) {
    let golden = golden([
        "run",
        "--baseline",
        "broken.json",
        "--server-bin",
        "/nonexistent/server",
    ]);
    std::fs::write(golden.dir.path().join("broken.json"), file).unwrap();
    let ran = golden.ran().await;
    if ran.code == 4 {
        assert_eq!(ran.result().exit_code.code(), 4, "the result says the same");
    }
    (ran.code, ran.stderr)
}

/// The control of the table below: this file gets as far as the server, which is not there.
#[tokio::test]
async fn a_legal_baseline_is_not_what_stops_a_run() {
    let (code, stderr) = told(OWN.as_bytes()).await;
    assert_eq!(code, 4);
    assert!(stderr.is_empty() || !stderr.contains("broken.json"), "{stderr}");
}

#[rstest]
#[case::empty(text(""), "empty")]
#[case::white_space(text(" \n\n"), "empty")]
#[case::truncated(OWN.as_bytes()[..OWN.len() / 2].to_vec(), "EOF while parsing")]
#[case::cut_by_one_brace(OWN.as_bytes()[..OWN.len() - 1].to_vec(), "EOF while parsing")]
#[case::no_json(text("test_1: 0.3\n"), "line 1 column")]
#[case::binary(vec![0xff, 0xfe, 0x00, 0x01], "UTF-8")]
#[case::null_bytes(vec![0; 64], "line 1 column 1")]
#[case::byte_order_mark(text("\u{feff}{\"test_1\": 1}"), "line 1 column 1")]
#[case::two_documents(text("{\"test_1\": 1}\n{\"test_1\": 1}"), "trailing characters")]
#[case::a_list(text("[0.3]"), "is a list")]
#[case::a_number(text("0.3"), "is a number")]
#[case::null(text("null"), "is null")]
#[case::no_tests(text("{}"), "no timed test")]
#[case::deeper_than_any(text(&"[".repeat(100_000)), "recursion limit")]
#[case::future_version(own("\"schema_version\": 1", "\"schema_version\": 99"), "schema_version 99")]
#[case::version_zero(own("\"schema_version\": 1", "\"schema_version\": 0"), "schema_version 0")]
#[case::version_half(own("\"schema_version\": 1", "\"schema_version\": 1.5"), "schema_version 1.5")]
#[case::version_as_text(
    own("\"schema_version\": 1", "\"schema_version\": \"1\""),
    "schema_version \"1\""
)]
#[case::one_name_twice(
    own("\"tests\": {", "\"tests\": {\"test_1\": {\"cold\": {\"samples_s\": [9]}}, "),
    "`test_1` stands twice"
)]
#[case::one_key_twice(own("\"runs\": 5", "\"runs\": 5, \"runs\": 6"), "`runs` stands twice")]
#[case::one_result_twice(
    text(r#"{"tests": [{"name": "a", "timing_submit_to_complete_s": 1}, {"name": "a", "timing_submit_to_complete_s": 2}]}"#),
    "tests[1] is a second a"
)]
#[case::escaped_twin(text(r#"{"test_1": 1, "test\u005f1": 2}"#), "`test_1` stands twice")]
#[case::negative(own("0.2,", "-0.2,"), "tests.test_1.cold.samples_s[1] is -0.2")]
#[case::zero(own("[0.1]", "[0]"), "tests.test_1.warm.samples_s[0] is 0")]
#[case::minus_zero(own("[0.1]", "[-0.0]"), "tests.test_1.warm.samples_s[0] is -0")]
#[case::infinite(own("[0.1]", "[1e999]"), "number out of range")]
#[case::infinity_in_words(own("[0.1]", "[Infinity]"), "expected value")]
#[case::nan(own("[0.1]", "[NaN]"), "expected value")]
#[case::time_as_text(own("[0.1]", "[\"0.1\"]"), "invalid type: string \"0.1\"")]
#[case::no_samples(own("[0.1]", "[]"), "tests.test_1.warm.samples_s is empty")]
#[case::no_list(own("[0.1]", "0.1"), "expected a sequence")]
#[case::unknown_field(
    own("\"runs\": 5", "\"runs\": 5, \"surprise\": 1"),
    "unknown field `surprise`"
)]
#[case::unknown_cache_state(own("\"warm\"", "\"hot\""), "unknown field `hot`")]
#[case::missing_field(own("\"settings_digest\": \"d1ce\",", ""), "missing field `settings_digest`")]
#[case::negative_limit(own("\"add_seconds\": 20", "\"add_seconds\": -1"), "limits.add_seconds is -1")]
#[case::limit_below_one(own("\"multiplier\": 2", "\"multiplier\": 0.9"), "limits.multiplier is 0.9")]
#[case::no_runs(own("\"runs\": 5", "\"runs\": 0"), "provenance.runs is 0")]
#[case::of_a_failed_run(
    text(r#"{"pass": false, "tests": [{"name": "test_1", "timing_submit_to_complete_s": 1}]}"#),
    "pass is false"
)]
#[tokio::test]
async fn a_broken_baseline_is_refused_by_file_and_place(#[case] file: Vec<u8>, #[case] says: &str) {
    let (code, stderr) = told(&file).await;
    assert_eq!(code, 4, "{stderr}");
    assert!(
        stderr.contains("broken.json") && stderr.contains(says),
        "{stderr}"
    );
    assert!(
        stderr.len() < 2_000,
        "an error is no copy of the file: {} bytes",
        stderr.len()
    );
}

#[rstest]
#[case::directory("dir")]
#[case::below_a_file("file/b.json")]
#[tokio::test]
async fn a_baseline_that_cannot_be_read_is_named(#[case] path: &str) {
    let golden = golden(["run", "--server-bin", "/nonexistent/server", "--baseline", path]);
    std::fs::create_dir(golden.dir.path().join("dir")).unwrap();
    std::fs::write(golden.dir.path().join("file"), "").unwrap();
    let ran = golden.ran().await;
    ran.exited(4);
    assert!(
        ran.stderr.contains(&format!("read baseline {path}")),
        "{}",
        ran.said()
    );
}

#[rstest]
#[case::threshold_beyond_the_timeout(own("\"add_seconds\": 20", "\"add_seconds\": 3600"), "cannot fire")]
#[tokio::test]
async fn a_baseline_by_which_nothing_can_ever_fail_is_refused(#[case] file: Vec<u8>, #[case] says: &str) {
    let (code, stderr) = told(&file).await;
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains(says), "{stderr}");
}

#[rstest]
#[case::negative_multiplier(&["--perf-multiplier=-1"], "--perf-multiplier")]
#[case::nan(&["--perf-multiplier", "NaN"], "--perf-multiplier")]
#[case::infinite(&["--perf-add-seconds", "inf"], "--perf-add-seconds")]
#[case::negative_time(&["--timeout-job=-5s"], "--timeout-job")]
#[case::no_time(&["--timeout-total", "0"], "--timeout-total")]
#[case::no_runs(&["--repeat", "0"], "--repeat")]
#[tokio::test]
async fn a_flag_that_cannot_be_meant_is_refused_by_its_name(#[case] flags: &[&str], #[case] says: &str) {
    let args: Vec<OsString> = ["run"].iter().chain(flags).map(OsString::from).collect();
    let ran = golden(args).ran().await;
    ran.exited(2);
    assert!(ran.stderr.contains(says), "{}", ran.said());
    assert!(!ran.dir.path().join("artifacts").exists());
}

#[rstest]
#[case::no_runs(&["--runs", "0"], "--runs")]
#[case::too_many_runs(&["--runs", "1001"], "1..=1000")]
#[case::unknown_phase(&["--phase", "hot"], "cold, warm, busy")]
#[case::no_budget(&["--budget", "0s"], "--budget")]
#[case::fault(&["--fault", "synht:error=500"], "unknown stage")]
#[case::filter(&["--filter", "no_such_test"], "no_such_test")]
#[tokio::test]
async fn likewise_for_many_runs(#[case] flags: &[&str], #[case] says: &str) {
    let args: Vec<OsString> = ["flake"].iter().chain(flags).map(OsString::from).collect();
    let ran = golden(args).ran().await;
    ran.exited(2);
    assert!(ran.stderr.contains(says), "{}", ran.said());
}
