//! `gate check` of a file.

use std::{
    fs::File,
    time::{Duration, SystemTime},
};

use rstest::rstest;
use run_report::RunExit;
use serde_json::{Value, json};

use crate::harness::{BASELINE, Gate, measured};

#[test]
fn a_candidate_within_the_limits_passes_and_leaves_its_artifacts() {
    let gate = Gate::new();
    gate.check(
        |candidate| candidate["metrics"]["latency_p95_ms"] = json!(11.5),
        &[],
    )
    .exited(0)
    .says("gate: passed");
    let result = gate.result();
    assert_eq!(
        (result.verdict, result.pass, result.rows.len()),
        (RunExit::Pass, true, 6)
    );
    assert!(
        gate.artifact("perf_gate_", ".log")
            .contains("gate: passed (exit 0)")
    );
    let row = "| <code>latency_p95_ms</code> | 10.0 | 11.5 | +15.0 %";
    assert!(gate.artifact("perf_summary_", ".md").contains(row));
    assert!(
        gate.read("artifacts/gate.xml")
            .contains("latency_p95_ms: at most +15 %")
    );
    assert!(
        gate.artifacts("perf_baseline_", ".json").is_empty(),
        "nothing was measured"
    );
}

#[test]
fn every_failing_rule_is_reported_everywhere() {
    let gate = Gate::new();
    let worse = json!({
        "latency_p95_ms": 11.6, "latency_p99_ms": 24.1, "rps": 449.0,
        "errors_total": 1, "backpressure_active_total": 2, "mem_mb_total": 46.4
    });
    let ran = gate.check(|candidate| candidate["metrics"] = worse, &[]);
    ran.exited(1);
    let told = [
        "backpressure_active_total: 2, equals 0",
        "errors_total: 1, equals 0",
        "latency_p95_ms: 11.6 against 10 is +16.0 %, at most +15 %",
        "latency_p99_ms: 24.1 against 20 is +20.5 %, at most +20 %",
        "mem_mb_total: 46.4 against 40 is +16.0 %, at most +15 %",
        "rps: 449 against 500 is -10.2 %, at most -10 %",
    ];
    let log = gate.artifact("perf_gate_", ".log");
    let junit = gate.read("artifacts/gate.xml");
    for failure in told {
        ran.says(failure);
        assert!(log.contains(failure) && junit.contains(failure), "{failure}");
    }
    assert_eq!(gate.result().reasons, told);
    let document = roxmltree::Document::parse(&junit).unwrap();
    let failures = document.descendants().filter(|node| node.has_tag_name("failure"));
    assert_eq!(failures.count(), 6);
}

#[rstest]
#[case::latency_p95("latency_p95_ms", 11.51)]
#[case::latency_p99("latency_p99_ms", 24.01)]
#[case::throughput("rps", 449.9)]
#[case::errors("errors_total", 1.0)]
#[case::backpressure("backpressure_active_total", 1.0)]
#[case::memory("mem_mb_total", 46.01)]
fn each_rule_of_our_freeze_fails_alone(#[case] metric: &str, #[case] value: f64) {
    let gate = Gate::new();
    gate.check(|candidate| candidate["metrics"][metric] = json!(value), &[])
        .exited(1);
    let failing: Vec<String> = gate.result().failures().map(|row| row.metric.clone()).collect();
    assert_eq!(failing, [metric]);
}

fn remove(document: &mut Value, object: &str, key: &str) {
    document[object].as_object_mut().unwrap().remove(key);
}

