//! One run of each kind, built through the guard as a suite would.

use perf_guard::{
    Baseline, CacheState, Context, CounterDeltas, Environment, Measurement, Policy, Rounds, Samples, Seconds,
    StageTimes, TimedKey, check, stage,
};
use run_report::{
    BaselineInfo, Ending, GoldenRun, Metric, PerfReport, Quiescence, Repeat, RunHead, TestResult,
};
use serde_json::json;

pub(crate) fn seconds(value: f64) -> Seconds {
    Seconds::new(value).unwrap()
}

pub(crate) fn environment() -> Environment {
    Environment {
        os: "linux".into(),
        arch: "x86_64".into(),
        cpu_model: Some("Imaginary 9".into()),
        cores: 2,
        memory_bytes: Some(8 << 30),
        server_version: Some("0.1.0".into()),
    }
}

/// A run before its first test.
pub(crate) fn started() -> GoldenRun {
    let mut run = GoldenRun::new(RunHead {
        suite_version: "0.1.0".into(),
        api_base: "http://127.0.0.1:8000".into(),
        target: "reference".into(),
        started_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        settings_digest: "d1ce".into(),
        environment: environment(),
    });
    run.git_commit = Some("0123abcd".into());
    run.git_dirty = Some(false);
    run.cache_states = vec![CacheState::Cold, CacheState::Warm];
    run.repeats = 3;
    run
}

const BASELINE: &str = r#"{
  "schema_version": 1,
  "provenance": {"git_commit": "feed", "git_dirty": false, "settings_digest": "d1ce", "runs": 5,
    "recorded_at": "2026-01-01T00:00:00Z",
    "environment": {"os": "linux", "arch": "x86_64", "cpu_model": "Imaginary 9", "cores": 2}},
  "limits": {"multiplier": 2, "add_seconds": 0.25},
  "tests": {
    "test_1": {"cold": {"samples_s": [0.1], "stages_ms": {"http.submit": 1, "queue.lease": 1, "synth": 60}},
               "warm": {"samples_s": [0.04], "stages_ms": {"http.submit": 1, "queue.lease": 1, "synth": 0}}},
    "multi_segment": {"cold": {"samples_s": [1.0], "stages_ms": {"http.submit": 2, "queue.lease": 400, "synth": 200}}},
    "cancel_ack": {"cold": {"samples_s": [0.002]}}
  }
}"#;

pub(crate) fn baseline() -> Baseline {
    Baseline::parse(BASELINE).unwrap()
}

fn measured(test: &str, cache: CacheState, samples: [f64; 3], stages_ms: &[(&str, f64)]) -> Measurement {
    let mut stages = StageTimes::new();
    for (name, ms) in stages_ms {
        stages.insert(name, *ms).unwrap();
    }
    let segments = if test == "multi_segment" { 20 } else { 1 };
    Measurement {
        key: TimedKey::new(test, cache),
        samples: Samples::from_f64s(test, &samples).unwrap(),
        stages,
        rounds: Rounds::new(segments, 4).unwrap(),
        counters: CounterDeltas {
            queue: Some(0),
            retries: Some(0),
            fallback: Some(0),
            merge_waits: Some(0),
        },
        timeout: seconds(60.0),
    }
}

/// What a healthy server gives; each segment's synthesis takes `synth_ms` longer.
pub(crate) fn measurements(synth_ms: f64) -> Vec<Measurement> {
    let cold = CacheState::Cold;
    let s = synth_ms / 1e3;
    vec![
        measured(
            "test_1",
            cold,
            [0.101 + s, 0.099 + s, 0.104 + s],
            &[
                (stage::SUBMIT, 1.0),
                (stage::QUEUE_WAIT, 1.1),
                (stage::SYNTH, 60.2 + synth_ms),
            ],
        ),
        measured(
            "test_1",
            CacheState::Warm,
            [0.041, 0.04, 0.039],
            &[(stage::SYNTH, 0.0)],
        ),
        measured(
            "multi_segment",
            cold,
            [1.01 + s * 5.0, 1.02 + s * 5.0, 0.98 + s * 5.0],
            // With five rounds the segments of each wait for all before: two rounds on average.
            &[
                (stage::SUBMIT, 2.0),
                (stage::QUEUE_WAIT, 400.0 + synth_ms * 2.0),
                (stage::SYNTH, 200.0 + synth_ms),
            ],
        ),
        measured("cancel_ack", cold, [0.002, 0.0021, 0.0019], &[]),
        measured("merged_fetch", cold, [0.01, 0.011, 0.012], &[]),
    ]
}

