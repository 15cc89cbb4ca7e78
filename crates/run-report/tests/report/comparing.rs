//! Comparisons as a suite would fill them: their exit codes, their file and their renderings.

use perf_guard::{
    CacheState, CounterDeltas, Rounds, StageTimes, TimedKey,
    comparison::{Origin, PairedTest, Pairs, Plan, Ratio, Run, compare, rounded},
    explain, stage,
};
use rstest::rstest;
use run_report::{
    Annotations, Arm, ArmInfo, ArmKind, CompareFailure, CompareHead, ComparePlan, CompareRun, CompareSample,
    ComparedTest, Confirmation, Ending, Exporter, Interleaved, Json, Junit, Markdown, Metric, PlannedLook,
    Quiescence, RunExit, SameTexts, SelfCheck, Terminal, compare_schema,
};
use serde_json::json;

use crate::runs::{environment, seconds};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/compare.schema.json");
const RUNS: usize = 8;

fn plan() -> Plan {
    Plan::default().with_pairs(RUNS).unwrap()
}

fn started() -> CompareRun {
    let arm = |path: &str| {
        let mut arm = ArmInfo::new(
            format!("{path}/mock-server serve --listen {{listen}}"),
            ArmKind::Command,
        );
        arm.api_base = Some("http://127.0.0.1:4711".into());
        arm.server_version = Some("0.1.0".into());
        (arm.starts, arm.jobs, arm.characters) = (1, 20, 2_000);
        arm.status_start = Some(json!({"active_jobs": 0}));
        arm.status_end = Some(json!({"active_jobs": 0}));
        arm
    };
    let plan = plan();
    let looks = plan.looks().iter().map(|look| PlannedLook {
        pairs: look.pairs,
        error: plan.error() * look.share,
    });
    let mut run = CompareRun::new(CompareHead {
        suite_version: "0.1.0".into(),
        target: "reference".into(),
        started_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        arms: (arm("old"), arm("new")),
        same_target: false,
        plan: ComparePlan {
            runs: RUNS,
            runs_because: "as asked for".into(),
            looks: looks.collect(),
            smallest_effect: 0.05,
            error: 0.01,
            confidence: 0.95,
            hypotheses: 2,
            floor: plan.floor(2),
            interleaved: Interleaved::SideBySide,
            texts: SameTexts::Same,
            warm_up_runs: 1,
        },
        settings_digest: "d1ce".into(),
        environment: environment(),
    });
    run.finished_at = Some("2026-01-02T03:05:05Z".parse().unwrap());
    run.timing_total_s = Some(seconds(60.0));
    run
}

/// Runs around 100 ms × `ratio`, of which the first `hits` came from a cache.
fn samples(cache: CacheState, ratio: f64, (made, hits): (usize, usize)) -> Vec<CompareSample> {
    let noise = |i: usize| 0.1 * (1.0 + 0.003 * ((i * 7) % 5) as f64);
    let origin = |i: usize| match cache {
        _ if i >= hits => Origin::Worked,
        CacheState::Cold => Origin::FastReady,
        CacheState::Warm => Origin::CacheTimed,
    };
    let sample = |i: usize| CompareSample {
        seconds: seconds(noise(i) * ratio).rounded_to_micros(),
        origin: origin(i),
        cached_share: Some(f64::from(u8::from(i < hits))),
        at_s: i as f64,
    };
    (0..made).map(sample).collect()
}

fn stages(ratio: f64) -> StageTimes {
    let mut stages = StageTimes::new();
    stages.insert(stage::SUBMIT, 1.0).unwrap();
    stages.insert(stage::SYNTH, 90.0 * ratio).unwrap();
    stages
}