#[rstest]
#[case::missing(|c: &mut Value| remove(c, "metrics", "rps"), "metrics.rps: is missing")]
#[case::null(|c: &mut Value| c["metrics"]["rps"] = Value::Null, "metrics.rps: is null")]
#[case::a_text(|c: &mut Value| c["metrics"]["rps"] = json!("NaN"), "metrics.rps: is a string")]
#[case::no_exit_code(|c: &mut Value| remove(c, "run", "ct_exit_code"), "run.ct_exit_code: is missing")]
#[case::no_commit(|c: &mut Value| c["git"]["commit"] = json!("unknown"), "git.commit: is missing")]
#[case::an_unknown_key(|c: &mut Value| c["extra"] = json!(1), "extra: unknown key")]
fn a_candidate_that_says_too_little_is_refused_with_file_and_key(
    #[case] change: fn(&mut Value),
    #[case] says: &str,
    #[values(&[] as &[&str], &["--smoke"])] args: &[&str],
) {
    let gate = Gate::new();
    let says = format!("candidate candidate.json: {says}");
    gate.check(change, args).exited(4).says(&says);
    let result = gate.result();
    assert_eq!((result.verdict, result.rows.len()), (RunExit::CouldNotRun, 0));
    assert!(result.error.unwrap().contains(&says));
}

#[test]
fn a_number_that_is_none_is_refused() {
    let gate = Gate::new();
    for bad in ["NaN", "Infinity", "1e999"] {
        let text = measured().to_string().replace("500.0", bad);
        gate.write_text("candidate.json", &text);
        gate.run(&["check", "--candidate", "candidate.json"])
            .exited(4)
            .says("candidate candidate.json: line 1");
    }
}

#[rstest]
#[case::zero(json!(0), "metrics.rps: is 0, and a relative rule needs a baseline above 0")]
#[case::negative(json!(-5), "metrics.rps: is -5")]
#[case::null(Value::Null, "metrics.rps: is null")]
fn a_baseline_that_can_hold_nothing_is_refused(#[case] value: Value, #[case] says: &str) {
    let gate = Gate::new();
    let mut baseline = measured();
    baseline["metrics"]["rps"] = value;
    gate.write(BASELINE, &baseline);
    let says = format!("baseline {BASELINE}: {says}");
    gate.check(|_| {}, &[]).exited(4).says(&says);
    // Without a candidate it is refused before anything is measured.
    gate.run(&["check", "--server-bin", "/none"])
        .exited(4)
        .says(&says);
}

#[rstest]
#[case::no_baseline(&["--baseline", "none.json"], "read baseline none.json")]
#[case::no_policy(&["--policy", "none.json"], "read policy none.json")]
#[case::a_policy_that_is_none(&["--policy", BASELINE], "policy baselines/baseline_cp1.json: (policy): ")]
#[case::no_candidate(&["--candidate", "none.json"], "read candidate none.json")]
#[case::a_pattern_without_a_match(&["--candidate", "none_*.json"], "candidate none_*.json: no file matches it")]
fn what_cannot_be_read_could_not_run(#[case] args: &[&str], #[case] says: &str) {
    let gate = Gate::new().env("CANDIDATE_FILE", "candidate.json");
    gate.write("candidate.json", &measured());
    gate.run(&[&["check"], args].concat()).exited(4).says(says);
    let summary = gate.artifact("perf_summary_", ".md");
    assert!(summary.contains("could not run (exit 4)"), "{summary}");
}

#[test]
fn the_newest_of_a_pattern_wins_and_the_variable_names_one_too() {
    let gate = Gate::new().env("CANDIDATE_FILE", "runs/perf_baseline_*.json");
    let mut slow = measured();
    slow["metrics"]["rps"] = json!(1);
    gate.write("runs/perf_baseline_a.json", &measured());
    gate.write("runs/perf_baseline_z.json", &slow);
    let file = File::options()
        .write(true)
        .open(gate.path("runs/perf_baseline_z.json"))
        .unwrap();
    let while_ = Duration::from_secs(1000);
    file.set_modified(SystemTime::now() - while_).unwrap();
    let says = "runs/perf_baseline_a.json (the newest of 2 that match runs/perf_baseline_*.json)";
    gate.run(&["check"]).exited(0).says(says);
    file.set_modified(SystemTime::now() + while_).unwrap();
    gate.run(&["check"]).exited(1).says("rps: 1 against 500");
    gate.run(&["check", "--candidate", "runs/perf_baseline_a.json"])
        .exited(0);
}

