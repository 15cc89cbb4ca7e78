//! One fault that breaks, against the tests of correctness; and the same tests without a fault.

use std::time::{Duration, Instant};

use audio_api::fault::Kind;
use perf_guard::Seconds;
use run_report::{
    Alarm, Breakage, CellOutcome, Control, ControlKind, ProveRule, TestResult, TestStatus, Witness,
};

use super::{GridFault, noticing::FirstNotice, place::Place};
use crate::{
    run::cancel_own_jobs,
    suite::{Board, Context, Progress, Silent, TestSpec, run_checks},
};

/// Tests that already run when the first one notices may still say what they see.
const GRACE: Duration = Duration::from_millis(250);

/// The test that looks for leaks.
const LOOKS_FOR_LEAKS: &str = "memory_growth";

/// How the tests are run under each fault.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checking<'a> {
    /// The tests.
    pub(super) checks: &'a [&'static TestSpec],
    /// How many at once.
    pub(super) concurrency: usize,
    /// The longest that a job, and any request, may take.
    pub(super) job_timeout: Duration,
    /// Whether all tests are run, or no more once one has noticed.
    pub(super) until: Until,
}

/// How far the tests go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// Until one fails.
    FirstNotice,
    /// To the end.
    TheEnd,
}

/// Runs the tests under a fault on a server that has no other.
pub(super) async fn under_fault(place: &Place<'_>, fault: &GridFault, how: Checking<'_>) -> Breakage {
    let began = Instant::now();
    let mut cell = planned(fault);
    if let Err(error) = place.set(fault).await {
        cell.note = Some(format!("it could not be set: {}", error.in_words()));
        return cell;
    }
    let ctx = place.context(how.job_timeout);
    let results = run_likeliest_first(&ctx, fault, how).await;
    let lifted = place.lift().await;
    cell.server_ended = place.has_ended().await;
    if !cell.server_ended {
        cancel_own_jobs(&ctx).await;
    }
    cell.fired_total = lifted.as_ref().ok().copied().flatten();
    cell.tests = witnesses(results);
    cell.noticed_by = noticed_by(&cell.tests);
    cell.note = match lifted {
        Err(error) if !cell.server_ended => {
            Some(format!("whether it fired is not known: {}", error.in_words()))
        }
        _ => None,
    };
    cell.outcome = outcome(&cell, fault);
    cell.took_s = Some(Seconds::from_measured(began.elapsed()).rounded_to_micros());
    cell
}

/// A cell whose turn has not come.
pub(super) fn planned(fault: &GridFault) -> Breakage {
    Breakage {
        stage: fault.stage.to_string(),
        kind: fault.kind_in_words(),
        fault: fault.in_words(),
        outcome: CellOutcome::NotRun,
        fired_total: None,
        server_ended: false,
        tests: Vec::new(),
        noticed_by: Vec::new(),
        took_s: None,
        note: None,
    }
}

/// A server that ended took its counters with it; that it ended is what the crash was to bring about, and nothing else
/// could have.
pub(super) fn outcome(cell: &Breakage, fault: &GridFault) -> CellOutcome {
    let fired = match cell.fired_total {
        Some(times) => times > 0,
        None if cell.server_ended && fault.ends_the_process() => true,
        None => return CellOutcome::NotRun,
    };
    match (fired, cell.noticed_by.is_empty()) {
        (false, _) => CellOutcome::NotFired,
        (true, false) => CellOutcome::Caught,
        (true, true) => CellOutcome::Missed,
    }
}

