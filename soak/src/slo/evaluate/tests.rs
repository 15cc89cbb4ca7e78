//! Objectives held to results of either kind.

use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::slo::objectives::tests::COMMITTED;

/// A load that keeps every promise.
fn load() -> Value {
    let times = json!({"count": 10, "mean_ms": 1.0, "p50_ms": 1_000.0, "p95_ms": 2_000.0, "p99_ms": 1.0, "max_ms": 1.0});
    let point = json!({"lasts_s": 10.0, "requests": 1_000, "failed": 0, "rate_limited": 10, "p95_ms": 40.0});
    json!({
        "schema_version": 1, "profile": "pipeline", "exit_code": 0, "lasted_s": 20.0,
        "steps": [
            {"step": "submit", "composite": false, "requests": 1_000, "failed": 1, "rate_limited": 20,
             "response": {"p95_ms": 40.0}},
            {"step": "overview", "composite": true, "requests": 500, "failed": 500, "rate_limited": 0,
             "response": {"p95_ms": 900.0}},
            {"step": "list", "composite": false, "requests": 1_000, "failed": 0, "rate_limited": 0, "response": null}
        ],
        "checks": [{"check": "job_complete", "passed": 1_000, "failed": 1}],
        "trends": [{"trend": "submit_to_ready", "times": times}, {"trend": "poll_overhead", "times": null}],
        "timeline": {"load": [point, point]},
        "status_start": {"dead_letters": 3, "jobs": {"submitted": 5}},
        "status_end": {"dead_letters": 3, "jobs": {"submitted": 1_005}}
    })
}

fn soak() -> Value {
    let window = |from: f64, errors: u32| {
        json!({"from_seconds": from, "to_seconds": from + 60.0,
               "tally": {"operations": 1_000, "errors": errors}, "broken": []})
    };
    let histogram = |name: &str, p50: f64, p95: f64| json!({"name": name, "p50_ms": p50, "p95_ms": p95});
    json!({
        "schema_version": 1, "cycles": 100, "exit_code": 0, "duration_seconds": 120.0,
        "tally": {"operations": 2_000, "errors": 0},
        "windows": [window(0.0, 0), window(60.0, 0)],
        "histograms": [histogram("submit", 2.0, 9.0), histogram("submit_to_first_ready", 100.0, 300.0),
                       histogram("submit_to_ready", 200.0, 400.0)],
        "status_start": {"dead_letters": 0, "jobs": {"submitted": 0}},
        "status_end": {"dead_letters": 0, "jobs": {"submitted": 100}}
    })
}

fn report(result: &Value) -> SloReport {
    with(result, (0.0, BudgetBasis::Projected))
}

fn with(result: &Value, budget: (f64, BudgetBasis)) -> SloReport {
    let evidence = Evidence::parse(&result.to_string()).unwrap();
    evaluate(&evidence, &Objectives::parse(COMMITTED).unwrap(), budget)
}

#[test]
fn what_is_promised_and_kept_passes() {
    for result in [load(), soak()] {
        let report = report(&result);
        assert_eq!(
            (report.exit_code, report.freeze),
            (RunExit::Pass, false),
            "{report}"
        );
        assert_eq!(report.budget.used_s, Some(0.0));
        let text = report.to_string();
        assert!(text.contains("burn rate 0.00; 0.0 bad seconds of"), "{text}");
        assert!(
            text.contains("successful jobs: 99.9") || text.contains("successful jobs: 100.0"),
            "{text}"
        );
        assert!(text.contains(" %, at least 99.5 % ("), "{text}");
        assert_eq!(report.objectives.len(), 7);
    }
}

#[rstest]
#[case::slow("/steps/0/response/p95_ms", json!(351), "standard requests p95")]
#[case::late_at_the_median("/trends/0/times/p50_ms", json!(3_001), "first audio p50")]
#[case::late("/trends/0/times/p95_ms", json!(8_001), "first audio p95")]
#[case::failing("/steps/0/failed", json!(10), "successful requests")]
#[case::failing_jobs("/checks/0/failed", json!(6), "successful jobs")]
#[case::a_dead_letter("/status_end/dead_letters", json!(4), "dead letters a job")]
fn each_promise_is_missed_alone(#[case] pointer: &str, #[case] value: Value, #[case] name: &str) {
    let mut result = load();
    *result.pointer_mut(pointer).unwrap() = value;
    let report = report(&result);
    let missed: Vec<_> = report
        .objectives
        .iter()
        .filter(|row| !row.holds)
        .map(|row| row.name)
        .collect();
    assert_eq!(missed, [name]);
    assert_eq!((report.exit_code, report.freeze), (RunExit::Failed, false));
}

#[test]
fn requests_that_were_told_to_come_again_count_neither_way() {
    let mut result = load();
    // 9 of 1,980 failed, which is kept; of 1,010 it would not be.
    result["steps"][0]["failed"] = json!(9);
    assert!(report(&result).pass);
    result["steps"][0]["rate_limited"] = json!(990);
    let found = report(&result);
    let missed: Vec<_> = found
        .objectives
        .iter()
        .filter(|row| !row.holds)
        .map(|row| row.name)
        .collect();
    assert_eq!(missed, ["successful requests"], "{found}");
}

