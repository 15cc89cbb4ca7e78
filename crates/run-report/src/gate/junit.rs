//! The gate as JUnit XML. Suites: `gate` are the limits, and `run` holds one case for what belongs to none of them, so that a
//! file without a red case is a gate that passed. It shows the verdict, whatever the mode.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::{GateRow, GateRun};
use crate::{
    Junit, RunExit,
    exporter::Exporter,
    junit::{failure, skipped, verdict_of},
};

impl Exporter<GateRun> for Junit {
    fn export(&self, run: &GateRun, out: &mut dyn Write) -> io::Result<()> {
        let mut report = Report::new("gate");
        // What only follows from the limits is not said twice.
        let shown = run.verdict == RunExit::Failed
            && run.failures().next().is_some()
            && run.bad_exit_code().is_none();
        let open = run.reasons.iter().filter(|_| !shown);
        let verdict = verdict_of(open.map(|text| (run.verdict, text.as_str())));
        report.add_test_suites([limits(run), verdict]);
        report.serialize(out).map_err(io::Error::other)
    }
}

fn limits(run: &GateRun) -> TestSuite {
    let mut suite = TestSuite::new("gate");
    suite.add_property(Property::new("policy", run.policy.as_str()));
    for (name, side) in [("baseline", &run.baseline), ("candidate", &run.candidate)] {
        if let Some(side) = side {
            suite.add_property(Property::new(name, side.path.as_str()));
        }
    }
    suite.add_test_cases(run.rows.iter().map(|row| test_case(run, row)));
    suite
}

fn test_case(run: &GateRun, row: &GateRow) -> TestCase {
    let status = match row.holds {
        _ if run.bad_exit_code().is_some() => {
            skipped("the run that measured the candidate was no measurement")
        }
        Some(true) => TestCaseStatus::success(),
        Some(false) => failure(NonSuccessKind::Failure, "perf_regression", &row.to_string(), ""),
        None => skipped("not in the candidate, and the policy lets that pass"),
    };
    let mut case = TestCase::new(format!("{}: {}", row.metric, row.limit), status);
    case.set_classname("gate");
    case
}