#[test]
fn smoke_shows_the_verdict_and_ends_with_0() {
    let gate = Gate::new();
    let slow = |candidate: &mut Value| {
        candidate["metrics"]["rps"] = json!(1);
        candidate["env"]["cpus"] = json!("64");
    };
    gate.check(slow, &["--smoke"])
        .exited(0)
        .says("rps: 1 against 500 is -99.8 %")
        .says("gate: failed, shown only (exit 0)");
    let result = gate.result();
    assert_eq!(
        (result.verdict, result.exit_code, result.pass),
        (RunExit::Failed, RunExit::Pass, false)
    );
    gate.check(|c| c["run"]["ct_exit_code"] = json!(3), &["--smoke"])
        .exited(0);
    gate.check(|c| c["run"]["ct_exit_code"] = json!(4), &["--smoke"])
        .exited(4);
}

#[test]
fn a_saturated_generator_is_invalid_and_no_slow_server() {
    let gate = Gate::new();
    let invalid = |candidate: &mut Value| {
        candidate["metrics"]["rps"] = json!(1);
        candidate["run"]["ct_exit_code"] = json!(3);
    };
    gate.check(invalid, &[])
        .exited(3)
        .says("its figures are not judged");
    assert!(gate.read("artifacts/gate.xml").contains("type=\"inconclusive\""));
}

#[test]
fn another_environment_is_refused_unless_it_is_allowed() {
    let gate = Gate::new();
    let elsewhere = |candidate: &mut Value| candidate["env"]["cpus"] = json!("64");
    gate.check(elsewhere, &[])
        .exited(4)
        .says("env.cpus: baseline 2, this run 64");
    gate.check(elsewhere, &["--allow-env-mismatch"])
        .exited(0)
        .says("another environment env.cpus: baseline 2, this run 64");
    gate.check(|c| c["env"]["load_before"] = json!("0.90"), &[])
        .exited(0);
}

#[test]
fn files_of_others_are_read_with_warnings() {
    let gate = Gate::new();
    let foreign = |document: &mut Value| {
        let object = document.as_object_mut().unwrap();
        object.remove("schema_version");
        object.insert("host".to_owned(), json!("elsewhere"));
        document["git"]["commit"] = json!("unknown");
        document["env"] = json!({"cpus": 2});
    };
    gate.check(foreign, &[])
        .exited(0)
        .says("host: unknown key")
        .says("git.commit: is missing or a placeholder");
    let silent = |document: &mut Value| {
        foreign(document);
        remove(document, "run", "ct_exit_code");
    };
    gate.check(silent, &[])
        .exited(4)
        .says("run.ct_exit_code: is missing and the policy requires it");
}

#[test]
fn a_ci_system_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let summary = dir.path().join("summary.md");
    std::fs::write(&summary, "what stood there\n").unwrap();
    let gate = Gate::new()
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", summary.to_str().unwrap());
    gate.check(|candidate| candidate["metrics"]["rps"] = json!(1), &[])
        .exited(1)
        .says("::error title=gate failed::rps: 1 against 500");
    let told = std::fs::read_to_string(&summary).unwrap();
    assert!(
        told.starts_with("what stood there\n## ❌ Freeze gate: failed (exit 1)"),
        "{told}"
    );
}

#[test]
fn a_wrong_flag_is_wrong_usage() {
    let gate = Gate::new();
    gate.run(&["check", "--candidate"]).exited(2);
    gate.run(&["check", "--bearer-token-env", "NONE"])
        .exited(2)
        .says("--bearer-token-env NONE");
    gate.run(&["check", "--runs", "0"]).exited(2).says("--runs");
}