/// Runs the tests without a fault; each that fails is a false alarm.
pub(super) async fn control(place: &Place<'_>, after: Option<String>, how: Checking<'_>) -> Control {
    let began = Instant::now();
    let how = Checking {
        until: Until::TheEnd,
        ..how
    };
    let results = run(&place.context(how.job_timeout), how).await;
    let judged = results
        .iter()
        .filter(|result| result.status != TestStatus::Skipped)
        .count();
    let alarm = |result: TestResult| Alarm {
        rule: ProveRule::Correctness,
        test: result.label(),
        reason: result.reason.unwrap_or_default(),
    };
    let failed = results
        .into_iter()
        .filter(|result| result.status == TestStatus::Failed);
    Control {
        kind: ControlKind::Correctness,
        after,
        judged,
        alarms: failed.map(alarm).collect(),
        took_s: Some(Seconds::from_measured(began.elapsed()).rounded_to_micros()),
    }
}

/// A test that looks for just this comes before the many that do not, as long as one that notices is enough.
async fn run_likeliest_first(ctx: &Context, fault: &GridFault, how: Checking<'_>) -> Vec<TestResult> {
    let looks_for_it =
        |spec: &TestSpec| matches!(fault.kind, Kind::LeakBytesPerS(_)) && spec.name == LOOKS_FOR_LEAKS;
    let (likely, others): (Vec<_>, Vec<_>) = how.checks.iter().copied().partition(|spec| looks_for_it(spec));
    if likely.is_empty() || how.until == Until::TheEnd {
        return run(ctx, how).await;
    }
    let some = |checks| Checking { checks, ..how };
    let mut results = run(ctx, some(&likely)).await;
    if !results.iter().any(|result| result.status == TestStatus::Failed) {
        results.extend(run(ctx, some(&others)).await);
    }
    results
}

async fn run(ctx: &Context, how: Checking<'_>) -> Vec<TestResult> {
    let board = Board::new(how.checks.iter().map(|spec| (spec.name.to_owned(), None)));
    let first = FirstNotice::default();
    let progress: &dyn Progress = match how.until {
        Until::FirstNotice => &first,
        Until::TheEnd => &Silent,
    };
    let all = run_checks(ctx, how.checks, how.concurrency, (&board, progress));
    let noticed = async {
        first.notice().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! { () = all => {}, () = noticed => {} }
    board.results("not run: another test had noticed already")
}

fn witnesses(results: Vec<TestResult>) -> Vec<Witness> {
    let all = results.into_iter().map(|result| Witness {
        name: result.name,
        cache: result.cache,
        status: result.status,
        reason: result.reason,
    });
    all.collect()
}

fn noticed_by(tests: &[Witness]) -> Vec<String> {
    let failed = tests.iter().filter(|test| test.status == TestStatus::Failed);
    failed.map(|test| test.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use audio_api::fault::Stage;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::fired_and_noticed(Some(3), false, true, CellOutcome::Caught)]
    #[case::fired_and_not_noticed(Some(3), false, false, CellOutcome::Missed)]
    #[case::noticed_but_never_fired(Some(0), false, true, CellOutcome::NotFired)]
    #[case::nobody_can_say(None, false, true, CellOutcome::NotRun)]
    #[case::crashed(None, true, true, CellOutcome::Caught)]
    fn a_fault_counts_as_tested_only_if_it_fired(
        #[case] fired_total: Option<u64>,
        #[case] server_ended: bool,
        #[case] noticed: bool,
        #[case] expected: CellOutcome,
    ) {
        let fault = GridFault {
            stage: Stage::HttpJob,
            kind: Kind::Crash,
        };
        let cell = Breakage {
            fired_total,
            server_ended,
            noticed_by: if noticed { vec!["cancel".into()] } else { vec![] },
            ..planned(&fault)
        };
        assert_eq!(outcome(&cell, &fault), expected);
    }

    #[test]
    fn a_server_that_dies_of_a_fault_that_kills_nobody_proves_nothing() {
        let fault = GridFault {
            stage: Stage::Worker,
            kind: Kind::Crash,
        };
        let cell = Breakage {
            server_ended: true,
            noticed_by: vec!["cancel".into()],
            ..planned(&fault)
        };
        assert_eq!(outcome(&cell, &fault), CellOutcome::NotRun);
    }
}
