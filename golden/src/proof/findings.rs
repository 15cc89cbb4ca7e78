//! What a proof's cells come to: the blind spots, which of them are accepted, and what the list of them has too much.
//! Pure.

use std::time::Duration;

use audio_api::fault::Stage;
use run_report::{
    BlindSpot, Breakage, CellOutcome, ProveRule, ProveRun, StageSlowdowns, TestMap, TestStatus,
};

use super::{
    GridFault,
    blind_spots::{Asked, BlindSpots},
};

/// Enters the blind spots of all cells, and the stale entries of the list.
pub(super) fn enter(run: &mut ProveRun, list: &BlindSpots) {
    let slowed: Vec<(GridFault, CellOutcome)> = run.slowdowns.iter().flat_map(faults).collect();
    let kinds: Vec<String> = slowed.iter().map(|(fault, _)| fault.kind_in_words()).collect();
    let mut found = Vec::new();
    for of_stage in &run.slowdowns {
        found.extend(of_slowdowns(of_stage, list));
    }
    found.extend(run.breakages.iter().filter_map(|cell| of_breakage(cell, list)));
    let sleeps = slowed
        .iter()
        .zip(&kinds)
        .filter(|((_, outcome), _)| is_tested(*outcome))
        .map(|((fault, _), kind)| asked(fault, kind));
    let breakages = run
        .breakages
        .iter()
        .filter(|cell| is_tested(cell.outcome))
        .filter_map(asked_of_breakage);
    let tested: Vec<Asked<'_>> = sleeps.chain(breakages).collect();
    run.stale_allowances = list.stale(&tested, &found);
    run.blind_spots = found;
}

/// Tests of correctness that were run and that no fault turned red; nothing unless all were run under every fault.
pub(super) fn never_red(breakages: &[Breakage]) -> Vec<String> {
    let mut names: Vec<&str> = Vec::new();
    let ran = |cell: &Breakage, name: &str| {
        cell.tests
            .iter()
            .any(|test| test.name == name && test.cache.is_none() && test.status != TestStatus::Skipped)
    };
    for test in breakages
        .iter()
        .flat_map(|cell| &cell.tests)
        .filter(|test| test.cache.is_none())
    {
        if !names.contains(&test.name.as_str()) && breakages.iter().any(|cell| ran(cell, &test.name)) {
            names.push(&test.name);
        }
    }
    let noticed = |name: &&str| {
        breakages
            .iter()
            .any(|cell| cell.noticed_by.iter().any(|by| by == name))
    };
    names
        .into_iter()
        .filter(|name| !noticed(name))
        .map(ToOwned::to_owned)
        .collect()
}

const fn is_tested(outcome: CellOutcome) -> bool {
    matches!(outcome, CellOutcome::Caught | CellOutcome::Missed)
}

const fn is_missed(outcome: CellOutcome) -> bool {
    matches!(outcome, CellOutcome::Missed | CellOutcome::InferredMissed)
}

fn faults(of_stage: &StageSlowdowns) -> Vec<(GridFault, CellOutcome)> {
    // The stage came from one.
    let Ok(stage) = of_stage.stage.parse::<Stage>() else {
        return Vec::new();
    };
    let cell = |cell: &run_report::SlowdownCell| {
        let time = Duration::from_secs_f64(cell.magnitude_ms / 1e3);
        (GridFault::sleep(stage, time), cell.outcome)
    };
    of_stage.cells.iter().map(cell).collect()
}

fn of_slowdowns(of_stage: &StageSlowdowns, list: &BlindSpots) -> Vec<BlindSpot> {
    let faults = faults(of_stage);
    let mut spots: Vec<BlindSpot> = faults
        .iter()
        .filter(|(_, outcome)| is_missed(*outcome))
        .map(|(fault, _)| spot(fault, (None, None), list))
        .collect();
    // However small a slowdown a rule can see, the largest of the grid has to be beyond doubt.
    if let Some((largest, outcome)) = faults.last()
        && !matches!(outcome, CellOutcome::NotFired | CellOutcome::NotRun)
    {
        for test in of_stage.tests.iter().filter(|test| test.on_path) {
            for rule in rules_blind_to_the_largest(test) {
                let name = format!("{} ({})", test.name, test.cache);
                spots.push(spot(largest, (Some(name), Some(rule)), list));
            }
        }
    }
    spots
}

fn rules_blind_to_the_largest(test: &TestMap) -> impl Iterator<Item = ProveRule> {
    let rules = [
        (ProveRule::Fixed, &test.fixed),
        (ProveRule::Statistical, &test.statistical),
    ];
    rules
        .into_iter()
        .filter(|(_, marks)| marks.last().is_none_or(|mark| !mark.mark.is_caught()))
        .map(|(rule, _)| rule)
}

fn of_breakage(cell: &Breakage, list: &BlindSpots) -> Option<BlindSpot> {
    if cell.outcome != CellOutcome::Missed {
        return None;
    }
    let asked = asked_of_breakage(cell)?;
    Some(BlindSpot {
        stage: cell.stage.clone(),
        fault: cell.fault.clone(),
        test: None,
        rule: None,
        allowed: list.reason(&asked, None, None).map(ToOwned::to_owned),
    })
}

