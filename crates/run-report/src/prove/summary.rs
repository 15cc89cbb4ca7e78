//! A proof's findings as rows of tables and in words, the same in every rendering.

use super::{Breakage, CellOutcome, MagnitudeMark, Mark, ProveRule, ProveRun, StageSlowdowns};

/// Slowdowns: a row a stage and rule, a column a magnitude.
pub(super) struct SlowdownTable {
    /// Stage, rule, the magnitudes, the smallest that is caught.
    pub(super) head: Vec<String>,
    /// Likewise.
    pub(super) rows: Vec<Vec<String>>,
}

/// Breakages: a row a stage, a column a kind.
pub(super) struct BreakageTable {
    /// Stage and the kinds.
    pub(super) head: Vec<String>,
    /// Likewise; nothing where a kind means nothing at a stage.
    pub(super) rows: Vec<Vec<String>>,
}

/// What the figures of the table mean.
pub(super) const SLOWDOWN_LEGEND: &str = "timed values that went red, of those whose time passes by the stage; in brackets: not run, follows from a neighbour";

pub(super) fn slowdowns(proof: &ProveRun) -> SlowdownTable {
    let mut head = vec!["stage".to_owned(), "rule".to_owned()];
    head.extend(proof.magnitudes_ms.iter().map(|ms| magnitude(*ms)));
    head.push("smallest caught".to_owned());
    let rows = proof.slowdowns.iter().flat_map(|of_stage| {
        [ProveRule::Fixed, ProveRule::Statistical].map(|rule| slowdown_row(proof, of_stage, rule))
    });
    SlowdownTable {
        head,
        rows: rows.collect(),
    }
}

fn slowdown_row(proof: &ProveRun, of_stage: &StageSlowdowns, rule: ProveRule) -> Vec<String> {
    let mut row = vec![of_stage.stage.clone(), rule.as_str().to_owned()];
    row.extend((0..proof.magnitudes_ms.len()).map(|i| slowdown_cell(of_stage, rule, i)));
    let smallest = of_stage.smallest_caught.iter().find(|found| found.rule == rule);
    row.push(
        smallest
            .and_then(|found| found.magnitude_ms)
            .map_or_else(|| "none".to_owned(), magnitude),
    );
    row
}

fn slowdown_cell(of_stage: &StageSlowdowns, rule: ProveRule, i: usize) -> String {
    match of_stage.cells.get(i).map(|cell| cell.outcome) {
        Some(CellOutcome::NotFired) => return "not fired".to_owned(),
        Some(CellOutcome::NotRun) | None => return "not run".to_owned(),
        Some(_) => {}
    }
    let marks: Vec<Mark> = of_stage
        .tests
        .iter()
        .filter(|test| test.on_path)
        .filter_map(|test| marks_of(test, rule).get(i))
        .map(|mark| mark.mark)
        .collect();
    let caught = marks.iter().filter(|mark| mark.is_caught()).count();
    let figures = format!("{caught}/{}", marks.len());
    if marks
        .iter()
        .any(|mark| matches!(mark, Mark::Caught | Mark::Missed))
    {
        figures
    } else {
        format!("({figures})")
    }
}

fn marks_of(test: &super::TestMap, rule: ProveRule) -> &[MagnitudeMark] {
    match rule {
        ProveRule::Statistical => &test.statistical,
        _ => &test.fixed,
    }
}

