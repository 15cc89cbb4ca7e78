//! A comparison as JUnit XML. Suites: `compare` are the timed values, and `run` holds one case for what belongs to none of
//! them, so that a file without a red case is a comparison that passed.

use std::io::{self, Write};

use perf_guard::comparison::PairedVerdict;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::{CompareReasonKind, CompareRun, ComparedTest, words};
use crate::{
    Junit,
    exporter::Exporter,
    junit::{duration, failure, verdict_of},
};

impl Exporter<CompareRun> for Junit {
    fn export(&self, run: &CompareRun, out: &mut dyn Write) -> io::Result<()> {
        let mut report = Report::new("compare");
        if let Some(total) = duration(run.timing_total_s) {
            report.set_time(total);
        }
        report.add_test_suites([compared(run), verdict(run)]);
        report.serialize(out).map_err(io::Error::other)
    }
}

fn compared(run: &CompareRun) -> TestSuite {
    let mut suite = TestSuite::new("compare");
    suite.add_property(Property::new("base", run.base.given.as_str()));
    suite.add_property(Property::new("head", run.head.given.as_str()));
    suite.add_property(Property::new("method", words::method(run).as_str()));
    suite.add_test_cases(run.tests.iter().map(|test| test_case(run, test)));
    suite
}

fn test_case(run: &CompareRun, test: &ComparedTest) -> TestCase {
    let status = match test.verdict {
        PairedVerdict::Improved | PairedVerdict::NotShown => TestCaseStatus::success(),
        PairedVerdict::Regressed => failure(
            NonSuccessKind::Failure,
            "perf_regression",
            &words::figures(test),
            &words::explanation(test).unwrap_or_default(),
        ),
        PairedVerdict::Insufficient => {
            let missing = test.shortage.map(words::shortage).unwrap_or_default();
            let failures = run
                .failures
                .iter()
                .filter(|f| test.name.split('.').next() == Some(&f.test));
            let failures: Vec<String> = failures.map(|f| format!("{}: {}", f.arm, f.reason)).collect();
            failure(
                NonSuccessKind::Error,
                "insufficient",
                &missing,
                &failures.join("\n"),
            )
        }
    };
    let mut case = TestCase::new(test.label(), status);
    case.set_classname("compare");
    if let Some(time) = duration(test.head_median_s) {
        case.set_time(time);
    }
    case
}

fn verdict(run: &CompareRun) -> TestSuite {
    // What a timed value shows is not said twice.
    let open = run.verdict_reasons.iter().filter(|reason| match reason.kind {
        CompareReasonKind::Regressed => false,
        CompareReasonKind::Insufficient => run.tests.is_empty(),
        CompareReasonKind::Ending | CompareReasonKind::NotAtRest => true,
    });
    verdict_of(open.map(|reason| (reason.exit_code, reason.text.as_str())))
}
