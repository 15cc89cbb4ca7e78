//! Soaks, judged and rendered.

use perf_guard::trend::TrendVerdict;
use rstest::rstest;
use run_report::{
    Ending, Exporter, HtmlReport, Invariant, InvariantTally, Junit, LeakCheck, Markdown, RunExit, SoakFigure,
    SoakHead, SoakHistogram, SoakRun, SoakTally, SoakTrend, SoakWindow, Style, Terminal, Violation,
    read_stored, soak_schema,
};
use serde_json::{Value, json};

use crate::runs;

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/soak.schema.json");

fn window(i: u32) -> SoakWindow {
    let i = f64::from(i);
    SoakWindow {
        from_seconds: 10.0 * i,
        to_seconds: 10.0 * i + 10.0,
        windows: 1,
        warm: i > 1.0,
        cycles: 20,
        tally: SoakTally {
            operations: 400,
            ..SoakTally::default()
        },
        samples: 10,
        rss_min_bytes: Some(50e6 + 1e6 * i),
        rss_max_bytes: Some(52e6 + 1e6 * i),
        fds_min: Some(14.0),
        threads_min: None,
        queue_mean: 0.4,
        active_max: 4,
        request_p50_ms: Some(0.8),
        ready_p50_ms: Some(140.0),
        merge_wait_ms_per_s: 0.0,
        quiet_after_seconds: Some(0.002),
        broken: Vec::new(),
    }
}

fn trend(figure: SoakFigure, verdict: TrendVerdict) -> SoakTrend {
    SoakTrend {
        figure,
        verdict,
        why: "the slope's whole interval lies below the limit".into(),
        slope_per_hour: Some(0.3),
        low_per_hour: Some(-1.25),
        high_per_hour: Some(1.5),
        later_slope_per_hour: Some(0.1),
        limit_per_hour: Some(24.0),
        value_at_zero: Some(50.0),
        points: 17,
        span_seconds: 500.0,
        confidence: 0.99,
    }
}

/// A soak that is about to be settled, and is green unless something is changed.
fn soak(change: impl FnOnce(&mut SoakRun), ending: &Ending) -> SoakRun {
    let mut run = SoakRun::new(SoakHead {
        soak_version: "0.1.0".into(),
        target: "reference".into(),
        started_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        planned_seconds: 900.0,
        cancel_every: 5,
        concurrency: 4,
        seed: 1,
        window_seconds: 10.0,
        warm_up_rule: "the cache has evicted".into(),
        leak_check: LeakCheck::Required,
        environment: runs::environment(),
    });
    run.api_base = "http://127.0.0.1:8000".into();
    run.server_args = vec!["--cache-bytes=16MiB".into()];
    run.duration_seconds = 901.25;
    run.cycles = 80;
    run.status_start = Some(json!({"active_jobs": 0, "jobs": {"submitted": 0}}));
    run.status_end = Some(json!({"active_jobs": 0, "jobs": {"submitted": 80}}));
    run.warm_up.ended_after_seconds = Some(20.0);
    run.windows = (0..4).map(window).collect();
    run.tally = SoakTally {
        operations: 1_600,
        merged: 60,
        ..SoakTally::default()
    };
    run.invariants = Invariant::ALL
        .map(|invariant| InvariantTally {
            invariant,
            checked: 40,
            broken: 0,
            not_applicable: None,
        })
        .to_vec();
    run.trends = SoakFigure::ALL
        .map(|figure| trend(figure, TrendVerdict::NoLeakShown))
        .to_vec();
    run.histograms = vec![SoakHistogram {
        name: "submit".into(),
        count: 80,
        p50_ms: 1.25,
        p90_ms: 2.0,
        p95_ms: 3.0,
        p99_ms: 9.0,
        max_ms: 12.5,
    }];
    change(&mut run);
    run.settle(ending);
    run
}

fn green() -> SoakRun {
    soak(|_| {}, &Ending::Completed)
}

fn leaking() -> SoakRun {
    let change = |run: &mut SoakRun| {
        run.trends[0].verdict = TrendVerdict::Leak;
        run.invariants[11].broken = 1;
        run.failures
            .push(violation(Invariant::NoGrowth, "rss grows by 57.2 MiB an hour"));
    };
    soak(change, &Ending::Completed)
}

fn violation(invariant: Invariant, text: &str) -> Violation {
    Violation {
        invariant,
        at_seconds: 12.5,
        cycle: None,
        job_id: None,
        text: text.into(),
    }
}

#[test]
fn a_soak_in_which_everything_held_and_was_looked_at_passes() {
    let run = green();
    assert_eq!(
        (run.exit_code, run.pass, run.reasons.len()),
        (RunExit::Pass, true, 0)
    );
}

#[rstest]
#[case::broken(|run: &mut SoakRun| run.failures.push(violation(Invariant::Quiet, "2 jobs")), RunExit::Failed, "quiet: 2 jobs")]
#[case::not_at_rest(|run: &mut SoakRun| run.status_end = Some(json!({"active_jobs": 1})), RunExit::Failed, "active_jobs is 1")]
#[case::no_status(|run: &mut SoakRun| run.status_end = None, RunExit::Failed, "status_end is missing")]
#[case::never_looked(|run: &mut SoakRun| run.invariants[8].checked = 0, RunExit::Inconclusive, "merged_equals_segments was never looked at")]
#[case::no_invariant(|run: &mut SoakRun| run.invariants.clear(), RunExit::Inconclusive, "no invariant was looked at")]
#[case::insufficient(|run: &mut SoakRun| run.trends[1].verdict = TrendVerdict::Insufficient, RunExit::Inconclusive, "insufficient: growth of fds")]
#[case::no_trend(|run: &mut SoakRun| run.trends.clear(), RunExit::Inconclusive, "no figure was looked at")]
fn whatever_is_missing_or_broken_is_no_pass(
    #[case] change: fn(&mut SoakRun),
    #[case] exit: RunExit,
    #[case] says: &str,
) {
    let run = soak(change, &Ending::Completed);
    assert_eq!((run.exit_code, run.pass), (exit, false));
    assert!(
        run.reasons.iter().any(|reason| reason.contains(says)),
        "{:?}",
        run.reasons
    );
}

