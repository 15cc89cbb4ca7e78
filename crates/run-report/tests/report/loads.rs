//! Load runs: their verdict, their file, and every rendering.

use perf_guard::{Seconds, trend::TrendVerdict};
use rstest::rstest;
use run_report::{
    Annotations, Ending, Exporter, HtmlReport, Junit, LeakCheck, Markdown, RunExit, SchemaError, SoakFigure,
    SoakTrend, Terminal, WarmUp,
    load::{
        CheckResult, EndpointResult, GeneratorResult, Invariant, Journeys, KeyFigure, LeakWatch, LoadHead,
        LoadPlan, LoadPoint, LoadResult, LoadStage, MixShare, OutcomeTimes, Overlay, PhaseTimes, ServerPoint,
        StepTimes, ThresholdResult, Times, TrendTimes, load_schema,
    },
    read_stored,
};
use serde_json::Value;

use crate::{
    pages::{hold_to_the_rules, said},
    runs::environment,
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/load.schema.json");
const NAME: &str =
    "a|b<script>alert(1)</script>\n::error::x\r\n\u{1b}[2J `*_@me_* ]]> &amp; \u{202e}dne \"'% ,:\0";

const TIMES: Times = Times {
    count: 90,
    mean_ms: 3.0,
    p50_ms: 2.5,
    p95_ms: 8.0,
    p99_ms: 11.0,
    max_ms: 12.0,
};

fn plan() -> LoadPlan {
    LoadPlan {
        model: "closed".into(),
        start: 10.0,
        stages: vec![LoadStage {
            lasts_s: 60.0,
            to: 10.0,
        }],
        lasts_s: 60.0,
        scale: 1.0,
        think_least_s: 0.1,
        think_most_s: 0.5,
        graceful_s: 30.0,
        most_users: 10,
        threads: 1,
        seed: 1,
        mix: vec![MixShare {
            action: "status".into(),
            weight: 1,
        }],
        server_args: vec!["--voice-cost=fast".into()],
        faults: Vec::new(),
    }
}

fn started() -> LoadResult {
    LoadResult::new(LoadHead {
        suite_version: "0.1.0".into(),
        profile: "light".into(),
        description: "10 users for a minute".into(),
        target: "reference".into(),
        started_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        plan: plan(),
        git_commit: Some("abc".into()),
        git_dirty: Some(false),
        environment: environment(),
    })
}

fn point(at_s: f64) -> LoadPoint {
    LoadPoint {
        at_s,
        lasts_s: 1.0,
        users: 10,
        requests: 100,
        failed: 1,
        rate_limited: 2,
        accepted: 3,
        p50_ms: Some(2.0),
        p95_ms: Some(8.0 + at_s),
        p99_ms: None,
    }
}

fn measured() -> LoadResult {
    let mut run = started();
    run.api_base = "http://127.0.0.1:1".into();
    run.lasted_s = Seconds::new(60.0).ok();
    run.steps = vec![StepTimes {
        step: "status".into(),
        route: "/v1/admin/status".into(),
        composite: false,
        requests: 100,
        requests_per_s: 1.7,
        failed: 1,
        rate_limited: 9,
        response: Some(TIMES),
        first_byte: Some(TIMES),
        outcomes: vec![OutcomeTimes {
            outcome: "ok".into(),
            response: TIMES,
            service: TIMES,
        }],
    }];
    run.checks = vec![CheckResult {
        check: "status".into(),
        passed: 89,
        failed: 1,
    }];
    run.trends = vec![TrendTimes {
        trend: "submit_to_ready".into(),
        times: Some(TIMES),
    }];
    run.phases = vec![PhaseTimes {
        phase: "before".into(),
        from_s: 0.0,
        to_s: 20.0,
        requests: 30,
        failed: 0,
        rate_limited: 0,
        response: Some(TIMES),
    }];
    run.figures = vec![KeyFigure {
        name: "job failure rate".into(),
        value: None,
        unit: "share".into(),
    }];
    run
}

fn whole() -> LoadResult {
    let mut run = measured();
    run.thresholds = vec![ThresholdResult {
        threshold: "failed < 2 %".into(),
        value: Some(0.01),
        shown: "1.000 %".into(),
        pass: true,
    }];
    run.invariants = vec![Invariant {
        name: "no job is active at the end".into(),
        pass: true,
        detail: "active_jobs 0".into(),
    }];
    run.endpoints = vec![EndpointResult {
        endpoint: "status".into(),
        p95_ms: Some(8.0),
        target_ms: Some(200.0),
        baseline_p95_ms: Some(7.0),
        ratio: Some(1.14),
        pass: true,
        why: String::new(),
    }];
    run.generator = Some(generator());
    run.leaks = Some(LeakWatch {
        warm_up: WarmUp {
            rule: "the bounds are full".into(),
            ended_after_seconds: Some(300.0),
        },
        check: LeakCheck::Required,
        trends: vec![memory(TrendVerdict::NoLeakShown)],
    });
    run.timeline.load = (0..60).map(|second| point(f64::from(second))).collect();
    run.timeline.server = vec![ServerPoint {
        at_s: 0.0,
        answered_in_ms: 1.0,
        queue_len: 0,
        active_jobs: 0,
        resident_bytes: Some(2e7),
        open_fds: Some(20.0),
        threads: None,
    }];
    run.overlay = Some(Overlay {
        path: "artifacts/earlier.json".into(),
        started_at: "2025-12-31T00:00:00Z".into(),
        load: vec![point(3.0)],
    });
    run
}

fn memory(verdict: TrendVerdict) -> SoakTrend {
    SoakTrend {
        figure: SoakFigure::Rss,
        verdict,
        why: "as its slope says".into(),
        slope_per_hour: Some(59.2),
        low_per_hour: Some(54.6),
        high_per_hour: Some(64.0),
        later_slope_per_hour: Some(58.0),
        limit_per_hour: Some(24.0),
        value_at_zero: Some(70.0),
        points: 40,
        span_seconds: 1500.0,
        confidence: 0.99,
    }
}

fn with_memory(mut run: LoadResult, verdict: TrendVerdict) -> LoadResult {
    run.leaks.as_mut().unwrap().trends = vec![memory(verdict)];
    run
}

fn unwatched(mut run: LoadResult) -> LoadResult {
    run.leaks.as_mut().unwrap().trends.clear();
    run
}

fn accepting(mut run: LoadResult) -> LoadResult {
    run.leaks.as_mut().unwrap().check = LeakCheck::InsufficientAccepted;
    run
}

fn generator() -> GeneratorResult {
    GeneratorResult {
        threads: 1,
        busiest_cpu_share: 0.1,
        cpu_s: 6.0,
        send_lag: Some(TIMES),
        connect: Some(TIMES),
        connect_failures: 0,
        lost_connections: 0,
        received_bytes: 1 << 20,
        journeys: Journeys {
            due: 100,
            begun: 100,
            late: 0,
            dropped: 0,
            finished: 100,
            interrupted: 0,
        },
        doubts: Vec::new(),
    }
}

fn settled(mut run: LoadResult, ending: Ending) -> LoadResult {
    run.settle(ending);
    run
}

fn broken_threshold(mut run: LoadResult) -> LoadResult {
    run.thresholds[0].pass = false;
    run
}

fn broken_invariant(mut run: LoadResult) -> LoadResult {
    run.invariants[0].pass = false;
    run
}

fn broken_endpoint(mut run: LoadResult) -> LoadResult {
    run.endpoints[0].pass = false;
    run.endpoints[0].why = "p95 is 3 times its baseline".into();
    run
}

fn doubtful(mut run: LoadResult) -> LoadResult {
    let own = run.generator.as_mut().unwrap();
    own.doubts = vec!["the generator was saturated: give it more threads".into()];
    run
}

fn without_thresholds(mut run: LoadResult) -> LoadResult {
    run.thresholds.clear();
    run
}

fn hostile() -> LoadResult {
    let mut run = broken_endpoint(broken_invariant(broken_threshold(whole())));
    run.profile = NAME.into();
    run.description = NAME.into();
    run.api_base = NAME.into();
    run.notices = vec![NAME.into()];
    run.steps[0].step = NAME.into();
    run.steps[0].route = NAME.into();
    run.checks[0].check = NAME.into();
    run.trends[0].trend = NAME.into();
    run.phases[0].phase = NAME.into();
    run.figures[0].name = NAME.into();
    run.thresholds[0].threshold = NAME.into();
    run.invariants[0].detail = NAME.into();
    run.endpoints[0].why = NAME.into();
    run.plan.mix[0].action = NAME.into();
    run.overlay.as_mut().unwrap().path = NAME.into();
    settled(run, Ending::Completed)
}

fn gone() -> Ending {
    Ending::CouldNotRun {
        error: "no server".into(),
    }
}

#[rstest]
#[case::all_is_held(whole(), Ending::Completed, RunExit::Pass)]
#[case::a_threshold_is_broken(broken_threshold(whole()), Ending::Completed, RunExit::Failed)]
#[case::an_invariant_is_broken(broken_invariant(whole()), Ending::Completed, RunExit::Failed)]
#[case::an_endpoint_is_slower(broken_endpoint(whole()), Ending::Completed, RunExit::Failed)]
#[case::a_saturated_generator(doubtful(whole()), Ending::Completed, RunExit::Inconclusive)]
#[case::what_a_saturated_generator_says_is_no_verdict(
    doubtful(broken_endpoint(broken_threshold(whole()))),
    Ending::Completed,
    RunExit::Inconclusive
)]
#[case::what_the_server_says_counts_all_the_same(
    doubtful(broken_invariant(whole())),
    Ending::Completed,
    RunExit::Failed
)]
#[case::it_leaks(with_memory(whole(), TrendVerdict::Leak), Ending::Completed, RunExit::Failed)]
#[case::a_leak_is_no_matter_of_the_generator(
    doubtful(with_memory(whole(), TrendVerdict::Leak)),
    Ending::Completed,
    RunExit::Failed
)]
#[case::too_short_to_judge_growth(
    with_memory(whole(), TrendVerdict::Insufficient),
    Ending::Completed,
    RunExit::Inconclusive
)]
#[case::too_short_and_that_is_accepted(
    accepting(with_memory(whole(), TrendVerdict::Insufficient)),
    Ending::Completed,
    RunExit::Pass
)]
#[case::a_leak_is_never_accepted(
    accepting(with_memory(whole(), TrendVerdict::Leak)),
    Ending::Completed,
    RunExit::Failed
)]
#[case::growth_was_asked_for_and_never_looked_at(
    unwatched(whole()),
    Ending::Completed,
    RunExit::Inconclusive
)]
#[case::nothing_was_held(without_thresholds(whole()), Ending::Completed, RunExit::Inconclusive)]
#[case::nothing_was_run(started(), Ending::Completed, RunExit::Inconclusive)]
#[case::interrupted(broken_threshold(whole()), Ending::Interrupted, RunExit::Interrupted)]
#[case::could_not_run(started(), gone(), RunExit::CouldNotRun)]
fn the_verdict_follows_from_what_was_held(
    #[case] run: LoadResult,
    #[case] ending: Ending,
    #[case] exit: RunExit,
) {
    let run = settled(run, ending);
    assert_eq!(run.exit_code, exit);
    assert_eq!(run.pass, exit == RunExit::Pass);
    assert_eq!(run.reasons.is_empty(), run.pass, "{:?}", run.reasons);
}

