//! The tests of a run: what failed with its evidence, then all of them.

use perf_guard::Seconds;

use super::{
    frame::{Badge, Tone},
    shown::{Part, cut, name, sentence},
};
use crate::{
    test_result::{TestResult, TestStatus},
    words,
};

/// Failures told in full.
const MOST_FAILURES: usize = 100;
/// Lines of evidence of one failure, and characters of one line.
const MOST_LINES: usize = 60;
const LONGEST_LINE: usize = 500;
/// Rows of a table.
const MOST_ROWS: usize = 2_000;

/// A test that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) label: String,
    pub(super) reason: String,
    pub(super) job_id: Option<String>,
    pub(super) evidence: Part<String>,
}

/// A test that is not timed.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) name: String,
    pub(super) badge: Badge,
    pub(super) took: String,
    pub(super) reason: String,
}

/// A timed test in one cache state.
#[derive(Debug)]
pub(super) struct Timed {
    pub(super) name: String,
    pub(super) cache: &'static str,
    pub(super) badge: Badge,
    pub(super) complete: String,
    pub(super) first_ready: String,
    pub(super) merged_fetch: String,
    pub(super) cancel_ack: String,
    pub(super) segments: String,
    pub(super) cached: String,
    pub(super) stages: Vec<String>,
    pub(super) reason: String,
}

/// The timed tests, and the stages that any of them knows.
#[derive(Debug)]
pub(super) struct TimedTable {
    pub(super) rows: Part<Timed>,
    pub(super) stages: Vec<String>,
}

pub(super) fn failures(tests: &[TestResult]) -> Part<Failure> {
    let failed = tests.iter().filter(|test| test.status == TestStatus::Failed);
    let told = failed.map(|test| Failure {
        label: name(&test.label()),
        reason: reason(test),
        job_id: test.job_id.as_deref().map(name),
        evidence: evidence(&test.evidence),
    });
    Part::first(told.collect(), MOST_FAILURES)
}

pub(super) fn evidence(lines: &[String]) -> Part<String> {
    let lines = lines.iter().flat_map(|text| text.split('\n'));
    Part::first(lines.map(|line| cut(line, LONGEST_LINE)).collect(), MOST_LINES)
}

pub(super) fn checks(tests: &[TestResult]) -> Part<Check> {
    let untimed = tests.iter().filter(|test| test.cache.is_none());
    let rows = untimed.map(|test| Check {
        name: name(&test.name),
        badge: badge(test.status),
        took: time(test.timing_total_s),
        reason: if test.status == TestStatus::Passed {
            String::new()
        } else {
            reason(test)
        },
    });
    Part::first(rows.collect(), MOST_ROWS)
}

impl TimedTable {
    pub(super) fn of(tests: &[TestResult]) -> Self {
        let timed: Vec<&TestResult> = tests.iter().filter(|test| test.cache.is_some()).collect();
        let mut stages: Vec<&str> = timed
            .iter()
            .flat_map(|test| test.stages_ms.iter().map(|(stage, _)| stage))
            .collect();
        stages.sort_unstable();
        stages.dedup();
        stages.truncate(20);
        let rows = timed.iter().map(|test| Timed::of(test, &stages)).collect();
        Self {
            rows: Part::first(rows, MOST_ROWS),
            stages: stages.into_iter().map(name).collect(),
        }
    }
}

impl Timed {
    fn of(test: &TestResult, stages: &[&str]) -> Self {
        let share = test.cached_share;
        Self {
            name: name(&test.name),
            cache: test.cache.map_or("", |cache| cache.as_str()),
            badge: badge(test.status),
            complete: time(test.timing_submit_to_complete_s),
            first_ready: time(test.timing_first_ready_s),
            merged_fetch: time(test.timing_merged_fetch_s),
            cancel_ack: time(test.timing_cancel_ack_s),
            segments: words::segments(test),
            cached: share
                .map(|share| format!("{:.0} %", share * 100.0))
                .unwrap_or_default(),
            stages: stages
                .iter()
                .map(|stage| {
                    test.stages_ms
                        .get_ms(stage)
                        .map(words::millis)
                        .unwrap_or_default()
                })
                .collect(),
            reason: if test.status == TestStatus::Passed {
                String::new()
            } else {
                reason(test)
            },
        }
    }
}

fn reason(test: &TestResult) -> String {
    sentence(test.reason.as_deref().unwrap_or("no reason given"))
}

fn time(seconds: Option<Seconds>) -> String {
    seconds.map(words::time).unwrap_or_default()
}

fn badge(status: TestStatus) -> Badge {
    let tone = match status {
        TestStatus::Passed => Tone::Good,
        TestStatus::Failed => Tone::Bad,
        TestStatus::Skipped => Tone::Doubtful,
    };
    Badge::new(tone, status.as_str())
}