pub(super) fn breakages(proof: &ProveRun) -> BreakageTable {
    let mut stages: Vec<&str> = Vec::new();
    let mut kinds: Vec<&str> = Vec::new();
    for cell in &proof.breakages {
        if !stages.contains(&cell.stage.as_str()) {
            stages.push(&cell.stage);
        }
        if !kinds.contains(&cell.kind.as_str()) {
            kinds.push(&cell.kind);
        }
    }
    let at = |stage: &str, kind: &str| {
        let cell = proof
            .breakages
            .iter()
            .find(|cell| cell.stage == stage && cell.kind == kind);
        cell.map_or_else(String::new, |cell| outcome(cell).to_owned())
    };
    let row = |stage: &&str| {
        let mut row = vec![(*stage).to_owned()];
        row.extend(kinds.iter().map(|kind| at(stage, kind)));
        row
    };
    let mut head = vec!["stage".to_owned()];
    head.extend(kinds.iter().map(|kind| (*kind).to_owned()));
    BreakageTable {
        head,
        rows: stages.iter().map(row).collect(),
    }
}

fn outcome(cell: &Breakage) -> &'static str {
    match cell.outcome {
        CellOutcome::Caught | CellOutcome::InferredCaught => "noticed",
        CellOutcome::Missed | CellOutcome::InferredMissed => "MISSED",
        CellOutcome::NotFired => "not fired",
        CellOutcome::NotRun => "not run",
    }
}

/// How often each rule went red without a fault, a sentence each.
pub(super) fn false_alarms(proof: &ProveRun) -> Vec<String> {
    let sentence = |alarms: &super::FalseAlarms| {
        let bound = alarms.upper_bound_95.map_or_else(
            || "so nothing is known of its false alarms".to_owned(),
            |bound| {
                format!(
                    "so it does in at most {:.1} % of suites (95 % upper bound)",
                    bound * 100.0
                )
            },
        );
        format!(
            "the {} rule went red in {} of {} controls without a fault, {bound}",
            alarms.rule.as_str(),
            alarms.red,
            alarms.controls
        )
    };
    proof.false_alarms.iter().map(sentence).collect()
}

/// The blind spots, a sentence each.
pub(super) fn blind_spots(proof: &ProveRun) -> Vec<String> {
    let sentence = |spot: &super::BlindSpot| match &spot.allowed {
        Some(reason) => format!("accepted: {}: {reason}", spot.in_words()),
        None => format!("NEW: {}", spot.in_words()),
    };
    proof.blind_spots.iter().map(sentence).collect()
}

/// How much was tried, in one sentence.
pub(super) fn extent(proof: &ProveRun) -> String {
    let judged = |outcome: CellOutcome| matches!(outcome, CellOutcome::Caught | CellOutcome::Missed);
    let slowed = proof.slowdowns.iter().flat_map(|of_stage| &of_stage.cells);
    let slowed = slowed.filter(|cell| judged(cell.outcome)).count();
    let broken = proof.breakages.iter().filter(|cell| judged(cell.outcome)).count();
    let time = proof
        .timing_total_s
        .map(|time| format!(" in {time:.0}"))
        .unwrap_or_default();
    format!(
        "{slowed} slowdowns and {broken} breakages fired and were judged, with {} controls between them{time}",
        proof.controls.len()
    )
}

/// What else there is to know.
pub(super) fn remarks(proof: &ProveRun) -> Vec<String> {
    let stale = proof.stale_allowances.iter().filter(|stale| !stale.fails);
    let stale = stale.map(|stale| {
        format!(
            "{} was noticed this time; if that stays so, its entry in the list of blind spots can go",
            stale.entry
        )
    });
    let idle = proof.never_red.iter().flatten();
    let idle = idle.map(|test| format!("no fault of this proof turned {test} red"));
    proof.notices.iter().cloned().chain(stale).chain(idle).collect()
}

/// The verdict with its exit code.
pub(super) fn verdict(proof: &ProveRun) -> String {
    let word = if proof.pass {
        "the guard is proven"
    } else {
        "the guard is NOT proven"
    };
    format!("{word}: {} (exit {})", proof.exit_code, proof.exit_code.code())
}

/// A sleep for people: `10 ms`, `5 s`.
pub(super) fn magnitude(ms: f64) -> String {
    if ms >= 1_000.0 {
        format!("{} s", ms / 1e3)
    } else {
        format!("{ms} ms")
    }
}