/// A timed value of which head takes `ratio` times as long; the last runs, `made` of all, may be missing.
fn compared(name: &str, cache: CacheState, ratio: f64, (made, hits): (usize, [usize; 2])) -> ComparedTest {
    let base = samples(cache, 1.0, (made, hits[0]));
    let head = samples(cache, ratio, (made, hits[1]));
    let runs = |arm: &[CompareSample]| -> Vec<Run> {
        arm.iter()
            .map(|sample| Run {
                time: sample.seconds,
                origin: sample.origin,
            })
            .collect()
    };
    let pairs = if made == 0 {
        Pairs::none()
    } else {
        Pairs::new(name, runs(&base), runs(&head)).unwrap()
    };
    let paired = PairedTest {
        key: TimedKey::new(name, cache),
        pairs,
    };
    let found = compare(&[paired], &plan()).unwrap().tests.remove(0);
    let counters = CounterDeltas {
        queue: Some(0),
        retries: Some(0),
        fallback: None,
        merge_waits: Some(0),
    };
    let median = |ratio: f64| (made > 0).then(|| seconds(0.1 * ratio));
    let explanation = || {
        explain(
            100.0 * (ratio - 1.0),
            (&stages(1.0), &stages(ratio)),
            Rounds::ONE,
            counters,
        )
    };
    ComparedTest {
        name: name.into(),
        cache,
        metric: Metric::SubmitToComplete,
        verdict: found.verdict,
        confirmed: None,
        ratio: found.ratio.map(Ratio::rounded),
        detectable_ratio: found.detectable_ratio.map(rounded),
        time: found.time,
        hits: found.hits,
        fast_ready: found.fast_ready,
        shortage: found.shortage,
        base_median_s: median(1.0),
        head_median_s: median(ratio),
        base_stages_ms: stages(1.0),
        head_stages_ms: stages(ratio),
        base_counters: counters,
        head_counters: counters,
        explain: found.time.worse.is_shown().then(explanation),
        first: (0..made)
            .map(|i| if i % 2 == 0 { Arm::Base } else { Arm::Head })
            .collect(),
        base,
        head,
    }
}

fn settled(mut run: CompareRun) -> CompareRun {
    run.settle(Ending::Completed, [&Quiescence::NoActiveJobs; 2]);
    run
}

pub(crate) fn green() -> CompareRun {
    let mut run = started();
    run.tests = vec![
        compared("test_1", CacheState::Cold, 1.01, (RUNS, [0, 0])),
        compared("test_1", CacheState::Warm, 1.0, (RUNS, [RUNS, RUNS])),
    ];
    run.self_checks = vec![SelfCheck {
        name: "order".into(),
        holds: true,
        detail: "each arm had the first run of half of the pairs".into(),
    }];
    settled(run)
}

/// One value slower, and one whose cache is broken in head; the first was run once more.
pub(crate) fn red() -> CompareRun {
    let mut run = started();
    let mut slow = compared("test_1", CacheState::Cold, 1.3, (RUNS, [0, 0]));
    run.confirmation = Some(Confirmation {
        tests: vec![slow.clone()],
        error: 0.0001,
    });
    slow.confirmed = Some(true);
    run.tests = vec![slow, compared("test_1", CacheState::Warm, 1.0, (RUNS, [RUNS, 0]))];
    run.notices = vec!["a notice".into()];
    settled(run)
}

pub(crate) fn insufficient() -> CompareRun {
    let mut run = started();
    run.tests = vec![
        compared("test_1", CacheState::Cold, 1.0, (3, [0, 0])),
        compared("test_2", CacheState::Cold, 1.0, (RUNS, [5, 5])),
        compared("test_3", CacheState::Cold, 1.0, (0, [0, 0])),
    ];
    run.failures = vec![CompareFailure {
        test: "test_1".into(),
        cache: CacheState::Cold,
        arm: Arm::Head,
        pair: 4,
        reason: "job j-1 is still in_progress after 1s".into(),
        evidence: vec!["GET /v1/tts/jobs/j-1 -> 200".into()],
    }];
    run.self_checks = vec![SelfCheck {
        name: "control".into(),
        holds: false,
        detail: "base's own runs differ".into(),
    }];
    settled(run)
}

pub(crate) fn could_not_run() -> CompareRun {
    let mut run = started();
    let error = "head: start new/mock-server: No such file or directory".to_owned();
    run.settle(Ending::CouldNotRun { error }, [&Quiescence::NoActiveJobs; 2]);
    run
}

#[rstest]
#[case::green("green", &green())]
#[case::red("red", &red())]
#[case::insufficient("insufficient", &insufficient())]
#[case::could_not_run("could_not_run", &could_not_run())]
fn a_comparison_is_rendered(#[case] name: &str, #[case] run: &CompareRun) {
    let terminal = Terminal {
        width: 140,
        ..Terminal::default()
    };
    let exporters: [(&str, &dyn Exporter<CompareRun>); 4] = [
        ("terminal", &terminal),
        ("junit", &Junit),
        ("markdown", &Markdown::COMMENT),
        ("annotations", &Annotations),
    ];
    for (kind, exporter) in exporters {
        insta::assert_snapshot!(format!("compare_{kind}_{name}"), exporter.to_text(run).unwrap());
    }
}

