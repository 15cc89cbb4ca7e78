//! Many runs as JUnit XML: a suite a phase, a case for everything that passes or fails, and one for the verdict.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{FlakeRun, PhaseResult, Rate, Subject, terminal::in_words};
use crate::{
    Junit, RunExit,
    junit::{failure, skipped},
};

impl Junit {
    /// All phases.
    ///
    /// # Errors
    /// What the writer reports.
    pub fn export_flake(&self, run: &FlakeRun, out: &mut dyn Write) -> io::Result<()> {
        let mut report = Report::new("flake");
        report.add_test_suites(run.phases.iter().map(|result| suite(run, result)));
        report.add_test_suite(verdict(run));
        report.serialize(out).map_err(io::Error::other)
    }
}

fn suite(run: &FlakeRun, result: &PhaseResult) -> TestSuite {
    let mut suite = TestSuite::new(result.phase.as_str());
    suite.add_test_cases(result.rates.iter().map(|rate| {
        let status = match (rate.failed, rate.counted()) {
            (0, 0) => skipped("skipped in every run"),
            (0, _) => TestCaseStatus::success(),
            _ => failure(
                NonSuccessKind::Failure,
                "flaked",
                &in_words(rate),
                &all_failures(run, result, rate),
            ),
        };
        let name = match rate.subject {
            Subject::Time => format!("{}, time", rate.label()),
            Subject::Test | Subject::Run => rate.label(),
        };
        let mut case = TestCase::new(name, status);
        case.set_classname(result.phase.as_str());
        case
    }));
    suite
}

fn all_failures(run: &FlakeRun, result: &PhaseResult, rate: &Rate) -> String {
    let label = rate.label();
    let own = run.failures.iter().filter(|failure| {
        failure.phase == result.phase && failure.subject == rate.subject && failure.name == label
    });
    own.map(|failure| format!("run {}: {}\n", failure.run, failure.reason))
        .collect()
}

/// What no other case shows: too few runs, or none at all.
fn verdict(run: &FlakeRun) -> TestSuite {
    let status = match run.exit_code {
        // Each failure shows on its own case.
        RunExit::Pass | RunExit::Failed => TestCaseStatus::success(),
        exit => failure(
            NonSuccessKind::Error,
            &exit.as_str().replace(' ', "_"),
            exit.as_str(),
            &run.reasons.join("\n"),
        ),
    };
    let mut case = TestCase::new("verdict", status);
    case.set_classname("flake");
    let mut suite = TestSuite::new("flake");
    suite.add_test_case(case);
    suite
}