#[test]
fn what_cannot_be_judged_may_be_accepted_and_what_leaks_may_not() {
    let accept = |run: &mut SoakRun| run.leak_check = LeakCheck::InsufficientAccepted;
    let insufficient = soak(
        |run| {
            accept(run);
            run.trends[0].verdict = TrendVerdict::Insufficient;
        },
        &Ending::Completed,
    );
    assert_eq!(insufficient.exit_code, RunExit::Pass);
    assert!(insufficient.notices[0].contains("insufficient: growth of rss"));
    let mut leaking = leaking();
    accept(&mut leaking);
    leaking.settle(&Ending::Completed);
    assert_eq!(leaking.exit_code, RunExit::Failed);
}

#[test]
fn an_invariant_that_cannot_be_looked_at_on_a_target_is_none_that_was_forgotten() {
    let run = soak(
        |run| {
            run.invariants[6].checked = 0;
            run.invariants[6].not_applicable = Some("it cannot cancel".into());
        },
        &Ending::Completed,
    );
    assert_eq!(run.exit_code, RunExit::Pass);
}

#[rstest]
#[case::interrupted(Ending::Interrupted, RunExit::Interrupted)]
#[case::could_not_run(Ending::CouldNotRun { error: "no server".into() }, RunExit::CouldNotRun)]
fn a_soak_that_was_cut_short_has_not_passed(#[case] ending: Ending, #[case] exit: RunExit) {
    let run = soak(|run| run.trends.clear(), &ending);
    assert_eq!((run.exit_code, run.reasons.len()), (exit, 1), "{:?}", run.reasons);
}

/// `UPDATE_SCHEMA=1 cargo test -p run-report soak` writes the file anew after the types changed.
#[test]
fn the_committed_soak_schema_is_what_the_types_say() {
    let generated = soak_schema().unwrap();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(SCHEMA, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(SCHEMA).unwrap();
    assert!(
        committed == generated,
        "{SCHEMA} is out of date: UPDATE_SCHEMA=1 cargo test -p run-report soak"
    );
    let schema: Value = serde_json::from_str(&generated).unwrap();
    let required = schema["required"].as_array().unwrap();
    for field in "api_base started_at duration_seconds cycles cancel_every pass failures status_start status_end windows \
                  trends histograms exit_code schema_version"
        .split_whitespace()
    {
        assert!(required.contains(&json!(field)), "{field} is not required");
    }
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn a_soak_reads_back_as_it_was_written_and_strictly() {
    for run in [green(), leaking()] {
        assert_eq!(SoakRun::from_json(&run.to_json().unwrap()).unwrap(), run);
    }
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut value = serde_json::to_value(green()).unwrap();
        change(&mut value);
        SoakRun::from_json(&value.to_string()).unwrap_err().to_string()
    };
    assert_eq!(
        changed(&|value| value["schema_version"] = json!(9)),
        "soak.json has schema_version 9, legal is 1"
    );
    assert!(changed(&|value| value["windows"][0]["surprise"] = json!(1)).contains("schema"));
    let without = |value: &mut Value| drop(value.as_object_mut().unwrap().remove("status_end"));
    assert_eq!(changed(&without), "soak.json lacks status_end");
}

#[rstest]
#[case::green("green", green())]
#[case::leaking("leaking", leaking())]
fn a_soak_in_words(#[case] name: &str, #[case] run: SoakRun) {
    let terminal = Terminal {
        width: 110,
        style: Style::Plain,
    };
    let [terminal, markdown, junit] = [
        terminal.to_text(&run).unwrap(),
        Markdown::default().to_text(&run).unwrap(),
        Junit.to_text(&run).unwrap(),
    ];
    insta::assert_snapshot!(
        format!("soak_{name}"),
        format!("{terminal}\n---\n{markdown}\n---\n{junit}")
    );
}

#[test]
fn the_page_is_well_formed_shows_each_figure_and_can_be_made_from_the_stored_result() {
    let mut run = leaking();
    run.failures[0].text = "<script>alert(1)</script> & \u{202e}".into();
    let page = run.to_html().unwrap();
    let document = roxmltree::Document::parse_with_options(
        &page,
        roxmltree::ParsingOptions {
            allow_dtd: true,
            ..roxmltree::ParsingOptions::default()
        },
    )
    .unwrap_or_else(|error| panic!("{error}\n{page}"));
    let scripts = document.descendants().filter(|node| node.has_tag_name("script"));
    assert_eq!(scripts.count(), 0);
    // Threads were never told, so they have no plot.
    let plots = document.descendants().filter(|node| node.has_tag_name("figure"));
    assert_eq!(plots.count(), SoakFigure::ALL.len() - 1);
    let stored = read_stored(&run.to_json().unwrap()).unwrap();
    assert_eq!(stored.to_html().unwrap(), page);
}
