//! The guard: baselines written and held, faults that turn it red, and the proof of that.

use std::path::Path;

use perf_guard::Baseline;
use run_report::{GoldenRun, RunExit};
use serde_json::{Value, json};

use crate::harness::{Result as _, golden, own};
use test_support::{Ran, server_program};

/// A baseline as a run of the fast server makes it, with limits that have teeth.
fn baseline(path: &Path) {
    let state = |seconds: f64, stages: Value| json!({"samples_s": vec![seconds; 5], "stages_ms": stages});
    let job = json!({"http.submit": 1.0, "http.job": 1.0, "queue.lease": 1.0, "synth": 8.0, "encode": 1.0, "store": 0.1});
    let mut tests = serde_json::Map::new();
    for (name, seconds) in [
        ("test_1", 0.05),
        ("test_2", 0.06),
        ("test_3", 0.06),
        ("multi_segment", 0.3),
    ] {
        tests.insert(
            name.into(),
            json!({"cold": state(seconds, job.clone()), "warm": state(seconds, job.clone())}),
        );
        let first = format!("{name}.first_ready");
        tests.insert(
            first,
            json!({"cold": state(0.05, job.clone()), "warm": state(0.05, job.clone())}),
        );
        let fetch = json!({"http.merged": 5.0});
        let merged = format!("{name}.merged_fetch");
        tests.insert(
            merged,
            json!({"cold": state(0.02, fetch.clone()), "warm": state(0.02, fetch.clone())}),
        );
    }
    tests.insert(
        "cancel.cancel_ack".into(),
        json!({"cold": state(0.01, json!({"http.cancel": 10.0}))}),
    );
    let file = json!({
        "schema_version": 1,
        "provenance": {
            "git_commit": null, "git_dirty": null, "settings_digest": "another",
            "environment": {"os": "linux", "arch": "other", "cpu_model": null, "cores": 1, "memory_bytes": null,
                            "server_version": null},
            "recorded_at": "2026-01-01T00:00:00Z", "runs": 5
        },
        // Far beyond what a busy machine adds, far below the faults.
        "limits": {"multiplier": 1.5, "add_seconds": 1.5},
        "tests": tests
    });
    Baseline::parse(&file.to_string()).unwrap();
    std::fs::write(path, file.to_string()).unwrap();
}

async fn guarded(args: &[&str]) -> Ran {
    let golden = own(&[&["--baseline", "b.json"], args].concat());
    baseline(&golden.dir.path().join("b.json"));
    golden.ran().await
}

#[tokio::test]
async fn a_run_within_its_baseline_passes_and_says_by_how_much() {
    let ran = guarded(&["--repeat", "1", "--filter", "test_1"]).await;
    let result = ran.exited(0).result();
    assert!(result.pass && result.perf_pass);
    assert_eq!(result.perf_checked, 6, "three metrics, cold and warm");
    assert!(
        result.perf_extra.is_empty(),
        "what the filter leaves out is not missing: {:?}",
        result.perf_extra
    );
    assert!(result.perf_checks[0].effective_ratio > 1.0);
    // Another machine's baseline is said to be one.
    assert!(!result.env_differences.is_empty());
    let strict = guarded(&[
        "--repeat",
        "1",
        "--filter",
        "test_1",
        "--env-mismatch",
        "inconclusive",
    ])
    .await;
    strict.exited(3);
}

#[tokio::test]
async fn an_injected_slowdown_is_named_with_its_stage() {
    let ran = guarded(&[
        "--repeat",
        "1",
        "--filter",
        "test_1",
        "--fault",
        "synth:sleep=2500ms",
    ])
    .await;
    let result = ran.exited(1).result();
    let red: Vec<(&str, &str)> = result
        .perf_failures
        .iter()
        .map(|failure| (failure.name.as_str(), failure.cache.as_str()))
        .collect();
    assert_eq!(red, [("test_1", "cold"), ("test_1.first_ready", "cold")]);
    let failure = &result.perf_failures[0];
    assert_eq!(failure.explain.stage.to_string(), "synth");
    assert!(failure.measured_s > failure.threshold_s && failure.timing_submit_to_complete_s.is_some());
    assert!(result.correctness_pass, "slow is not broken");
    assert!(result.faults_fired[0].fired_total > 0);
    assert_eq!(result.faults_fired[0].rule, "synth:sleep=2500ms");
    assert!(ran.stdout.contains("synth"), "{}", ran.said());
}

#[tokio::test]
async fn a_flag_is_stronger_than_the_files_limits() {
    let flags = [
        "--repeat",
        "1",
        "--filter",
        "test_1",
        "--fault",
        "synth:sleep=2500ms",
        "--perf-add-seconds",
        "20",
    ];
    guarded(&flags).await.exited(0);
}

