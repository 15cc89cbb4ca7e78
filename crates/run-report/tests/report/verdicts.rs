//! What makes a run pass, and the precedence of its exit codes.

use perf_guard::{BaselineMode, Verdict};
use rstest::rstest;
use run_report::{Ending, GoldenRun, Quiescence, RunExit, TestResult};
use serde_json::{Value, json};

use crate::runs;

#[rstest]
#[case::green(runs::green(), RunExit::Pass, [true, true, true])]
#[case::red_by_perf(runs::red_by_perf(), RunExit::Failed, [false, true, false])]
#[case::red_by_correctness(runs::red_by_correctness(), RunExit::Failed, [false, false, true])]
#[case::inconclusive(runs::inconclusive(), RunExit::Inconclusive, [false, true, false])]
#[case::could_not_run(runs::could_not_run(), RunExit::CouldNotRun, [false, false, false])]
fn each_kind_of_run_has_its_code(#[case] run: GoldenRun, #[case] exit: RunExit, #[case] passes: [bool; 3]) {
    assert_eq!(run.exit_code, exit, "{:?}", run.verdict_reasons);
    assert_eq!([run.pass, run.correctness_pass, run.perf_pass], passes);
    assert_eq!(run.verdict_reasons.is_empty(), run.pass);
}

#[rstest]
#[case::at_rest(Some(json!({"active_jobs": 0})), None)]
#[case::no_snapshot(None, Some("status_end is missing"))]
#[case::no_field(Some(json!({"queue_len": 0})), Some("status_end.active_jobs is missing"))]
#[case::no_object(Some(json!([])), Some("status_end.active_jobs is missing"))]
#[case::null(Some(json!({"active_jobs": null})), Some("status_end.active_jobs is null, legal is 0"))]
#[case::text(Some(json!({"active_jobs": "0"})), Some("status_end.active_jobs is \"0\", legal is 0"))]
#[case::busy(Some(json!({"active_jobs": 1})), Some("status_end.active_jobs is 1, legal is 0"))]
#[case::negative(Some(json!({"active_jobs": -1})), Some("status_end.active_jobs is -1, legal is 0"))]
fn pass_needs_a_target_at_rest(#[case] status_end: Option<Value>, #[case] reason: Option<&str>) {
    let mut run = runs::green();
    run.status_end = status_end;
    let run = runs::settled(run);
    assert_eq!(run.pass, reason.is_none());
    assert_eq!(run.verdict_reasons.first().map(|r| r.text.as_str()), reason);
    assert_eq!(
        run.exit_code,
        if reason.is_none() {
            RunExit::Pass
        } else {
            RunExit::Failed
        }
    );
}

#[test]
fn on_a_shared_target_the_own_jobs_count() {
    let mut run = runs::green();
    run.status_end = Some(json!({"active_jobs": 17}));
    run.settle(
        Ending::Completed,
        &Quiescence::OwnJobs {
            unfinished: Vec::new(),
        },
    );
    assert!(run.pass && run.shared_target);
    run.settle(
        Ending::Completed,
        &Quiescence::OwnJobs {
            unfinished: vec!["job-7".into()],
        },
    );
    assert_eq!(run.exit_code, RunExit::Failed);
    assert_eq!(run.verdict_reasons[0].text, "own jobs have not ended: job-7");
}

#[test]
fn an_empty_run_and_one_of_skipped_tests_alone_have_not_passed() {
    let mut run = runs::green();
    run.tests.clear();
    assert_eq!(runs::settled(run.clone()).exit_code, RunExit::Inconclusive);
    run.tests.push(TestResult::skipped("a", None, "not here"));
    let run = runs::settled(run);
    assert_eq!((run.pass, run.exit_code), (false, RunExit::Inconclusive));
}

#[test]
fn a_new_run_has_not_passed() {
    assert!(!runs::started().pass);
    assert_eq!(runs::started().exit_code, RunExit::CouldNotRun);
}

#[rstest]
#[case::interrupted(Ending::Interrupted, RunExit::Interrupted)]
#[case::could_not_run(Ending::CouldNotRun { error: "gone".into() }, RunExit::CouldNotRun)]
#[case::timed_out(Ending::TimedOut { error: "drain".into() }, RunExit::Failed)]
#[case::completed(Ending::Completed, RunExit::Failed)]
fn the_strongest_code_wins_over_failed_tests(#[case] ending: Ending, #[case] exit: RunExit) {
    let mut run = runs::red_by_correctness();
    run.settle(ending.clone(), &Quiescence::NoActiveJobs);
    assert_eq!(run.exit_code, exit);
    assert_eq!(run.error.is_none(), ending == Ending::Completed);
    assert!(
        run.verdict_reasons
            .iter()
            .any(|r| r.text == "failed: range_bytes"),
        "{:?}",
        run.verdict_reasons
    );
}

#[test]
fn an_interrupted_green_run_has_not_passed() {
    let mut run = runs::green();
    run.settle(Ending::Interrupted, &Quiescence::NoActiveJobs);
    assert_eq!(
        (run.pass, run.correctness_pass, run.exit_code.code()),
        (false, false, 130)
    );
}

#[test]
fn a_failed_test_outweighs_a_missing_baseline() {
    let mut run = runs::inconclusive();
    run.tests.push(TestResult::failed("x", None, "wrong"));
    assert_eq!(runs::settled(run).exit_code, RunExit::Failed);
}

#[test]
fn a_strict_baseline_fails_on_one_sided_tests_and_names_them() {
    let mut run = runs::tested(0.0);
    run.perf_mode = BaselineMode::Strict;
    let measurements = runs::measurements(0.0);
    runs::record(&mut run, &measurements[1..], Some(&runs::baseline()));
    let run = runs::settled(run);
    let texts: Vec<&str> = run.verdict_reasons.iter().map(|r| r.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "strict baseline: merged_fetch (cold) is not in the baseline",
            "strict baseline: test_1 (cold) was not measured"
        ]
    );
    assert_eq!(run.exit_code, RunExit::Failed);
}

#[test]
fn a_failed_guard_fails_the_run_even_if_it_gave_no_reason() {
    let mut run = runs::green();
    run.perf_verdict = Verdict::Failed;
    assert_eq!(runs::settled(run).exit_code, RunExit::Failed);
}

#[test]
fn a_passed_guard_that_checked_nothing_has_not_passed() {
    let mut run = runs::green();
    run.perf_checked = 0;
    let run = runs::settled(run);
    assert_eq!((run.perf_pass, run.exit_code), (false, RunExit::Inconclusive));
}

#[test]
fn a_baseline_from_elsewhere_can_make_a_run_inconclusive() {
    let mut run = runs::green();
    run.perf_verdict = Verdict::Inconclusive;
    let run = runs::settled(run);
    assert_eq!((run.perf_pass, run.exit_code), (false, RunExit::Inconclusive));
}
