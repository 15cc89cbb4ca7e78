//! The benchmark against a real server. How fast it was is not looked at: only that it was measured.

use std::{fs::File, time::Instant};

use perf_guard::freeze::FrozenRun;
use rstest::rstest;
use serde_json::json;
use test_support::{Ran, server_program};

use crate::harness::{BASELINE, COMMIT, Gate, measured};

/// A short benchmark, whatever the machine does meanwhile, unless `more` says otherwise.
fn measure(gate: &Gate, command: &[&str], more: &[&str]) -> Ran {
    let server = server_program();
    let usual = [
        ("--runs", "2"),
        ("--run-for", "300ms"),
        ("--warm-up", "100ms"),
        ("--users", "2"),
        ("--max-load", "100000"),
        ("--server-commit", COMMIT),
        ("--server-bin", server.to_str().unwrap()),
    ];
    let mut args = command.to_vec();
    for (flag, value) in usual {
        if !more.iter().any(|arg| arg.starts_with(&format!("{flag}="))) {
            args.extend([flag, value]);
        }
    }
    args.extend(more);
    gate.run(&args)
}

/// A baseline that holds whatever a test measures, of this machine as far as it says.
fn roomy(gate: &Gate) {
    let mut baseline = measured();
    baseline["env"] = json!({"os": std::env::consts::OS});
    let limits = [
        ("latency_p95_ms", 1e9),
        ("latency_p99_ms", 1e9),
        ("rps", 1e-6),
        ("mem_mb_total", 1e9),
    ];
    for (metric, value) in limits {
        baseline["metrics"][metric] = json!(value);
    }
    gate.write(BASELINE, &baseline);
}

#[test]
fn it_measures_every_metric_and_pins_where() {
    let gate = Gate::empty();
    let ran = measure(&gate, &["bench"], &[]);
    // On a machine that is busy enough the generator itself lags, and says so.
    assert!([0, 3].contains(&ran.code), "{}", ran.said());
    let text = gate.artifact("perf_baseline_", ".json");
    let run = FrozenRun::parse(&text).unwrap().run;
    assert_eq!(run.ct_exit_code, Some(i64::from(ran.code)));
    assert_eq!(run.commit.as_deref(), Some(COMMIT));
    let names: Vec<&str> = run.metrics.keys().map(String::as_str).collect();
    let expected = [
        "backpressure_active_total",
        "errors_total",
        "latency_p95_ms",
        "latency_p99_ms",
        "mem_mb_total",
        "rps",
    ];
    assert_eq!(names, expected);
    let metric = |name: &str| run.metrics[name];
    assert!(
        metric("errors_total") == 0.0 && metric("backpressure_active_total") == 0.0,
        "{text}"
    );
    assert!(
        metric("rps") > 0.0 && metric("latency_p99_ms") >= metric("latency_p95_ms"),
        "{text}"
    );
    let pins = "benchmark build cgroup_cpu cgroup_memory cpu_model cpus governor kernel load_after load_before \
                rustc server tree";
    for key in pins.split_whitespace() {
        assert!(run.env.contains_key(key), "{key} is not in\n{text}");
    }
    assert!(gate.artifact("perf_gate_", ".log").contains("run 2 of 2: p95 "));
}

#[test]
fn a_check_without_a_candidate_measures_one_first() {
    let gate = Gate::new();
    roomy(&gate);
    let ran = measure(&gate, &["check"], &[]);
    assert!([0, 3].contains(&ran.code), "{}", ran.said());
    let result = gate.result();
    assert_eq!(result.rows.len(), 6, "{}", ran.said());
    assert!(result.failures().next().is_none());
    let measured = gate.artifacts("perf_baseline_", ".json");
    assert!(result.candidate.unwrap().path.ends_with(&measured[0]));
    assert!(gate.artifact("perf_gate_", ".log").contains("measuring: 2 users"));
}

#[test]
fn errors_and_back_pressure_are_counted() {
    let gate = Gate::new();
    roomy(&gate);
    let more = [
        "--server-arg=--fault=http.merged:error=500,every_n=2",
        "--server-arg=--max-active-jobs=1",
        "--users=6",
    ];
    let ran = measure(&gate, &["check"], &more);
    assert!([1, 3].contains(&ran.code), "{}", ran.said());
    let run = FrozenRun::parse(&gate.artifact("perf_baseline_", ".json"))
        .unwrap()
        .run;
    assert!(run.metrics["errors_total"] > 0.0, "{:?}", run.metrics);
    assert!(
        run.metrics["backpressure_active_total"] > 0.0,
        "{:?}",
        run.metrics
    );
    let failing: Vec<String> = gate.result().failures().map(|row| row.metric.clone()).collect();
    assert_eq!(failing, ["backpressure_active_total", "errors_total"]);
}

#[rstest]
#[case::bench(&["bench"])]
#[case::check(&["check"])]
#[case::smoke(&["check", "--smoke"])]
fn two_never_run_at_once(#[case] command: &[&str]) {
    let gate = Gate::new();
    let lock = File::create(gate.path("touchstone-benchmark.lock")).unwrap();
    lock.try_lock().unwrap();
    measure(&gate, command, &[])
        .exited(4)
        .says("another benchmark runs on this machine");
    assert!(gate.artifacts("perf_baseline_", ".json").is_empty());
}

#[rstest]
#[case::bench(&["bench"])]
#[case::smoke(&["check", "--smoke"])]
fn a_busy_machine_is_refused_with_the_figure(#[case] command: &[&str]) {
    let gate = Gate::new();
    let ran = measure(&gate, command, &["--max-load=0.000001"]);
    if ran.code != 4 {
        // A machine may have been idle to two digits for a minute.
        let load = std::fs::read_to_string("/proc/loadavg").unwrap();
        assert!(load.starts_with("0.0"), "{load}: {}", ran.said());
        return;
    }
    ran.says("the load average is ")
        .says("at most 0.00 may be")
        .says("--max-load");
}

#[test]
fn without_a_server_nothing_is_measured() {
    let gate = Gate::new();
    for command in [&["check"] as &[&str], &["check", "--smoke"], &["bench"]] {
        measure(&gate, command, &["--server-bin=/none/mock-server"])
            .exited(4)
            .says("/none/mock-server");
    }
    assert_eq!(gate.result().exit_code.code(), 4);
}

#[test]
fn what_was_measured_until_the_time_is_over_is_written() {
    let gate = Gate::new();
    let begun = Instant::now();
    measure(&gate, &["bench"], &["--run-for=1h", "--timeout-total=2s"])
        .exited(4)
        .says("--timeout-total 2s is over: 0 of 2 runs were made");
    assert!(begun.elapsed().as_secs() < 600, "the runs would last two hours");
    assert!(
        gate.artifact("perf_baseline_", ".json")
            .contains("\"ct_exit_code\": 3")
    );
    assert!(gate.artifact("perf_gate_", ".log").contains("is over"));
}