#[tokio::test]
async fn a_guard_that_cannot_fire_is_refused_before_anything_runs() {
    let ran = guarded(&["--perf-add-seconds", "100", "--timeout-job", "60s"]).await;
    ran.exited(2);
    assert!(ran.stderr.contains("cannot fire"), "{}", ran.said());
    assert!(!ran.dir.path().join("artifacts/golden.json").exists());
}

#[tokio::test]
async fn strict_fails_on_what_the_baseline_does_not_have() {
    let golden = own(&[
        "--repeat",
        "1",
        "--filter",
        "test_1",
        "--baseline",
        "b.json",
        "--baseline-mode",
        "strict",
    ]);
    std::fs::write(golden.dir.path().join("b.json"), r#"{"test_1": 5.0}"#).unwrap();
    let ran = golden.ran().await;
    let result = ran.exited(1).result();
    assert!(!result.perf_skipped.is_empty() && result.correctness_pass);
}

#[tokio::test]
async fn the_older_place_of_the_baseline_is_read_with_a_notice() {
    let golden = own(&["--repeat", "1", "--filter", "test_1"]);
    std::fs::create_dir(golden.dir.path().join("artifacts")).unwrap();
    std::fs::write(
        golden.dir.path().join("artifacts/golden_baseline.json"),
        r#"{"test_1": 5.0}"#,
    )
    .unwrap();
    let result = golden.ran().await.exited(0).result();
    assert_eq!(result.perf_checked, 1);
    assert!(
        result.notices.iter().any(|notice| notice.contains("older place")),
        "{:?}",
        result.notices
    );
}

#[tokio::test]
async fn a_baseline_that_cannot_be_read_stops_the_run() {
    let golden = own(&["--baseline", "b.json"]);
    std::fs::write(golden.dir.path().join("b.json"), "{\"schema_version\": 99}").unwrap();
    let ran = golden.ran().await;
    let result = ran.exited(4).result();
    assert!(result.error.unwrap().contains("b.json"));
}

#[tokio::test]
async fn an_update_writes_what_the_next_run_is_held_to() {
    let flags = [
        "--update-baseline",
        "--baseline",
        "new/b.json",
        "--concurrency",
        "8",
    ];
    let refused = own(&flags).ran().await;
    refused.exited(2);
    assert!(refused.stderr.contains("--allow-dirty"), "{}", refused.said());

    let ran = own(&[&flags[..], &["--allow-dirty"]].concat()).ran().await;
    let result = ran.exited(0).result();
    assert_eq!((result.repeats, result.perf_checked), (5, 28));
    assert!(
        ran.stderr.contains("multi_segment.first_ready"),
        "before and after is shown: {}",
        ran.said()
    );
    let text = std::fs::read_to_string(ran.dir.path().join("new/b.json")).unwrap();
    let written = Baseline::parse(&text).unwrap();
    assert_eq!(written.keys().count(), 28);
    assert_eq!(written.provenance.unwrap().runs, 5);
}

async fn prove(args: &[&str]) -> (Ran, Value) {
    let golden = golden(["prove", "--server-arg=--voice-cost=fast", "--baseline", "b.json"])
        .with_server()
        .args(args);
    baseline(&golden.dir.path().join("b.json"));
    let ran = golden.ran().await;
    let text = std::fs::read_to_string(ran.dir.path().join("artifacts/golden-red.json"));
    let proof: Value = serde_json::from_str(&text.unwrap_or_else(|_| panic!("{}", ran.said()))).unwrap();
    assert!(GoldenRun::from_json(&proof["run"].to_string()).is_ok());
    (ran, proof)
}

#[tokio::test]
async fn a_proof_is_given_when_exactly_the_right_tests_go_red() {
    let (ran, proof) = prove(&["--fault", "http.cancel:sleep=2500ms"]).await;
    ran.exited(0);
    assert_eq!(proof["expected"], json!(["cancel.cancel_ack (cold)"]));
    assert_eq!(proof["red"][0]["explained_by"], "http.cancel");
    assert!(proof["fired_total"].as_u64().unwrap() > 0);
    assert_eq!(proof["run"]["tests"][0]["status"], "passed");
    assert!(ran.stdout.contains("the guard is proven"), "{}", ran.said());
}

#[tokio::test]
async fn a_fault_that_is_too_small_to_be_seen_proves_nothing() {
    let (ran, proof) = prove(&["--fault", "http.cancel:sleep=5ms"]).await;
    ran.exited(1);
    assert_eq!(proof["missed"], json!(["cancel.cancel_ack (cold)"]));
    assert!(ran.stdout.contains("NOT proven"), "{}", ran.said());
    assert_eq!(proof["exit_code"], json!(RunExit::Failed.code()));
}

#[tokio::test]
async fn a_proof_without_a_baseline_cannot_be_given() {
    let program = server_program();
    let ran = golden([
        "prove",
        "--fault",
        "synth:sleep=2s",
        "--server-bin",
        program.to_str().unwrap(),
    ])
    .ran()
    .await;
    ran.exited(4);
    assert!(ran.stderr.contains("a proof needs a baseline"), "{}", ran.said());
}