fn asked_of_breakage(cell: &Breakage) -> Option<Asked<'_>> {
    Some(Asked {
        stage: cell.stage.parse().ok()?,
        kind: &cell.kind,
        sleep: None,
    })
}

fn asked<'a>(fault: &GridFault, kind: &'a str) -> Asked<'a> {
    Asked {
        stage: fault.stage,
        kind,
        sleep: fault.sleep_time(),
    }
}

fn spot(
    fault: &GridFault,
    (test, rule): (Option<String>, Option<ProveRule>),
    list: &BlindSpots,
) -> BlindSpot {
    let kind = fault.kind_in_words();
    let allowed = list.reason(&asked(fault, &kind), test.as_deref(), rule);
    BlindSpot {
        stage: fault.stage.to_string(),
        fault: fault.in_words(),
        allowed: allowed.map(ToOwned::to_owned),
        test,
        rule,
    }
}

#[cfg(test)]
mod tests {
    use perf_guard::CacheState;
    use run_report::{MagnitudeMark, Mark, SlowdownCell, Witness};

    use super::*;

    const MS: [f64; 2] = [10.0, 5000.0];

    fn slowdowns(outcomes: [CellOutcome; 2], fixed: [Mark; 2], statistical: [Mark; 2]) -> StageSlowdowns {
        let marks = |marks: [Mark; 2]| {
            let all = MS.into_iter().zip(marks);
            all.map(|(magnitude_ms, mark)| MagnitudeMark {
                magnitude_ms,
                mark,
                base_s: None,
                measured_s: None,
            })
            .collect()
        };
        let cells = MS.into_iter().zip(outcomes);
        StageSlowdowns {
            stage: "synth".into(),
            cells: cells
                .map(|(magnitude_ms, outcome)| SlowdownCell {
                    magnitude_ms,
                    outcome,
                    fired_total: Some(1),
                    runs: 10,
                    took_s: None,
                    note: None,
                })
                .collect(),
            tests: vec![TestMap {
                name: "test_1".into(),
                cache: CacheState::Cold,
                on_path: true,
                fixed: marks(fixed),
                statistical: marks(statistical),
            }],
            smallest_caught: Vec::new(),
        }
    }

    fn words(spots: &[BlindSpot]) -> Vec<String> {
        spots.iter().map(BlindSpot::in_words).collect()
    }

    #[test]
    fn what_nobody_notices_is_a_blind_spot_and_so_is_a_rule_that_misses_the_largest() {
        use CellOutcome::{Caught, InferredMissed, Missed};
        let none = BlindSpots::default();
        let both = [Mark::Missed, Mark::Caught];
        let small = slowdowns([Missed, Caught], both, both);
        assert_eq!(
            words(&of_slowdowns(&small, &none)),
            ["no test notices synth:sleep=10ms"]
        );
        let blind_rule = slowdowns([Caught, Caught], [Mark::InferredMissed, Mark::Missed], both);
        assert_eq!(
            words(&of_slowdowns(&blind_rule, &none)),
            ["the fixed rule does not notice in test_1 (cold) synth:sleep=5s"]
        );
        let missed = [Mark::Missed, Mark::Missed];
        let all = slowdowns([InferredMissed, Missed], missed, missed);
        assert_eq!(of_slowdowns(&all, &none).len(), 4);
    }

    #[test]
    fn a_stage_that_was_never_slowed_has_no_blind_spot_it_is_inconclusive() {
        use CellOutcome::{NotFired, NotRun};
        let unmeasured = [Mark::NotFired, Mark::NotMeasured];
        let idle = slowdowns([NotFired, NotRun], unmeasured, unmeasured);
        assert_eq!(of_slowdowns(&idle, &BlindSpots::default()), []);
    }

    #[test]
    fn an_entry_of_the_list_gives_the_reason_and_one_for_another_magnitude_does_not() {
        let list = |up_to: u32| {
            let text = format!(
                "[[blind_spot]]\nstage = \"synth\"\nkind = \"sleep\"\nup_to_ms = {up_to}\nreason = \"tiny\""
            );
            BlindSpots::parse("list", &text).unwrap()
        };
        let both = [Mark::Missed, Mark::Caught];
        let missed = slowdowns([CellOutcome::Missed, CellOutcome::Caught], both, both);
        let allowed = |list: &BlindSpots| of_slowdowns(&missed, list)[0].allowed.clone();
        assert_eq!(allowed(&list(10)).as_deref(), Some("tiny"));
        assert_eq!(allowed(&list(9)), None);
    }

    #[test]
    fn a_test_that_no_fault_turns_red_is_named() {
        let witness = |name: &str, status| Witness {
            name: name.into(),
            cache: None,
            status,
            reason: None,
        };
        let fault: GridFault = GridFault {
            stage: Stage::Store,
            kind: audio_api::fault::Kind::Drop,
        };
        let mut cell = super::super::breakage::planned(&fault);
        cell.tests = vec![
            witness("cancel", TestStatus::Failed),
            witness("job_list", TestStatus::Passed),
            witness("proxy_head_parity", TestStatus::Skipped),
        ];
        cell.noticed_by = vec!["cancel".into()];
        assert_eq!(never_red(&[cell]), ["job_list"]);
    }
}
