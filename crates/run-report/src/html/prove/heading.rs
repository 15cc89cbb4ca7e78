//! What stands at the head of a proof's page: the verdict with its reasons, the figures, what ran.

use super::{
    super::{
        frame::{Fact, Figure, Frame, Tone, commit, facts, machine, reasons},
        shown::{name, sentence},
    },
    MOST,
};
use crate::{
    prove::{CellOutcome, ProveRun},
    words,
};

pub(super) fn frame(run: &ProveRun) -> Frame {
    Frame {
        kind: "Proof of the guard",
        subject: name(&format!("{}, {} extent", run.target, run.extent.as_str())),
        exit: run.exit_code,
        summary: summary(run),
        reasons: reasons(
            run.verdict_reasons
                .iter()
                .map(|reason| (reason.exit_code, reason.text.as_str())),
        ),
        notices: run.notices.iter().take(MOST).map(|text| sentence(text)).collect(),
        figures: figures(run),
        facts: what_ran(run),
        sections: Vec::new(),
        source: format!("prove.json, schema version {}", run.schema_version),
    }
}

/// Outcomes of all cells, those that break included.
fn outcomes(run: &ProveRun) -> impl Iterator<Item = CellOutcome> {
    let slowdowns = run
        .slowdowns
        .iter()
        .flat_map(|stage| stage.cells.iter().map(|cell| cell.outcome));
    slowdowns.chain(run.breakages.iter().map(|cell| cell.outcome))
}

fn summary(run: &ProveRun) -> String {
    let count = |outcome| outcomes(run).filter(|found| *found == outcome).count();
    let (caught, missed) = (count(CellOutcome::Caught), count(CellOutcome::Missed));
    if caught + missed == 0 {
        return "No fault was tested, so nothing is proven.".to_owned();
    }
    let inferred = count(CellOutcome::InferredCaught) + count(CellOutcome::InferredMissed);
    let idle = count(CellOutcome::NotFired) + count(CellOutcome::NotRun);
    format!(
        "{} faults were injected: {caught} were noticed and {missed} were not; {inferred} more follow from these, {idle} \
         were not tested.",
        caught + missed
    )
}

fn figures(run: &ProveRun) -> Vec<Figure> {
    let count = |outcome| outcomes(run).filter(|found| *found == outcome).count();
    let (new, allowed) = (
        run.blind_spots
            .iter()
            .filter(|spot| spot.allowed.is_none())
            .count(),
        run.blind_spots
            .iter()
            .filter(|spot| spot.allowed.is_some())
            .count(),
    );
    let red: u64 = run.false_alarms.iter().map(|alarms| alarms.red).sum();
    let bound = run
        .false_alarms
        .iter()
        .filter_map(|alarms| alarms.upper_bound_95)
        .reduce(f64::max);
    let figure = |name, value: String, tone| Figure { name, value, tone };
    let bad_if = |bad: bool, known: bool| match (bad, known) {
        (true, _) => Tone::Bad,
        (false, true) => Tone::Good,
        (false, false) => Tone::Doubtful,
    };
    let tested = count(CellOutcome::Caught) + count(CellOutcome::Missed);
    let mut figures = vec![
        figure(
            "faults noticed",
            format!("{} of {tested}", count(CellOutcome::Caught)),
            Tone::Plain,
        ),
        figure("new blind spots", new.to_string(), bad_if(new > 0, tested > 0)),
        figure("accepted blind spots", allowed.to_string(), Tone::Plain),
        figure("false alarms", red.to_string(), bad_if(red > 0, bound.is_some())),
    ];
    figures.extend(bound.map(|bound| {
        figure(
            "95 % bound on false alarms a suite, worst rule",
            words::percent(bound),
            Tone::Plain,
        )
    }));
    figures.extend(
        run.timing_total_s
            .map(|total| figure("wall time", words::time(total), Tone::Plain)),
    );
    figures
}

fn what_ran(run: &ProveRun) -> Vec<Fact> {
    let fixed = &run.fixed_rule;
    let sleeps: Vec<String> = run.magnitudes_ms.iter().map(|ms| words::sleep(*ms)).collect();
    facts([
        ("Target", Some(name(&run.target))),
        ("Server", Some(name(&run.api_base))),
        (
            "Server version",
            run.environment.server_version.as_deref().map(name),
        ),
        ("Voice cost", run.voice_cost.as_deref().map(name)),
        ("Suite version", Some(name(&run.suite_version))),
        ("Commit", commit(run.git_commit.as_deref(), run.git_dirty)),
        ("Started", Some(words::moment(run.started_at))),
        ("Ended", run.finished_at.map(words::moment)),
        ("Machine", Some(machine(&run.environment))),
        ("Extent", Some(run.extent.as_str().to_owned())),
        ("Slowdowns", Some(name(&sleeps.join(", ")))),
        (
            "Fixed rule",
            Some(format!(
                "{} repeats against {} runs of the baseline",
                fixed.repeats, fixed.baseline_runs
            )),
        ),
        (
            "Limits",
            Some(
                fixed
                    .limits_from
                    .as_deref()
                    .map_or_else(|| "built in".to_owned(), name),
            ),
        ),
        ("Rules put to the test", Some(rules(run))),
    ])
}

fn rules(run: &ProveRun) -> String {
    let rules: Vec<&str> = run
        .false_alarms
        .iter()
        .map(|alarms| alarms.rule.as_str())
        .collect();
    rules.join(", ")
}