/// `UPDATE_SCHEMA=1 cargo test -p run-report schema` writes the file anew after the types changed.
#[test]
fn the_committed_schema_is_what_the_types_say() {
    let generated = load_schema().unwrap();
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
fn a_run_reads_back_as_it_was_written_and_no_field_may_be_missing_or_unknown() {
    let run = settled(whole(), Ending::Completed);
    let text = run.to_json().unwrap();
    assert_eq!(LoadResult::from_json(&text).unwrap(), run);
    let without = |path: &str| {
        let mut value: Value = serde_json::from_str(&text).unwrap();
        let (parent, field) = path.rsplit_once('/').unwrap();
        let parent = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        parent.remove(field).unwrap();
        LoadResult::from_json(&value.to_string()).unwrap_err()
    };
    assert!(
        matches!(without("/status_end"), SchemaError::Missing { fields, .. } if fields == ["status_end"])
    );
    assert!(matches!(
        without("/timeline/load/0/p99_ms"),
        SchemaError::Missing { .. }
    ));
    assert!(matches!(without("/thresholds"), SchemaError::Json { .. }));
    let unknown = text.replacen('{', "{\"more\": 1,", 1);
    assert!(LoadResult::from_json(&unknown).is_err());
    let other = text.replacen("\"schema_version\": 1", "\"schema_version\": 2", 1);
    assert!(matches!(
        LoadResult::from_json(&other),
        Err(SchemaError::Version { .. })
    ));
}

#[test]
fn a_stored_run_is_known_as_what_it_is() {
    let text = settled(whole(), Ending::Completed).to_json().unwrap();
    let page = read_stored(&text).unwrap().to_html().unwrap();
    assert!(said(&page).contains("Load run light on reference"), "{page}");
}

#[rstest]
#[case::whole(settled(whole(), Ending::Completed))]
#[case::broken(settled(broken_endpoint(broken_threshold(whole())), Ending::Completed))]
#[case::doubtful(settled(doubtful(whole()), Ending::Completed))]
#[case::nothing(settled(started(), gone()))]
#[case::hostile(hostile())]
fn every_page_holds_to_the_rules(#[case] run: LoadResult) {
    hold_to_the_rules(&run.to_html().unwrap());
}

#[test]
fn a_page_shows_what_was_broken_and_draws_every_line_that_there_is() {
    let mut run = settled(broken_threshold(whole()), Ending::Completed);
    let page = run.to_html().unwrap();
    let said = said(&page);
    assert!(said.contains("failed < 2 % 1.000 % ✗ broken"), "{said}");
    for line in [
        "p95",
        "p95 of the earlier run",
        "requests/s",
        "429/s",
        "resident memory in MiB",
        "active jobs",
    ] {
        assert!(page.contains(&format!("<title>{line}</title>")), "no line {line}");
    }
    // Nothing is drawn of what was never measured.
    assert!(!page.contains("<title>p99</title>"));
    run.timeline.load = (0..100_000).map(|i| point(f64::from(i))).collect();
    assert!(run.to_html().unwrap().len() < 200_000);
}

#[test]
fn junit_is_red_where_a_threshold_is_broken_and_not_where_the_generator_doubts_itself() {
    let junit = |run| Junit.to_text(&settled(run, Ending::Completed)).unwrap();
    assert!(!junit(whole()).contains("<failure"));
    let broken = junit(broken_threshold(whole()));
    assert!(
        broken.contains("<failure message=\"1.000 %\" type=\"threshold\""),
        "{broken}"
    );
    let slower = junit(broken_endpoint(whole()));
    assert!(slower.contains("type=\"perf_regression\""), "{slower}");
    let doubtful = junit(doubtful(broken_threshold(whole())));
    assert!(!doubtful.contains("<failure"), "{doubtful}");
    assert!(
        doubtful.contains("saturated") && doubtful.contains("inconclusive"),
        "{doubtful}"
    );
}

#[test]
fn a_leak_stands_in_every_rendering_and_what_could_not_be_judged_is_no_green_case() {
    let leaks = settled(with_memory(whole(), TrendVerdict::Leak), Ending::Completed);
    let junit = Junit.to_text(&leaks).unwrap();
    assert!(junit.contains("type=\"leak\""), "{junit}");
    for text in [
        Terminal::default().to_text(&leaks).unwrap(),
        Markdown::STEP_SUMMARY.to_text(&leaks).unwrap(),
        said(&leaks.to_html().unwrap()),
    ] {
        assert!(text.contains("LEAK"), "{text}");
        assert!(
            text.contains("grows by 59.2 MiB an hour (54.6 to 64.0)"),
            "{text}"
        );
        assert!(text.contains("warm-up was over after 300 s"), "{text}");
    }
    let open = settled(
        with_memory(whole(), TrendVerdict::Insufficient),
        Ending::Completed,
    );
    let junit = Junit.to_text(&open).unwrap();
    assert!(
        junit.contains("<skipped") && junit.contains("insufficient: growth of rss"),
        "{junit}"
    );
    assert!(junit.contains("<error"), "{junit}");
}

#[test]
fn texts_from_elsewhere_stay_texts_in_every_rendering() {
    let run = hostile();
    let terminal = Terminal::default().to_text(&run).unwrap();
    assert!(
        !terminal.contains(['\u{1b}', '\r', '\0', '\u{202e}']),
        "{terminal}"
    );
    assert!(terminal.lines().all(|line| !line.trim_start().starts_with("::")));
    let markdown = Markdown::STEP_SUMMARY.to_text(&run).unwrap();
    assert!(
        !markdown.contains("<script>") && !markdown.contains('\u{1b}'),
        "{markdown}"
    );
    let annotations = Annotations.to_text(&run).unwrap();
    assert!(
        annotations
            .lines()
            .all(|line| line.starts_with("::error") || line.starts_with("::notice")),
        "{annotations}"
    );
    let points = run.timeline_ndjson().unwrap();
    assert_eq!(
        points.lines().count(),
        run.timeline.load.len() + run.timeline.server.len()
    );
}
