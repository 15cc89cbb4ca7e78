//! `gate verify`: what CI holds frozen files to.

use std::fs;

use serde_json::json;

use crate::harness::{BASELINE, BUMPS, Gate, POLICY, measured};

/// A repository whose baseline was frozen by the program, and committed.
fn frozen() -> Gate {
    let gate = Gate::empty();
    bump(&gate, 500.0);
    gate.git(&["init", "-q"]);
    commit(&gate);
    gate
}

fn bump(gate: &Gate, rps: f64) {
    let mut artifact = measured();
    artifact["metrics"]["rps"] = json!(rps);
    gate.write("artifact.json", &artifact);
    gate.run(&[
        "bump",
        "--reason=architectural-improvement",
        "--what=it",
        "--why=so",
        "--policy-still-fits=yes",
        "--artifact=artifact.json",
    ])
    .exited(0);
}

fn commit(gate: &Gate) {
    gate.git(&["add", "baselines"]);
    gate.git(&["commit", "-qm", "frozen"]);
}

#[test]
fn a_frozen_file_that_changed_alone_is_found() {
    let gate = frozen();
    gate.run(&["verify", "--against", "HEAD"]).exited(0);
    for file in [BASELINE, POLICY] {
        let before = gate.read(file);
        gate.write_text(file, &before.replacen('0', "9", 1));
        let name = file.strip_prefix("baselines/").unwrap();
        gate.run(&["verify", "--against", "HEAD"])
            .exited(1)
            .says(&format!("{name} changed without an entry"))
            .says("gate bump");
        gate.write_text(file, &before);
    }
    gate.run(&["verify"]).exited(0);
}

#[test]
fn a_bump_passes_and_an_entry_that_is_gone_or_changed_does_not() {
    let gate = frozen();
    bump(&gate, 490.0);
    gate.run(&["verify", "--against", "HEAD"]).exited(0);
    commit(&gate);
    let whole = gate.read(BUMPS);
    // The last entry still fits: without the commit before, nobody would know.
    let last = whole.rfind("\n## ").unwrap();
    let first = whole.find("\n## ").unwrap();
    gate.write_text(BUMPS, &format!("{}{}", &whole[..first], &whole[last..]));
    gate.run(&["verify"]).exited(0);
    gate.run(&["verify", "--against", "HEAD"])
        .exited(1)
        .says("lost or changed entries");
    gate.write_text(BUMPS, &whole.replacen("- why: so", "- why: never mind", 1));
    gate.run(&["verify", "--against", "HEAD"]).exited(1);
    gate.write_text(BUMPS, &whole);
    gate.run(&["verify", "--against", "HEAD"]).exited(0);
}

#[test]
fn a_frozen_file_that_is_gone_or_has_no_entry_is_found() {
    let gate = frozen();
    gate.write("baselines/baseline_cp2.json", &measured());
    gate.run(&["verify"])
        .exited(1)
        .says("baseline_cp2.json is frozen without an entry");
    fs::remove_file(gate.path("baselines/baseline_cp2.json")).unwrap();
    fs::remove_file(gate.path(BASELINE)).unwrap();
    gate.run(&["verify"]).exited(1).says("baseline_cp1.json");
}

#[test]
fn what_cannot_be_verified_is_no_pass() {
    let gate = frozen();
    gate.run(&["verify", "--against", "no-such-ref"])
        .exited(4)
        .says("--against no-such-ref");
    gate.write_text(BUMPS, "# Bumps\n");
    gate.run(&["verify"]).exited(4).says("nothing is frozen");
    gate.write_text(BUMPS, "# Bumps\n\n## an entry that says nothing\n");
    gate.run(&["verify"]).exited(1).says("an entry that says nothing");
    fs::remove_file(gate.path(BUMPS)).unwrap();
    gate.run(&["verify"])
        .exited(4)
        .says("read bumps baselines/BUMPS.md");
}

#[test]
fn the_frozen_files_of_this_repository_have_their_entries() {
    let bumps = concat!(env!("CARGO_MANIFEST_DIR"), "/../baselines/BUMPS.md");
    Gate::empty()
        .run(&["verify", "--bumps", bumps])
        .exited(0)
        .says("baseline_cp1.json is as its last entry says")
        .says("policy_cp1.json is as its last entry says");
}
