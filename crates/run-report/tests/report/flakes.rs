//! Many runs, counted, judged and rendered.

use rstest::rstest;
use run_report::{
    Ending, FlakeHead, FlakeRun, GoldenRun, Junit, Markdown, Phase, Quiescence, RunExit, Subject, Terminal,
    TestResult, flake_schema,
};
use serde_json::{Value, json};

use crate::runs::{self, seconds};

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/flake.schema.json");

fn planned(phases: &[Phase], runs_planned: u32) -> FlakeRun {
    FlakeRun::new(FlakeHead {
        suite_version: "0.1.0".into(),
        target: "reference".into(),
        started_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        settings_digest: "d1ce".into(),
        environment: runs::environment(),
        phases: phases.to_vec(),
        runs_planned,
        budget_s: seconds(7_200.0),
    })
}

fn settled(mut run: FlakeRun, ending: &Ending) -> FlakeRun {
    run.settle(ending);
    run
}

fn steady() -> FlakeRun {
    let mut flake = planned(&[Phase::Cold, Phase::Busy], 2);
    for number in 1..=2 {
        for phase in [Phase::Cold, Phase::Busy] {
            assert!(!flake.enter((phase, number), &runs::green(), None));
        }
    }
    flake.note_load(Phase::Busy, 2, None);
    settled(flake, &Ending::Completed)
}

fn flaky() -> FlakeRun {
    let mut flake = planned(&Phase::ALL, 2);
    flake.enter((Phase::Cold, 1), &runs::green(), None);
    flake.enter(
        (Phase::Warm, 1),
        &runs::red_by_perf(),
        Some("artifacts/flake/warm-0001"),
    );
    flake.enter(
        (Phase::Busy, 1),
        &runs::red_by_correctness(),
        Some("artifacts/flake/busy-0001"),
    );
    flake.enter((Phase::Cold, 2), &runs::green(), None);
    flake.enter((Phase::Warm, 2), &runs::green(), None);
    flake.enter((Phase::Busy, 2), &runs::green(), None);
    settled(flake, &Ending::Completed)
}

#[rstest]
#[case::steady("flake_steady", &steady())]
#[case::flaky("flake_flaky", &flaky())]
#[case::unmade("flake_unmade", &settled(planned(&[Phase::Cold], 50), &Ending::CouldNotRun { error: "no server".into() }))]
fn many_runs_are_rendered(#[case] name: &str, #[case] run: &FlakeRun) {
    let mut out = Vec::new();
    Terminal::default().export_flake(run, &mut out).unwrap();
    out.extend_from_slice(b"\n=== Markdown\n");
    Markdown::default().export_flake(run, &mut out).unwrap();
    out.extend_from_slice(b"\n=== JUnit\n");
    Junit.export_flake(run, &mut out).unwrap();
    insta::assert_snapshot!(name, String::from_utf8(out).unwrap());
}

#[test]
fn what_failed_once_fails_the_whole_with_its_rate_and_bound() {
    let flake = flaky();
    assert_eq!((flake.exit_code, flake.pass), (RunExit::Failed, false));
    let warm = flake.phase(Phase::Warm).unwrap();
    assert_eq!((warm.runs, warm.runs_failed), (2, 1));
    let red = warm.rates.iter().find(|rate| rate.failed > 0).unwrap();
    assert_eq!(red.subject, Subject::Time);
    assert_eq!((red.passed, red.failed, red.pass_rate), (1, 1, Some(0.5)));
    assert!((red.flake_rate_upper_95 - 0.974_679).abs() < 1e-5, "{red:?}");
    assert!(red.nearest_to_threshold.unwrap() > 1.0);
    let failure = flake
        .failures
        .iter()
        .find(|failure| failure.phase == Phase::Warm)
        .unwrap();
    assert_eq!(
        (failure.run, failure.evidence.as_deref()),
        (1, Some("artifacts/flake/warm-0001"))
    );
}

#[test]
fn runs_without_a_failure_pass_and_still_say_what_they_cannot_exclude() {
    let flake = steady();
    assert_eq!(
        (flake.exit_code, flake.pass, flake.reasons.len()),
        (RunExit::Pass, true, 0)
    );
    let cold = flake.phase(Phase::Cold).unwrap();
    assert!((cold.failed_rate_upper_95 - (1.0 - 0.05_f64.sqrt())).abs() < 1e-5);
}

/// A run in which a test was skipped that ran before.
fn with_a_skip() -> GoldenRun {
    let mut run = runs::green();
    let name = run.tests[0].name.clone();
    run.tests[0] = TestResult::skipped(name, run.tests[0].cache, "no capability");
    run
}

#[test]
fn a_skipped_test_counts_neither_way() {
    let mut flake = planned(&[Phase::Cold], 2);
    flake.enter((Phase::Cold, 1), &runs::green(), None);
    flake.enter((Phase::Cold, 2), &with_a_skip(), None);
    let rate = &flake.phase(Phase::Cold).unwrap().rates[0];
    assert_eq!(
        (rate.passed, rate.failed, rate.skipped, rate.pass_rate),
        (1, 0, 1, Some(1.0))
    );
}

fn ended(ending: Ending) -> GoldenRun {
    let mut run = runs::green();
    run.settle(ending, &Quiescence::NoActiveJobs);
    run
}

