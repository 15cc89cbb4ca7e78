//! Objectives and plans from results that the program has made itself a moment before: nothing of their shape is assumed.

use serde_json::Value;
use test_support::server_program;

use crate::program::Soak;

/// A second of jobs; how late the generator sends is no matter here.
const PROFILE: &str = r#"
name = "mine"
description = "a test"
start = 2
stages = [{ lasts = "1s", to = 2 }]
think = ["10ms", "20ms"]
max_send_lag = "60s"
thresholds = ["checks >= 100 %"]
[server]
voice_cost = "fast"
[workload]
mix = [{ action = "create", weight = 1 }]
[workload.jobs]
poll = "20ms"
segments = [1, 1]
"#;

fn number(report: &Value, pointer: &str) -> f64 {
    let found = report.pointer(pointer).and_then(Value::as_f64);
    found.unwrap_or_else(|| panic!("{pointer} is no number in {report:#}"))
}

/// Everything was measured, nothing was bad, and no figure is one that cannot be.
#[track_caller]
fn all_is_kept(soak: &Soak, result: &str) {
    // A busy machine may be slow; that is no matter of these tests.
    let slo = include_str!("../../../baselines/slo.toml").replace("p95_ms = 350", "p95_ms = 60000");
    soak.dir.write("patient.toml", &slo);
    let ran = soak.run(&["slo", result, "--slo", "patient.toml"]);
    ran.says(
        "error budget: 0 of 28800 s used in a month like this (0.0 %), burn rate 0.00; 0.0 bad seconds of",
    );
    assert!(!ran.stdout.contains("missing"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("-0"), "{}", ran.stdout);
    let report = soak.dir.json("artifacts/slo.json");
    for objective in report["objectives"].as_array().unwrap() {
        let value = number(objective, "/value");
        let most = if objective["unit"] == "share" {
            1.0
        } else {
            60_000.0
        };
        assert!((0.0..=most).contains(&value), "{objective}");
    }
    assert_eq!(number(&report, "/budget/bad_s"), 0.0);
    let lasted_s = number(&report, "/budget/lasted_s");
    assert!((0.9..120.0).contains(&lasted_s), "{lasted_s}");
}

#[test]
fn a_load_just_made_answers_for_every_objective_and_says_how_long_a_worker_is_busy() {
    let soak = Soak::new();
    soak.dir.write("mine.toml", PROFILE);
    let server = server_program();
    let server = server.to_str().unwrap();
    soak.run(&["load", "mine.toml", "--server-bin", server]).exited(0);
    all_is_kept(&soak, "artifacts/load-mine.json");
    let plan = [
        "plan",
        "artifacts/load-mine.json",
        "--arrivals",
        "8640000",
        "--peak-factor",
        "1",
    ];
    soak.run(&plan).exited(0).says("knee: none, ");
    let plan = soak.dir.json("artifacts/plan.json");
    let (service_s, workers) = (number(&plan, "/wishes/service_s"), number(&plan, "/workers"));
    assert!((0.001..60.0).contains(&service_s), "{service_s}");
    // A hundred a second, and no worker is busier than 80 %.
    assert!(workers >= 100.0 * service_s / 0.8, "{workers}");
    assert!(number(&plan, "/peak/utilisation") <= 0.8);
}

#[test]
fn a_soak_just_made_answers_for_every_objective() {
    let soak = Soak::new();
    let server = server_program();
    let args = [
        "run",
        "--duration=2s",
        "--window=1s",
        "--server-arg=--voice-cost=fast",
        "--accept-insufficient-leak-check",
        "--server-bin",
        server.to_str().unwrap(),
    ];
    soak.run(&args).exited(0);
    all_is_kept(&soak, "artifacts/soak.json");
}
