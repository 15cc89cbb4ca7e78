//! A soak as JUnit XML: a case for each invariant, one for each figure over time, and one for the verdict.

use std::io::{self, Write};

use perf_guard::trend::TrendVerdict;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{InvariantTally, SoakRun, SoakTrend, words};
use crate::{
    Exporter, Junit, RunExit,
    junit::{failure, skipped},
};

impl Exporter<SoakRun> for Junit {
    fn export(&self, run: &SoakRun, out: &mut dyn Write) -> io::Result<()> {
        let mut report = Report::new("soak");
        let mut invariants = TestSuite::new("invariants");
        invariants.add_test_cases(run.invariants.iter().map(|tally| case(run, tally)));
        report.add_test_suites([invariants, growth("soak.growth", &run.trends), verdict(run)]);
        report.serialize(out).map_err(io::Error::other)
    }
}

fn case(run: &SoakRun, tally: &InvariantTally) -> TestCase {
    let own = run
        .failures
        .iter()
        .filter(|failure| failure.invariant == tally.invariant);
    let texts: Vec<String> = own
        .map(|failure| format!("after {:.1} s: {}", failure.at_seconds, failure.text))
        .collect();
    let status = match (&tally.not_applicable, texts.first()) {
        (_, Some(first)) => failure(
            NonSuccessKind::Failure,
            "invariant_broken",
            first,
            &texts.join("\n"),
        ),
        (Some(why), None) => skipped(why),
        (None, None) if tally.checked == 0 => skipped("never looked at"),
        (None, None) => TestCaseStatus::success(),
    };
    let mut case = TestCase::new(tally.invariant.as_str(), status);
    case.set_classname("soak.invariants");
    case
}

/// A case for each figure over time.
pub(crate) fn growth(class: &str, trends: &[SoakTrend]) -> TestSuite {
    let mut suite = TestSuite::new("growth");
    suite.add_test_cases(trends.iter().map(|one| {
        let mut case = trend(one);
        case.set_classname(class);
        case
    }));
    suite
}

fn trend(trend: &SoakTrend) -> TestCase {
    let text = format!("{}: {}", words::slope(trend), trend.why);
    let status = match trend.verdict {
        TrendVerdict::NoLeakShown => TestCaseStatus::success(),
        TrendVerdict::Insufficient => skipped(&text),
        TrendVerdict::Leak => failure(NonSuccessKind::Failure, "leak", &text, ""),
    };
    TestCase::new(trend.figure.as_str(), status)
}

/// What no other case shows.
fn verdict(run: &SoakRun) -> TestSuite {
    let status = match run.exit_code {
        RunExit::Pass => TestCaseStatus::success(),
        RunExit::Failed => failure(
            NonSuccessKind::Failure,
            "failed",
            "the soak failed",
            &run.reasons.join("\n"),
        ),
        exit => failure(
            NonSuccessKind::Error,
            &exit.as_str().replace(' ', "_"),
            exit.as_str(),
            &run.reasons.join("\n"),
        ),
    };
    let mut case = TestCase::new("verdict", status);
    case.set_classname("soak");
    let mut suite = TestSuite::new("soak");
    suite.add_test_case(case);
    suite
}