#[test]
fn a_run_whose_server_died_has_failed_itself() {
    let mut flake = planned(&[Phase::Cold], 1);
    let died = ended(Ending::CouldNotRun {
        error: "the server ended in the middle of the run".into(),
    });
    assert!(flake.enter((Phase::Cold, 1), &died, None));
    assert_eq!(flake.failures[0].subject, Subject::Run);
    assert!(flake.failures[0].reason.contains("the server ended"));
}

#[test]
fn an_interrupted_run_is_none_but_what_failed_before_counts() {
    let mut flake = planned(&[Phase::Cold], 2);
    assert!(!flake.enter((Phase::Cold, 1), &ended(Ending::Interrupted), None));
    assert_eq!(flake.phase(Phase::Cold).unwrap().runs, 0);
    let mut cut = runs::red_by_correctness();
    cut.settle(Ending::Interrupted, &Quiescence::NoActiveJobs);
    assert!(flake.enter((Phase::Cold, 1), &cut, None));
    let flake = settled(flake, &Ending::Interrupted);
    assert_eq!(flake.exit_code, RunExit::Interrupted);
    assert!(
        flake
            .reasons
            .iter()
            .any(|reason| reason.starts_with("cold: 1 of 1 runs failed"))
    );
}

#[rstest]
#[case::none_made(planned(&[Phase::Cold], 2), Ending::Completed, "cold: 0 of 2 runs were made")]
#[case::no_phase(planned(&[], 2), Ending::Completed, "no phase was to be run")]
#[case::budget(planned(&[Phase::Warm], 1), Ending::TimedOut { error: "--budget is over".into() }, "--budget is over")]
fn what_was_not_tried_has_not_passed(#[case] run: FlakeRun, #[case] ending: Ending, #[case] reason: &str) {
    let run = settled(run, &ending);
    assert_eq!((run.exit_code, run.pass), (RunExit::Inconclusive, false));
    assert!(run.reasons.iter().any(|text| text == reason), "{:?}", run.reasons);
}

#[test]
fn runs_without_a_baseline_and_runs_with_too_little_load_are_inconclusive() {
    let mut flake = planned(&[Phase::Busy], 1);
    flake.enter((Phase::Busy, 1), &runs::inconclusive(), None);
    assert_eq!(
        settled(flake, &Ending::Completed).exit_code,
        RunExit::Inconclusive
    );
    let mut flake = planned(&[Phase::Busy], 1);
    flake.enter((Phase::Busy, 1), &runs::green(), None);
    flake.note_load(Phase::Busy, 1, Some("only 1 of 2 busy processes lasted"));
    assert_eq!(
        settled(flake, &Ending::Completed).exit_code,
        RunExit::Inconclusive
    );
}

#[test]
fn the_committed_schema_of_flake_json_is_what_the_types_say() {
    let generated = flake_schema().unwrap();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(SCHEMA, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(SCHEMA).unwrap_or_default();
    assert!(
        committed == generated,
        "{SCHEMA} is out of date: UPDATE_SCHEMA=1 cargo test -p run-report schema"
    );
}

#[test]
fn flake_json_reads_back_as_it_was_written_and_in_no_other_way() {
    let run = flaky();
    assert_eq!(FlakeRun::from_json(&run.to_json().unwrap()).unwrap(), run);
    let mut value: Value = serde_json::to_value(&run).unwrap();
    value["schema_version"] = json!(2);
    let error = FlakeRun::from_json(&value.to_string()).unwrap_err();
    assert_eq!(error.to_string(), "flake.json has schema_version 2, legal is 1");
    value["schema_version"] = json!(1);
    value["phases"][0]
        .as_object_mut()
        .unwrap()
        .remove("runs")
        .unwrap();
    assert!(FlakeRun::from_json(&value.to_string()).is_err());
    value["phases"][0]["runs"] = json!(1);
    value.as_object_mut().unwrap().remove("error").unwrap();
    let error = FlakeRun::from_json(&value.to_string()).unwrap_err();
    assert_eq!(error.to_string(), "flake.json lacks error");
}

#[test]
fn hostile_names_and_reasons_break_no_rendering() {
    let name = "a|b<script>\n::error::x\u{1b}[2J ]]>";
    let mut flake = planned(&[Phase::Cold], 1);
    let mut run = runs::green();
    run.tests.push(TestResult::failed(name, None, name));
    let run = runs::settled(run);
    flake.enter((Phase::Cold, 1), &run, Some(name));
    flake.notices.push(name.into());
    let flake = settled(flake, &Ending::Completed);
    let mut out = Vec::new();
    Terminal::default().export_flake(&flake, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(
        !text.contains('\u{1b}') && text.lines().all(|line| !line.trim_start().starts_with("::")),
        "{text}"
    );
    let mut out = Vec::new();
    Junit.export_flake(&flake, &mut out).unwrap();
    quick_junit::Report::deserialize_from_str(&String::from_utf8(out).unwrap()).unwrap();
    let mut out = Vec::new();
    Markdown::default().export_flake(&flake, &mut out).unwrap();
    assert!(!String::from_utf8(out).unwrap().contains("<script>"));
}
