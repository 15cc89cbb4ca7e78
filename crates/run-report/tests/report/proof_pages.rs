//! The page of a proof.

use rstest::rstest;
use run_report::{CellOutcome, Ending, HtmlReport, Mark, ProveRun};

use crate::{
    pages::{hold_to_the_rules, outline, rows_of, said},
    proofs,
};

/// A proof in which every kind of mark and outcome occurs, with a text that tries to break out.
fn of_every_kind() -> ProveRun {
    let mut proof = proofs::with_blind_spot(None);
    let marks = [Mark::Missed, Mark::NotFired, Mark::NotMeasured];
    for (mark, kind) in proof.slowdowns[0].tests[0].fixed.iter_mut().zip(marks) {
        mark.mark = kind;
    }
    let outcomes = [
        CellOutcome::InferredMissed,
        CellOutcome::NotFired,
        CellOutcome::NotRun,
    ];
    for (cell, outcome) in proof.slowdowns[0].cells.iter_mut().zip(outcomes) {
        cell.outcome = outcome;
        cell.note = Some("\"><script>alert(1)</script>".into());
    }
    proof.breakages[0].note = Some("<img src=x onerror=alert(1)>".into());
    proof.never_red = Some(vec!["<b>job_list".into()]);
    proof.settle(Ending::Completed, 0);
    proof
}

fn interrupted() -> ProveRun {
    let mut proof = proofs::proven();
    proof.slowdowns.clear();
    proof.breakages.clear();
    proof.controls.clear();
    proof.settle(Ending::Interrupted, 0);
    proof
}

#[rstest]
#[case::proven(&proofs::proven())]
#[case::blind(&proofs::with_blind_spot(None))]
#[case::accepted(&proofs::with_blind_spot(Some("a stall is not to be told from a long job")))]
#[case::false_alarm(&proofs::with_false_alarm(0))]
#[case::of_every_kind(&of_every_kind())]
#[case::interrupted(&interrupted())]
fn a_page_is_whole_safe_and_accessible(#[case] proof: &ProveRun) {
    let page = proof.to_html().unwrap();
    hold_to_the_rules(&page);
    let said = said(&page);
    assert_eq!(said.contains("Passed exit code 0"), proof.pass, "{said}");
    for reason in &proof.verdict_reasons {
        assert!(said.contains(&reason.text), "{} in {said}", reason.text);
    }
}

#[test]
fn an_empty_proof_says_that_nothing_is_proven() {
    let page = said(&interrupted().to_html().unwrap());
    assert!(page.contains("Interrupted exit code 130"), "{page}");
    assert!(
        page.contains("No fault was tested, so nothing is proven."),
        "{page}"
    );
    assert!(page.contains("There was no control."), "{page}");
}

#[test]
fn a_new_blind_spot_is_told_from_an_accepted_one() {
    let row = |allowed| {
        let page = proofs::with_blind_spot(allowed).to_html().unwrap();
        rows_of(&page, "no test notices").remove(0)
    };
    assert_eq!(
        row(None),
        ["no test notices http.playlist:error=503", "✗ new", ""]
    );
    assert_eq!(
        row(Some("known")),
        ["no test notices http.playlist:error=503", "– accepted", "known"]
    );
}

#[test]
fn the_map_says_in_words_what_its_signs_mean() {
    let page = proofs::proven().to_html().unwrap();
    let rows = rows_of(&page, "synth");
    let all = |words: &str| rows.iter().flatten().filter(|cell| cell.contains(words)).count();
    assert_eq!(
        all("noticed, inferred: 1 of 1 tests on its path noticed"),
        1,
        "{rows:?}"
    );
    assert_eq!(all("fixed rule: missed, 21.0 ms after 11.0 ms"), 1, "{rows:?}");
    assert_eq!(all("fixed rule: caught, 171 ms after 11.0 ms"), 1, "{rows:?}");
    assert_eq!(all("statistical rule: caught, inferred"), 2, "{rows:?}");
    assert!(said(&page).contains("Not on its path: synth."));
}

#[test]
fn false_alarms_stand_with_their_bound() {
    let page = proofs::proven().to_html().unwrap();
    assert_eq!(
        rows_of(&page, "statistical").last().unwrap(),
        &["statistical", "0 of 1", "95 %", "✓ no false alarm"]
    );
    let page = proofs::with_false_alarm(0).to_html().unwrap();
    let rows = rows_of(&page, "statistical");
    assert_eq!(rows.last().unwrap()[..2], ["statistical", "1 of 2"]);
    assert_eq!(rows.last().unwrap()[3], "✗ false alarms");
    assert!(said(&page).contains("test_1 (cold), statistical rule: 1.12×"));
}

#[test]
fn the_structure_of_a_page_is_this() {
    insta::assert_snapshot!("page_proven", outline(&proofs::proven().to_html().unwrap()));
}