#[test]
fn jobs_that_end_late_are_old() {
    let mut result = load();
    result["trends"][0]["times"]["p95_ms"] = json!(120_001);
    let report = report(&result);
    assert!(
        report
            .reasons
            .iter()
            .any(|reason| reason.starts_with("job age p95: 120.0010 s")),
        "{report}"
    );
}

#[rstest]
#[case::no_jobs("/trends", json!([]), &["first audio p50", "first audio p95", "job age p95"])]
#[case::no_checks("/checks", json!([]), &["successful jobs"])]
#[case::no_requests("/steps", json!([]), &["standard requests p95", "successful requests"])]
#[case::no_status("/status_end", Value::Null, &["dead letters a job"])]
#[case::a_server_started_anew("/status_end/jobs/submitted", json!(1), &["dead letters a job"])]
fn a_figure_that_is_missing_holds_nothing(
    #[case] pointer: &str,
    #[case] value: Value,
    #[case] names: &[&str],
) {
    let mut result = load();
    *result.pointer_mut(pointer).unwrap() = value;
    let report = report(&result);
    let missed: Vec<_> = report
        .objectives
        .iter()
        .filter(|row| !row.holds)
        .map(|row| row.name)
        .collect();
    assert_eq!(missed, names);
    assert!(
        report
            .objectives
            .iter()
            .all(|row| row.holds || row.value.is_none())
    );
    assert_eq!(report.exit_code, RunExit::Failed);
}

#[test]
fn bad_seconds_use_the_budget_and_when_it_is_used_up_everything_stops() {
    let mut result = load();
    result["timeline"]["load"][0]["p95_ms"] = json!(351);
    let found = report(&result);
    // Half of a month is 45 times what may be bad.
    assert_eq!(found.budget.bad_s, Some(10.0));
    assert_eq!(found.budget.used_s, Some(1_296_000.0));
    assert_eq!((found.exit_code, found.freeze), (RunExit::Failed, true));
    assert!((found.budget.burn_rate.unwrap() - 45.0).abs() < 1e-9);
    let measured = with(&result, (0.0, BudgetBasis::Measured));
    assert_eq!((measured.exit_code, measured.freeze), (RunExit::Pass, false));
    let spent = with(&result, (28_790.0, BudgetBasis::Measured));
    assert_eq!(
        (spent.exit_code, spent.freeze),
        (RunExit::Failed, true),
        "{spent}"
    );
}

#[rstest]
#[case::errors("/windows/1/tally/errors", json!(6))]
#[case::an_invariant("/windows/1/broken", json!(["quiet"]))]
fn a_bad_window_of_a_soak_uses_the_budget(#[case] pointer: &str, #[case] value: Value) {
    let mut result = soak();
    *result.pointer_mut(pointer).unwrap() = value;
    let report = report(&result);
    assert_eq!((report.budget.bad_s, report.freeze), (Some(60.0), true));
}

#[test]
fn a_result_that_does_not_say_how_it_went_over_time_has_no_budget_left() {
    let mut result = load();
    result["timeline"]["load"] = json!([]);
    let report = report(&result);
    assert_eq!(
        (report.budget.used_s, report.freeze, report.exit_code),
        (None, true, RunExit::Failed)
    );
}

#[rstest]
#[case::saturated(3, RunExit::Inconclusive)]
#[case::none(4, RunExit::CouldNotRun)]
#[case::interrupted(130, RunExit::CouldNotRun)]
#[case::failed_by_its_own_thresholds(1, RunExit::Pass)]
fn a_run_that_was_none_is_not_judged(#[case] code: u32, #[case] exit: RunExit) {
    let mut result = load();
    result["exit_code"] = json!(code);
    assert_eq!(report(&result).exit_code, exit);
}

#[rstest]
#[case::a_text("[1]", "it is no result")]
#[case::another_kind(r#"{"tests": []}"#, "it is no result")]
#[case::no_json("{", "it is no JSON")]
fn what_is_no_result_is_refused(#[case] text: &str, #[case] says: &str) {
    assert!(Evidence::parse(text).unwrap_err().to_string().contains(says));
}

#[rstest]
#[case::another_version("/schema_version", json!(9), "schema_version is 9")]
#[case::a_count_that_is_none("/steps/0/failed", Value::Null, "failed is null")]
#[case::a_list_that_is_none("/trends", json!(1), "trends is 1")]
#[case::no_exit_code("/exit_code", json!("0"), "exit_code is \"0\"")]
fn a_field_that_is_none_is_named(#[case] pointer: &str, #[case] value: Value, #[case] says: &str) {
    let mut result = load();
    *result.pointer_mut(pointer).unwrap() = value;
    let error = Evidence::parse(&result.to_string()).unwrap_err().to_string();
    assert!(error.contains(says), "{error}");
}

proptest! {
    #[test]
    fn a_worse_result_never_passes_where_a_better_one_fails(
        p95 in 1.0..700.0_f64, failed in 0_u32..20, worse in 1.0..3.0_f64, more in 0_u32..20,
    ) {
        let pass = |p95: f64, failed: u32| {
            let mut result = load();
            result["steps"][0]["response"]["p95_ms"] = json!(p95);
            result["steps"][0]["failed"] = json!(failed);
            result["timeline"]["load"][0]["p95_ms"] = json!(p95);
            report(&result).pass
        };
        prop_assert!(pass(p95, failed) || !pass(p95 * worse, failed + more));
    }
}