#[rstest]
#[case::green(green(), RunExit::Pass)]
#[case::red(red(), RunExit::Failed)]
#[case::insufficient(insufficient(), RunExit::Inconclusive)]
#[case::could_not_run(could_not_run(), RunExit::CouldNotRun)]
#[case::nothing_compared(settled(started()), RunExit::Inconclusive)]
#[case::red_beside_insufficient(
    settled(CompareRun { tests: [red().tests, insufficient().tests].concat(), ..started() }), RunExit::Failed)]
fn the_exit_code_follows_from_the_verdicts(#[case] run: CompareRun, #[case] exit: RunExit) {
    assert_eq!(
        (run.exit_code, run.pass),
        (exit, exit == RunExit::Pass),
        "{:?}",
        run.verdict_reasons
    );
}

#[rstest]
#[case::active(json!({"active_jobs": 1}), "head: status_end.active_jobs is 1, legal is 0")]
#[case::no_field(json!({}), "head: status_end.active_jobs is missing")]
fn an_arm_that_is_not_at_rest_fails(#[case] status: serde_json::Value, #[case] says: &str) {
    let mut run = green();
    run.head.status_end = Some(status);
    run.settle(Ending::Completed, [&Quiescence::NoActiveJobs; 2]);
    assert_eq!(
        (run.exit_code, run.verdict_reasons[0].text.as_str()),
        (RunExit::Failed, says)
    );
}

#[rstest]
#[case::timed_out(Ending::TimedOut { error: "late".into() }, RunExit::Inconclusive)]
#[case::interrupted(Ending::Interrupted, RunExit::Interrupted)]
#[case::gone(Ending::CouldNotRun { error: "gone".into() }, RunExit::CouldNotRun)]
fn an_early_end_never_passes(#[case] ending: Ending, #[case] exit: RunExit) {
    let mut run = green();
    run.settle(ending, [&Quiescence::NoActiveJobs; 2]);
    assert_eq!((run.exit_code, run.pass), (exit, false));
    assert!(run.error.is_some());
}

/// `UPDATE_SCHEMA=1 cargo test -p run-report schema` writes the file anew after the types changed.
#[test]
fn the_committed_compare_schema_is_what_the_types_say() {
    let generated = compare_schema().unwrap();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(FILE, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        committed == generated,
        "{FILE} is out of date: UPDATE_SCHEMA=1 cargo test -p run-report schema"
    );
}

#[rstest]
#[case::green(green())]
#[case::red(red())]
#[case::insufficient(insufficient())]
#[case::could_not_run(could_not_run())]
fn a_comparison_reads_back_as_it_was_written(#[case] run: CompareRun) {
    let text = Json.to_text(&run).unwrap();
    assert_eq!(CompareRun::from_json(&text).unwrap(), run);
}

#[rstest]
#[case::unknown("", "surprise", Some(json!(1)), "does not follow its schema")]
#[case::unknown_below("/tests/0/time/worse", "surprise", Some(json!(1)), "does not follow its schema")]
#[case::left_out("/tests/0", "detectable_ratio", None, "lacks tests[0].detectable_ratio")]
#[case::future("", "schema_version", Some(json!(2)), "has schema_version 2, legal is 1")]
#[case::infinite("/tests/0/base/0", "seconds", Some(json!(-1.0)), "does not follow its schema")]
fn a_file_that_deviates_is_refused(
    #[case] place: &str,
    #[case] field: &str,
    #[case] value: Option<serde_json::Value>,
    #[case] says: &str,
) {
    let mut file = serde_json::to_value(red()).unwrap();
    let object = file.pointer_mut(place).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => object.insert(field.to_owned(), value),
        None => object.remove(field),
    };
    let error = CompareRun::from_json(&file.to_string()).unwrap_err().to_string();
    assert!(error.contains(says), "{error}");
}

/// Another version may have other fields; what is said of it is that it is another version.
#[test]
fn a_future_file_is_named_as_one_before_its_fields_are_looked_at() {
    let error = CompareRun::from_json(r#"{"schema_version": 9, "future": true}"#).unwrap_err();
    assert_eq!(error.to_string(), "compare.json has schema_version 9, legal is 1");
    assert!(CompareRun::from_json("").is_err());
    assert!(CompareRun::from_json(&red().to_json().unwrap()[..900]).is_err());
}
