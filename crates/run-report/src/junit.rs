//! The run as JUnit XML. Suites: `golden` are the tests, `perf` the timed values under guard, and `run` holds one case
//! for what belongs to no test, so that a file without a red case is a passed run.

use std::{
    io::{self, Write},
    time::Duration,
};

use perf_guard::{Comparison, Seconds, Skipped};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::{
    exit::RunExit,
    exporter::Exporter,
    golden_run::GoldenRun,
    perf::PerfFailure,
    settle::ReasonKind,
    test_result::{TestResult, TestStatus},
    words,
};

/// The run as JUnit XML.
#[derive(Debug, Clone, Copy, Default)]
pub struct Junit;

impl Exporter for Junit {
    fn export(&self, run: &GoldenRun, out: &mut dyn Write) -> io::Result<()> {
        let mut report = Report::new("golden");
        if let Some(total) = duration(run.timing_total_s) {
            report.set_time(total);
        }
        report.add_test_suites([tests(run), perf(run), verdict(run)]);
        report.serialize(out).map_err(io::Error::other)
    }
}

fn tests(run: &GoldenRun) -> TestSuite {
    let mut suite = TestSuite::new("golden");
    suite.add_property(Property::new("api_base", run.api_base.as_str()));
    suite.add_property(Property::new("target", run.target.as_str()));
    suite.add_property(Property::new("settings_digest", run.settings_digest.as_str()));
    suite.add_test_cases(run.tests.iter().map(test_case));
    suite
}

fn test_case(test: &TestResult) -> TestCase {
    let reason = test.reason.as_deref().unwrap_or("no reason given");
    let status = match test.status {
        TestStatus::Passed => TestCaseStatus::success(),
        TestStatus::Skipped => skipped(reason),
        TestStatus::Failed => failure(
            NonSuccessKind::Failure,
            "assertion",
            reason,
            &test.evidence.join("\n"),
        ),
    };
    let mut case = TestCase::new(test.label(), status);
    case.set_classname("golden");
    if let Some(time) = duration(test.timing_total_s.or(test.timing_submit_to_complete_s)) {
        case.set_time(time);
    }
    case
}

fn perf(run: &GoldenRun) -> TestSuite {
    let mut suite = TestSuite::new("perf");
    for check in &run.perf_checks {
        let failed = run
            .perf_failures
            .iter()
            .find(|f| f.name == check.name && f.cache == check.cache);
        suite.add_test_case(perf_case(check, failed));
    }
    for Skipped { name, cache, reason } in &run.perf_skipped {
        let status = if run.is_strict() {
            failure(NonSuccessKind::Failure, "missing_baseline", reason, "")
        } else {
            skipped(reason)
        };
        suite.add_test_case(named(&format!("{name} ({cache})"), status));
    }
    for extra in &run.perf_extra {
        let reason = "in the baseline, not measured by this run";
        let status = if run.is_strict() {
            failure(NonSuccessKind::Failure, "not_measured", reason, "")
        } else {
            skipped(reason)
        };
        suite.add_test_case(named(&format!("{} ({})", extra.name, extra.cache), status));
    }
    suite
}

fn perf_case(check: &Comparison, failed: Option<&PerfFailure>) -> TestCase {
    let status = failed.map_or_else(TestCaseStatus::success, |found| {
        let explanation = words::explanation(&found.explain);
        failure(
            NonSuccessKind::Failure,
            "perf_regression",
            &words::figures(found),
            &explanation,
        )
    });
    let mut case = named(&format!("{} ({})", check.name, check.cache), status);
    if let Some(time) = duration(Some(check.measured_s)) {
        case.set_time(time);
    }
    case
}

fn named(name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname("perf");
    case
}

/// What no other case shows: how the run ended, whether the target came to rest, whether anything was judged at all.
fn verdict(run: &GoldenRun) -> TestSuite {
    // A strict baseline shows on the timed values themselves.
    let open = run
        .reasons_beyond_findings()
        .filter(|reason| reason.kind != ReasonKind::StrictBaseline);
    verdict_of(open.map(|reason| (reason.exit_code, reason.text.as_str())))
}

/// The suite of the one case `verdict`: it fails as the worst of the reasons does, and passes without any.
pub(crate) fn verdict_of<'r>(reasons: impl Iterator<Item = (RunExit, &'r str)>) -> TestSuite {
    let open: Vec<_> = reasons.collect();
    let status = match open.iter().max_by_key(|(exit_code, _)| *exit_code) {
        None => TestCaseStatus::success(),
        Some((exit_code, text)) => {
            let (kind, name) = match exit_code {
                RunExit::Failed => (NonSuccessKind::Failure, "assertion"),
                RunExit::Inconclusive => (NonSuccessKind::Error, "inconclusive"),
                RunExit::Interrupted => (NonSuccessKind::Error, "interrupted"),
                _ => (NonSuccessKind::Error, "could_not_run"),
            };
            let all: Vec<&str> = open.iter().map(|(_, text)| *text).collect();
            failure(kind, name, text, &all.join("\n"))
        }
    };
    let mut case = TestCase::new("verdict", status);
    case.set_classname("run");
    let mut suite = TestSuite::new("run");
    suite.add_test_case(case);
    suite
}

pub(crate) fn failure(kind: NonSuccessKind, name: &str, message: &str, description: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(name).set_message(message);
    if !description.is_empty() {
        status.set_description(description);
    }
    status
}

pub(crate) fn skipped(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(reason);
    status
}

pub(crate) fn duration(seconds: Option<Seconds>) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds?.as_secs_f64()).ok()
}
