//! Running the tests of correctness: those that may, side by side; the others alone, one after the other.

use std::{panic::AssertUnwindSafe, time::Instant};

use audio_client::{Capability, on_behalf_of};
use futures::{FutureExt as _, StreamExt as _, stream};
use perf_guard::Seconds;
use run_report::{TestResult, TestStatus};

use super::{Board, Context, Event, Lane, Probe, Progress, Stop, TestSpec, registry};

/// A test may take as long as this many jobs, which bounds one that hangs and none that works.
const JOBS_PER_TEST: u32 = 4;

/// The tests whose names the filter takes.
pub fn selected(takes: impl Fn(&str) -> bool) -> Vec<&'static TestSpec> {
    registry().into_iter().filter(|spec| takes(spec.name)).collect()
}

/// Runs the tests and enters their results. Nothing is retried.
pub async fn run_checks(
    ctx: &Context,
    specs: &[&'static TestSpec],
    concurrency: usize,
    (board, progress): (&Board, &dyn Progress),
) {
    let in_lane = |lane| specs.iter().copied().filter(move |spec| spec.lane == lane);
    stream::iter(in_lane(Lane::Together))
        .for_each_concurrent(concurrency, |spec| run_one(ctx, spec, (board, progress)))
        .await;
    for spec in in_lane(Lane::Alone) {
        run_one(ctx, spec, (board, progress)).await;
    }
}

async fn run_one(ctx: &Context, spec: &TestSpec, (board, progress): (&Board, &dyn Progress)) {
    progress.tell(Event::Began { name: spec.name });
    let begun = Instant::now();
    let probe = Probe::new(ctx);
    let ended = match missing(ctx, spec) {
        Some(reason) => Err(Stop::Skipped(reason)),
        None => on_behalf_of(spec.name, looked_at(&probe, spec)).await,
    };
    let result = match ended {
        Ok(()) => TestResult::passed(spec.name, None),
        Err(Stop::Failed(reason)) => TestResult::failed(spec.name, None, reason),
        Err(Stop::Skipped(reason)) => TestResult::skipped(spec.name, None, reason),
    };
    let mut result = probe.complete_result(result);
    if result.status != TestStatus::Skipped {
        result.timing_total_s = Some(Seconds::from_measured(begun.elapsed()));
    }
    progress.tell(Event::Ended { result: &result });
    board.enter(result);
}

/// The test, with a look at the target right after it if it failed.
async fn looked_at(probe: &Probe<'_>, spec: &TestSpec) -> Result<(), Stop> {
    let ended = guarded(probe, spec).await;
    if let Err(Stop::Failed(_)) = &ended {
        probe.note_status().await;
    }
    ended
}

/// Neither a test that hangs nor one that panics takes the others with it.
async fn guarded(probe: &Probe<'_>, spec: &TestSpec) -> Result<(), Stop> {
    let limit = probe.ctx.job_timeout * JOBS_PER_TEST;
    match tokio::time::timeout(limit, AssertUnwindSafe((spec.run)(probe)).catch_unwind()).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(_)) => Err(Stop::Failed("the test itself panicked".to_owned())),
        Err(_) => Err(Stop::Failed(format!("the test did not end within {limit:?}"))),
    }
}

fn missing(ctx: &Context, spec: &TestSpec) -> Option<String> {
    let profile = ctx.profile();
    if let Some(capability) = spec.needs.iter().find(|capability| !profile.can(**capability)) {
        return Some(format!("target profile {} has no {capability}", profile.name));
    }
    let needs_token = spec.needs.contains(&Capability::Faults) && !ctx.client.has_faults();
    needs_token.then(|| "faults need the target's admin token, see --admin-token-env".to_owned())
}
