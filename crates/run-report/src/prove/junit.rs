//! A proof as JUnit XML: a case for each fault, for each control, and for what is left to say.

use std::{
    io::{self, Write},
    time::Duration,
};

use perf_guard::Seconds;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{CellOutcome, ProveRun, summary};
use crate::Exporter;

/// The proof as JUnit XML.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProveJunit;

impl Exporter<ProveRun> for ProveJunit {
    fn export(&self, proof: &ProveRun, out: &mut dyn Write) -> io::Result<()> {
        let mut report = Report::new("prove");
        if let Some(total) = duration(proof.timing_total_s) {
            report.set_time(total);
        }
        report.add_test_suites([
            slowdowns(proof),
            breakages(proof),
            controls(proof),
            verdict(proof),
        ]);
        report.serialize(out).map_err(io::Error::other)
    }
}

fn slowdowns(proof: &ProveRun) -> TestSuite {
    let mut suite = TestSuite::new("slowdowns");
    for of_stage in &proof.slowdowns {
        for cell in &of_stage.cells {
            let fault = format!("{}:sleep={}ms", of_stage.stage, cell.magnitude_ms);
            let status = status(proof, &fault, cell.outcome, cell.note.as_deref());
            suite.add_test_case(case(&fault, "slowdowns", status, cell.took_s));
        }
    }
    suite
}

fn breakages(proof: &ProveRun) -> TestSuite {
    let mut suite = TestSuite::new("breakages");
    for cell in &proof.breakages {
        let status = status(proof, &cell.fault, cell.outcome, cell.note.as_deref());
        suite.add_test_case(case(&cell.fault, "breakages", status, cell.took_s));
    }
    suite
}

/// A blind spot that is accepted is skipped, never passed.
fn status(proof: &ProveRun, fault: &str, outcome: CellOutcome, note: Option<&str>) -> TestCaseStatus {
    let note = note.unwrap_or("");
    match outcome {
        CellOutcome::Caught | CellOutcome::InferredCaught => TestCaseStatus::success(),
        CellOutcome::Missed | CellOutcome::InferredMissed => {
            let accepted = proof
                .blind_spots
                .iter()
                .filter(|spot| spot.test.is_none() && spot.rule.is_none() && spot.is_about(fault))
                .find_map(|spot| spot.allowed.as_deref());
            match accepted {
                Some(reason) => skipped(reason),
                None => failure(NonSuccessKind::Failure, "blind_spot", "no test notices it"),
            }
        }
        CellOutcome::NotFired => failure(NonSuccessKind::Error, "not_fired", "the fault never fired"),
        CellOutcome::NotRun => failure(NonSuccessKind::Error, "not_run", note),
    }
}

fn controls(proof: &ProveRun) -> TestSuite {
    let mut suite = TestSuite::new("controls");
    for (i, control) in proof.controls.iter().enumerate() {
        let alarms: Vec<String> = control
            .alarms
            .iter()
            .map(|alarm| format!("{} rule: {}: {}", alarm.rule.as_str(), alarm.test, alarm.reason))
            .collect();
        let status = if alarms.is_empty() {
            TestCaseStatus::success()
        } else {
            failure(NonSuccessKind::Failure, "false_alarm", &alarms.join("\n"))
        };
        let after = control.after.as_deref().unwrap_or("the start");
        let name = format!("{:?} control {} after {after}", control.kind, i + 1);
        suite.add_test_case(case(&name, "controls", status, control.took_s));
    }
    suite
}

fn verdict(proof: &ProveRun) -> TestSuite {
    let reasons: Vec<&str> = proof
        .verdict_reasons
        .iter()
        .map(|reason| reason.text.as_str())
        .collect();
    let status = if proof.pass {
        TestCaseStatus::success()
    } else {
        let mut status = failure(NonSuccessKind::Failure, "verdict", &summary::verdict(proof));
        status.set_description(reasons.join("\n"));
        status
    };
    let mut suite = TestSuite::new("proof");
    suite.add_test_case(case("verdict", "proof", status, proof.timing_total_s));
    suite
}

fn case(name: &str, class: &str, status: TestCaseStatus, time: Option<Seconds>) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    if let Some(time) = duration(time) {
        case.set_time(time);
    }
    case
}

fn failure(kind: NonSuccessKind, name: &str, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(name).set_message(message);
    status
}

fn skipped(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(reason);
    status
}

fn duration(seconds: Option<Seconds>) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds?.as_secs_f64()).ok()
}
