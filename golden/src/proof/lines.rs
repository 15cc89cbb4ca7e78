//! What is said of one cell or control when it is over.

use run_report::{Breakage, CellOutcome, Control};

use super::{
    GridFault,
    stage_search::{Depth, Probed},
};

pub(super) fn probed_line(fault: &GridFault, probed: &Probed) -> String {
    let took = probed.took.as_secs_f64();
    let fault = fault.in_words();
    match (&probed.seen, probed.fired_total) {
        (Err(why), _) => format!("{fault}: not tested: {why} ({took:.1} s)"),
        (Ok(_), Some(0)) => format!("{fault}: never fired ({took:.1} s)"),
        (Ok(_), None) => format!("{fault}: whether it fired is not known ({took:.1} s)"),
        (Ok(seen), Some(_)) => {
            let fixed = seen.iter().filter(|one| one.fixed.caught).count();
            let statistical = seen
                .iter()
                .filter(|one| one.statistical.is_some_and(|sight| sight.caught));
            let by_statistics = match probed.depth {
                Depth::Fixed => String::new(),
                Depth::Statistical => format!(", {} by the statistical", statistical.count()),
            };
            let values = seen.len();
            format!(
                "{fault}: {fixed} of {values} timed values red by the fixed rule{by_statistics} ({took:.1} s)"
            )
        }
    }
}

pub(super) fn breakage_line(cell: &Breakage) -> String {
    let took = cell
        .took_s
        .map(|took| format!(" ({took:.1})"))
        .unwrap_or_default();
    let fault = &cell.fault;
    match cell.outcome {
        CellOutcome::Caught => format!("{fault}: noticed by {}{took}", cell.noticed_by.join(", ")),
        CellOutcome::Missed => format!("{fault}: no test of correctness noticed{took}"),
        CellOutcome::NotFired => format!("{fault}: never fired{took}"),
        _ => format!(
            "{fault}: not tested: {}{took}",
            cell.note.as_deref().unwrap_or("no reason known")
        ),
    }
}

pub(super) fn control_line(what: &str, control: &Control) -> String {
    let took = control
        .took_s
        .map(|took| format!(" ({took:.1})"))
        .unwrap_or_default();
    let (red, judged) = (control.alarms.len(), control.judged);
    let alarms: Vec<String> = control
        .alarms
        .iter()
        .map(|alarm| {
            format!(
                "\n    FALSE ALARM by the {} rule: {}: {}",
                alarm.rule.as_str(),
                alarm.test,
                alarm.reason
            )
        })
        .collect();
    format!("control: {judged} {what}, {red} red{took}{}", alarms.concat())
}
