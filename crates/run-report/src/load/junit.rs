//! A load run as JUnit XML: suites of thresholds, checks, invariants, endpoints and growth, and one case for what belongs to none of
//! them, so that a file without a red case is a run that passed.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::{LoadReason, LoadReasonKind, LoadResult};
use crate::{
    Junit, RunExit,
    exporter::Exporter,
    junit::{duration, failure, skipped, verdict_of},
    soak::junit::growth,
};

impl Exporter<LoadResult> for Junit {
    fn export(&self, run: &LoadResult, out: &mut dyn Write) -> io::Result<()> {
        let mut report = Report::new("load");
        if let Some(total) = duration(run.lasted_s) {
            report.set_time(total);
        }
        report.add_test_suites([thresholds(run), checks(run), invariants(run), endpoints(run)]);
        report.add_test_suites(run.leaks.iter().map(|leaks| {
            let class = format!("load.{}", run.profile);
            growth(&class, &leaks.trends)
        }));
        // What a case shows is not said twice.
        let open = run.reasons.iter().filter(|reason| {
            matches!(
                reason.kind,
                LoadReasonKind::Ending | LoadReasonKind::Doubt | LoadReasonKind::Nothing
            ) || is_open(reason)
        });
        report.add_test_suite(verdict_of(
            open.map(|reason| (reason.exit_code, reason.text.as_str())),
        ));
        report.serialize(out).map_err(io::Error::other)
    }
}

/// What could not be judged is a skipped case, and would look like a pass without this.
fn is_open(reason: &LoadReason) -> bool {
    reason.kind == LoadReasonKind::Leak && reason.exit_code == RunExit::Inconclusive
}

fn thresholds(run: &LoadResult) -> TestSuite {
    let is_doubted = run.generator.as_ref().is_some_and(|own| !own.doubts.is_empty());
    let cases = run.thresholds.iter().map(|one| {
        let status = match (one.pass, is_doubted) {
            (true, _) => TestCaseStatus::success(),
            (false, true) => skipped("not judged: the generator doubts its own figures"),
            (false, false) => failure(NonSuccessKind::Failure, "threshold", &one.shown, &one.threshold),
        };
        (one.threshold.as_str(), status)
    });
    suite("thresholds", run, cases)
}

/// A check is judged by thresholds; one that failed and broke none shows how often it did.
fn checks(run: &LoadResult) -> TestSuite {
    let cases = run.checks.iter().map(|one| {
        let status = match (one.passed, one.failed) {
            (0, 0) => skipped("never checked"),
            (_, 0) => TestCaseStatus::success(),
            (passed, failed) => skipped(&format!(
                "failed {failed} of {} times; thresholds judge that",
                passed + failed
            )),
        };
        (one.check.as_str(), status)
    });
    suite("checks", run, cases)
}

fn invariants(run: &LoadResult) -> TestSuite {
    let cases = run.invariants.iter().map(|one| {
        let status = if one.pass {
            TestCaseStatus::success()
        } else {
            failure(NonSuccessKind::Failure, "invariant", &one.detail, "")
        };
        (one.name.as_str(), status)
    });
    suite("invariants", run, cases)
}

fn endpoints(run: &LoadResult) -> TestSuite {
    let cases = run.endpoints.iter().map(|one| {
        let status = if one.pass {
            TestCaseStatus::success()
        } else {
            failure(NonSuccessKind::Failure, "perf_regression", &one.why, "")
        };
        (one.endpoint.as_str(), status)
    });
    suite("endpoints", run, cases)
}

fn suite<'r>(
    name: &str,
    run: &LoadResult,
    cases: impl Iterator<Item = (&'r str, TestCaseStatus)>,
) -> TestSuite {
    let mut suite = TestSuite::new(name);
    suite.add_property(Property::new("profile", run.profile.as_str()));
    suite.add_property(Property::new("api_base", run.api_base.as_str()));
    suite.add_test_cases(cases.map(|(name, status)| {
        let mut case = TestCase::new(name, status);
        case.set_classname(format!("load.{}", run.profile));
        case
    }));
    suite
}
