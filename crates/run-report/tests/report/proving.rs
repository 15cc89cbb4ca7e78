//! `prove.json`, its committed schema, and what a proof comes to.

use rstest::rstest;
use run_report::{
    CellOutcome, Ending, ProveRule, ProveRun, RunExit, SchemaError, StaleAllowance, prove_schema,
};
use serde_json::{Value, json};

use crate::proofs::{proven, with_blind_spot, with_false_alarm};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/prove.schema.json");

/// `UPDATE_SCHEMA=1 cargo test -p run-report schema` writes the file anew after the types changed.
#[test]
fn the_committed_schema_of_a_proof_is_what_the_types_say() {
    let generated = prove_schema().unwrap();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(FILE, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap();
    assert!(
        committed == generated,
        "{FILE} is out of date: UPDATE_SCHEMA=1 cargo test -p run-report schema"
    );
}

#[rstest]
#[case::proven(proven())]
#[case::blind(with_blind_spot(None))]
#[case::false_alarm(with_false_alarm(0))]
fn a_proof_reads_back_as_it_was_written(#[case] proof: ProveRun) {
    assert_eq!(ProveRun::from_json(&proof.to_json().unwrap()).unwrap(), proof);
}

#[test]
fn a_proof_with_a_field_too_many_or_too_few_or_of_another_version_is_refused() {
    let value = || serde_json::to_value(proven()).unwrap();
    let mut more = value();
    more["breakages"][0]["surprise"] = json!(1);
    let error = ProveRun::from_json(&more.to_string()).unwrap_err();
    assert!(matches!(error, SchemaError::Json { .. }), "{error}");

    let mut fewer: Value = value();
    fewer["controls"][0]
        .as_object_mut()
        .unwrap()
        .remove("after")
        .unwrap();
    let error = ProveRun::from_json(&fewer.to_string()).unwrap_err();
    assert_eq!(error.to_string(), "prove.json lacks controls[0].after");

    let mut later = value();
    later["schema_version"] = json!(2);
    let error = ProveRun::from_json(&later.to_string()).unwrap_err();
    assert_eq!(error.to_string(), "prove.json has schema_version 2, legal is 1");
}

#[test]
fn everything_caught_and_quiet_controls_prove_the_guard() {
    let proof = proven();
    assert_eq!((proof.pass, proof.exit_code), (true, RunExit::Pass), "{proof:?}");
    let rules: Vec<_> = proof
        .false_alarms
        .iter()
        .map(|f| (f.rule, f.controls, f.red))
        .collect();
    assert_eq!(
        rules,
        [
            (ProveRule::Fixed, 1, 0),
            (ProveRule::Statistical, 1, 0),
            (ProveRule::Correctness, 1, 0)
        ]
    );
}

fn without_controls() -> ProveRun {
    let mut proof = proven();
    proof.controls.clear();
    proof.settle(Ending::Completed, 0);
    proof
}

fn with_outcome(outcome: CellOutcome) -> ProveRun {
    let mut proof = proven();
    proof.breakages[0].outcome = outcome;
    proof.settle(Ending::Completed, 0);
    proof
}

fn empty() -> ProveRun {
    let mut proof = proven();
    proof.slowdowns.clear();
    proof.breakages.clear();
    proof.settle(Ending::Completed, 0);
    proof
}

fn stale(fails: bool) -> ProveRun {
    let mut proof = proven();
    proof.stale_allowances = vec![StaleAllowance {
        entry: "http.playlist:error=503".into(),
        fails,
    }];
    proof.settle(Ending::Completed, 0);
    proof
}

fn ended(ending: Ending) -> ProveRun {
    let mut proof = with_blind_spot(None);
    proof.settle(ending, 0);
    proof
}

#[rstest]
#[case::new_blind_spot(
    with_blind_spot(None),
    RunExit::Failed,
    "a blind spot: no test notices http.playlist:error=503"
)]
#[case::known_blind_spot(with_blind_spot(Some("the soak's work")), RunExit::Pass, "")]
#[case::false_alarm(
    with_false_alarm(0),
    RunExit::Failed,
    "the statistical rule went red in 1 of 2 controls, without a fault; 0 are allowed: test_1 (cold): 1.12×"
)]
#[case::allowed_false_alarm(with_false_alarm(1), RunExit::Pass, "")]
#[case::no_control(
    without_controls(),
    RunExit::Inconclusive,
    "no control judged anything by the fixed rule"
)]
#[case::unfired(
    with_outcome(CellOutcome::NotFired),
    RunExit::Inconclusive,
    "http.playlist:error=503 never fired, so it was not tested"
)]
#[case::without_its_turn(
    with_outcome(CellOutcome::NotRun),
    RunExit::Inconclusive,
    "http.playlist:error=503 was not tested"
)]
#[case::nothing(empty(), RunExit::Inconclusive, "no fault was tested")]
#[case::stale_breakage(
    stale(true),
    RunExit::Failed,
    "its entry in the list of blind spots has to go"
)]
#[case::stale_slowdown(stale(false), RunExit::Pass, "")]
#[case::interrupted(ended(Ending::Interrupted), RunExit::Interrupted, "interrupted")]
#[case::no_server(ended(Ending::CouldNotRun { error: "no server".into() }), RunExit::CouldNotRun, "no server")]
#[case::out_of_time_and_blind(ended(Ending::TimedOut { error: "out of time".into() }), RunExit::Failed, "out of time")]
fn what_is_not_proven_is_said_and_shows_in_the_exit_code(
    #[case] proof: ProveRun,
    #[case] exit: RunExit,
    #[case] says: &str,
) {
    let reasons: Vec<&str> = proof.verdict_reasons.iter().map(|r| r.text.as_str()).collect();
    assert_eq!(proof.exit_code, exit, "{reasons:?}");
    assert_eq!(proof.pass, exit == RunExit::Pass);
    if says.is_empty() {
        assert!(reasons.is_empty(), "{reasons:?}");
    } else {
        assert!(reasons[0].contains(says), "{reasons:?}");
    }
}
