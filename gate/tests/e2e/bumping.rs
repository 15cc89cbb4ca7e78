//! `gate bump`: both files or neither.

use rstest::rstest;
use serde_json::{Value, json};

use test_support::Ran;

use crate::harness::{BASELINE, BUMPS, Gate, POLICY, measured};

const SAID: [&str; 8] = [
    "--reason=measurement-correction",
    "--what",
    "the runs last longer",
    "--why",
    "short ones scattered",
    "--policy-still-fits",
    "the limits are wider than the scatter",
    "--artifact=artifact.json",
];

fn bump(gate: &Gate, change: impl FnOnce(&mut Value), args: &[&str]) -> Ran {
    let mut artifact = measured();
    artifact["metrics"]["rps"] = json!(450.0);
    change(&mut artifact);
    gate.write("artifact.json", &artifact);
    gate.run(&[&["bump"], SAID.as_slice(), args].concat())
}

#[test]
fn what_was_measured_becomes_the_baseline_with_its_entry() {
    let gate = Gate::new();
    bump(&gate, |_| {}, &[])
        .exited(0)
        .says("rps: 500 before, 450 after (-10.0 %)")
        .says("errors_total: 0 before, 0 after (-)");
    assert_eq!(gate.read(BASELINE), gate.read("artifact.json"));
    let bumps = gate.read(BUMPS);
    let stand = [
        "baseline_cp1.json: measurement-correction",
        "- what: the runs last longer",
        "| rps | 500 | 450 | -10.0 % |",
    ];
    for text in stand {
        assert!(bumps.contains(text), "{text} is not in\n{bumps}");
    }
    gate.run(&["verify"])
        .exited(0)
        .says("baseline_cp1.json is as its last entry says");
    bump(&gate, |_| {}, &[]).exited(1).says("is frozen already");
    assert_eq!(gate.read(BUMPS), bumps);
    let better = |artifact: &mut Value| artifact["metrics"]["rps"] = json!(460.0);
    bump(&gate, better, &[]).exited(0);
    assert!(gate.read(BUMPS).starts_with(&bumps), "entries are only added");
    gate.run(&["verify"]).exited(0);
}

#[test]
fn the_first_baseline_has_an_entry_too() {
    let gate = Gate::empty();
    bump(&gate, |_| {}, &[])
        .exited(0)
        .says("rps: - before, 450 after (new)");
    gate.run(&["verify"]).exited(0);
}

#[test]
fn a_changed_policy_is_frozen_by_a_bump_too() {
    let gate = Gate::new();
    bump(&gate, |_| {}, &[]).exited(0);
    gate.write_text(POLICY, &gate.read(POLICY).replace("15", "50"));
    gate.run(&["verify"])
        .exited(1)
        .says("policy_cp1.json changed without an entry");
    bump(&gate, |_| {}, &[]).exited(0);
    gate.run(&["verify"]).exited(0);
}

#[rstest]
#[case::failed(|a: &mut Value| a["run"]["ct_exit_code"] = json!(3), "its run ended with exit code 3")]
#[case::dirty(|a: &mut Value| a["env"]["tree"] = json!("dirty"), "a working tree that was dirty")]
#[case::of_another_machine(|a: &mut Value| a["env"]["cpus"] = json!("64"), "env.cpus: 2 before, 64 now")]
#[case::with_errors(|a: &mut Value| a["metrics"]["errors_total"] = json!(2), "errors_total: 2, equals 0")]
#[case::without_a_metric(
    |a: &mut Value| { a["metrics"].as_object_mut().unwrap().remove("mem_mb_total"); },
    "metrics.mem_mb_total: is missing"
)]
#[case::foreign(
    |a: &mut Value| { a.as_object_mut().unwrap().remove("schema_version"); },
    "is of another program"
)]
fn what_would_be_no_baseline_is_refused_and_nothing_is_written(
    #[case] change: fn(&mut Value),
    #[case] says: &str,
) {
    let gate = Gate::new();
    let before = gate.read(BASELINE);
    bump(&gate, change, &[]).exited(1).says(says);
    assert_eq!(gate.read(BASELINE), before);
    assert!(!gate.path(BUMPS).exists());
}

#[test]
fn another_machine_is_taken_when_it_is_meant() {
    let gate = Gate::new();
    let elsewhere = |artifact: &mut Value| artifact["env"]["cpus"] = json!("64");
    bump(&gate, elsewhere, &["--allow-env-mismatch"]).exited(0);
}

#[rstest]
#[case::what("--what")]
#[case::why("--why")]
#[case::policy("--policy-still-fits")]
fn an_empty_text_is_refused(#[case] flag: &str) {
    let gate = Gate::new();
    gate.write("artifact.json", &measured());
    let mut said = SAID;
    let at = said.iter().position(|arg| *arg == flag).unwrap();
    said[at + 1] = " \n ";
    gate.run(&[&["bump"], said.as_slice()].concat())
        .exited(2)
        .says(flag);
    assert!(!gate.path(BUMPS).exists());
}

#[test]
fn an_unknown_reason_is_wrong_usage_and_names_the_legal_ones() {
    let gate = Gate::new();
    let mut said = SAID;
    said[0] = "--reason=because";
    gate.run(&[&["bump"], said.as_slice()].concat())
        .exited(2)
        .says("intentional-trade-off, architectural-improvement, measurement-correction");
}

#[test]
fn when_one_file_cannot_be_written_the_other_is_as_it_was() {
    let gate = Gate::empty();
    // The baseline would have to lie in a directory that is a file.
    gate.write_text("blocked", "a file\n");
    let ran = bump(&gate, |_| {}, &["--baseline", "blocked/baseline_cp1.json"]);
    ran.exited(4).says("blocked/baseline_cp1.json");
    assert!(!gate.path(BUMPS).exists(), "{}", ran.said());
}