fn metric_of(name: &str) -> Metric {
    match name {
        "cancel_ack" => Metric::CancelAck,
        "merged_fetch" => Metric::MergedFetch,
        _ => Metric::SubmitToComplete,
    }
}

pub(crate) fn record(run: &mut GoldenRun, measurements: &[Measurement], baseline: Option<&Baseline>) {
    let context = Context {
        environment: environment(),
        settings_digest: "d1ce".into(),
    };
    let policy = Policy {
        mode: run.perf_mode,
        ..Policy::default()
    };
    let outcome = check(measurements, baseline, &context, &policy).unwrap();
    run.record_perf(PerfReport::new(outcome, metric_of));
    run.baseline = baseline.map(|b| BaselineInfo {
        path: "baselines/golden_baseline.json".into(),
        git_commit: b.provenance.as_ref().unwrap().git_commit.clone(),
        recorded_at: Some(b.provenance.as_ref().unwrap().recorded_at),
    });
}

/// All tests done and passed, nothing judged yet.
pub(crate) fn tested(synth_ms: f64) -> GoldenRun {
    let mut run = started();
    let mut first = TestResult::passed("test_1", Some(CacheState::Cold));
    first.job_id = Some("job-1".into());
    first.timing_submit_to_complete_s = Some(seconds(0.101 + synth_ms / 1e3));
    first.timing_first_ready_s = Some(seconds(0.09));
    first.timing_total_s = Some(seconds(0.4));
    (first.segments_total, first.segments_ready, first.segments_error) = (Some(1), Some(1), Some(0));
    first.cached_share = Some(0.0);
    first.stages_ms.insert(stage::SYNTH, 60.2 + synth_ms).unwrap();
    first.repeats = vec![Repeat {
        job_id: Some("job-1".into()),
        samples_s: [("test_1".to_owned(), seconds(0.101))].into(),
        stages_ms: first.stages_ms.clone(),
        cached_share: Some(0.0),
    }];
    let mut warm = TestResult::passed("test_1", Some(CacheState::Warm));
    warm.timing_submit_to_complete_s = Some(seconds(0.04));
    warm.cached_share = Some(1.0);
    run.tests = vec![
        TestResult::passed("head_transition", None),
        first,
        warm,
        TestResult::skipped("fallback", None, "the target allows no faults"),
    ];
    run.status_start = Some(json!({"active_jobs": 0, "queue_len": 0}));
    run.status_end = Some(json!({"active_jobs": 0, "queue_len": 0}));
    run.finished_at = Some("2026-01-02T03:04:17Z".parse().unwrap());
    run.timing_total_s = Some(seconds(12.3));
    run
}

pub(crate) fn settled(mut run: GoldenRun) -> GoldenRun {
    run.settle(Ending::Completed, &Quiescence::NoActiveJobs);
    run
}

pub(crate) fn green() -> GoldenRun {
    let mut run = tested(0.0);
    record(&mut run, &measurements(0.0), Some(&baseline()));
    settled(run)
}

pub(crate) fn red_by_perf() -> GoldenRun {
    let mut run = tested(2000.0);
    record(&mut run, &measurements(2000.0), Some(&baseline()));
    run.faults_fired = vec![run_report::FaultFired {
        rule: "synth:sleep=2s".into(),
        fired_total: 84,
    }];
    settled(run)
}

pub(crate) fn red_by_correctness() -> GoldenRun {
    let mut run = tested(0.0);
    record(&mut run, &measurements(0.0), Some(&baseline()));
    let mut failed = TestResult::failed("range_bytes", None, "bytes 10-19 differ from the full body");
    failed.evidence = vec![
        "GET /v1/tts/jobs/j/segments/s Range: bytes=10-19 -> 206".into(),
        "expected 0a, got 0b".into(),
    ];
    run.tests.push(failed);
    run.status_end = Some(json!({"active_jobs": 2, "queue_len": 0}));
    settled(run)
}

pub(crate) fn inconclusive() -> GoldenRun {
    let mut run = tested(0.0);
    record(&mut run, &measurements(0.0), None);
    run.notices
        .push("no baseline; golden run --update-baseline writes one".into());
    settled(run)
}

pub(crate) fn could_not_run() -> GoldenRun {
    let mut run = started();
    let error = "http://127.0.0.1:8000/ready did not answer within 30 s".to_owned();
    run.settle(Ending::CouldNotRun { error }, &Quiescence::NoActiveJobs);
    run
}
