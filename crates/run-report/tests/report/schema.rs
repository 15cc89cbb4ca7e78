//! `golden.json` and its committed schema.

use rstest::rstest;
use run_report::{GoldenRun, SchemaError, golden_schema};
use serde_json::{Value, json};

use crate::runs;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/golden.schema.json");

/// `UPDATE_SCHEMA=1 cargo test -p run-report schema` writes the file anew after the types changed.
#[test]
fn the_committed_schema_is_what_the_types_say() {
    let generated = golden_schema().unwrap();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(FILE, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap();
    assert!(
        committed == generated,
        "{FILE} is out of date: UPDATE_SCHEMA=1 cargo test -p run-report schema"
    );
}

#[test]
fn the_schema_requires_every_field_of_the_contract_and_allows_no_other() {
    let schema: Value = serde_json::from_str(&golden_schema().unwrap()).unwrap();
    let required: Vec<&str> = schema["required"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap())
        .collect();
    for field in "api_base started_at tests pass perf_pass perf_checked perf_failures perf_skipped git_commit git_dirty \
                  settings_digest environment status_start status_end timing_total_s error"
        .split_whitespace()
    {
        assert!(required.contains(&field), "{field} is not required");
    }
    assert_eq!(schema["additionalProperties"], false);
    let failure = schema["$defs"]["PerfFailure"]["properties"].as_object().unwrap();
    for field in
        "name timing_submit_to_complete_s baseline_s threshold_s effective_ratio cache explain".split(' ')
    {
        assert!(
            failure.contains_key(field),
            "{field} is not part of a perf failure"
        );
    }
}

#[rstest]
#[case::green(runs::green())]
#[case::red_by_perf(runs::red_by_perf())]
#[case::red_by_correctness(runs::red_by_correctness())]
#[case::inconclusive(runs::inconclusive())]
#[case::could_not_run(runs::could_not_run())]
fn a_run_reads_back_as_it_was_written(#[case] run: GoldenRun) {
    assert_eq!(GoldenRun::from_json(&run.to_json().unwrap()).unwrap(), run);
}

#[test]
fn an_unknown_field_is_refused_at_every_level() {
    for path in [
        "",
        "/tests/0",
        "/perf_checks/0",
        "/environment",
        "/baseline",
        "/perf_failures/0/explain",
    ] {
        let mut value = serde_json::to_value(runs::red_by_perf()).unwrap();
        value.pointer_mut(path).unwrap()["surprise"] = json!(1);
        let error = GoldenRun::from_json(&value.to_string()).unwrap_err();
        assert!(matches!(error, SchemaError::Json { .. }), "{path}: {error}");
    }
}

#[test]
fn a_field_left_out_is_refused_even_where_null_is_legal() {
    for (path, field, named) in [
        ("", "status_end", "status_end"),
        ("/tests/1", "job_id", "tests[1].job_id"),
        ("/environment", "cpu_model", "environment.cpu_model"),
    ] {
        let mut value = serde_json::to_value(runs::green()).unwrap();
        value
            .pointer_mut(path)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .remove(field)
            .unwrap();
        let error = GoldenRun::from_json(&value.to_string()).unwrap_err();
        assert_eq!(error.to_string(), format!("golden.json lacks {named}"));
    }
}

#[test]
fn another_version_is_refused() {
    let mut value = serde_json::to_value(runs::green()).unwrap();
    value["schema_version"] = json!(2);
    let error = GoldenRun::from_json(&value.to_string()).unwrap_err();
    assert_eq!(error.to_string(), "golden.json has schema_version 2, legal is 1");
}

/// A baseline is often a run's own result under another name.
#[test]
fn a_green_result_serves_as_a_baseline_and_a_red_one_does_not() {
    let baseline = perf_guard::Baseline::parse(&runs::green().to_json().unwrap()).unwrap();
    let keys: Vec<String> = baseline.keys().map(|key| key.to_string()).collect();
    assert_eq!(keys, ["test_1 (cold)", "test_1 (warm)"]);
    let error = perf_guard::Baseline::parse(&runs::red_by_perf().to_json().unwrap()).unwrap_err();
    assert!(error.to_string().contains("pass is false"), "{error}");
}
