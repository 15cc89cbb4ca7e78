//! All timed runs, one after the other: repeat by repeat, so that a burst of noise hits one repeat of many tests and not
//! all repeats of one.

use std::{collections::BTreeMap, time::Duration};

use audio_client::on_behalf_of;
use perf_guard::{CacheState, Measurement, Samples, Seconds, StageTimes, TimedKey};
use run_report::{Metric, Repeat, TestResult};

use super::{Repeating, Run, TimedPlan, TimedTest, key_of, run_once, stages};
use crate::{
    cases::Nonce,
    suite::{Board, Context, Event, Probe, Progress, Stop},
};

/// What was timed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Session {
    /// One measurement a key, for the guard.
    pub measurements: Vec<Measurement>,
    /// Runs that should have been cold and found something cached.
    pub notices: Vec<String>,
}

/// The runs of one test in one cache state.
#[derive(Debug, Default)]
struct Track {
    runs: Vec<Run>,
    evidence: Vec<String>,
    took: Duration,
    failure: Option<Stop>,
}

type Tracks = BTreeMap<(String, CacheState), Track>;

/// Makes all timed runs and enters their results. Nothing is retried: the first failure of a test ends its repeats.
pub async fn run_timed(
    ctx: &Context,
    plan: &TimedPlan,
    repeating: &Repeating,
    (board, progress): (&Board, &dyn Progress),
) -> Session {
    for (name, cache, reason) in &plan.skipped {
        board.enter(TestResult::skipped(name.clone(), Some(*cache), reason.clone()));
    }
    let mut tracks = Tracks::new();
    for repeat in 0..plan.repeats {
        for test in &plan.tests {
            if is_over(test, plan.repeats, repeating, &tracks) {
                progress.tell(Event::Spared {
                    steps: test.states.len() as u64,
                });
                continue;
            }
            one_repeat(ctx, (test, repeat), &mut tracks, progress).await;
        }
        for test in &plan.tests {
            enter(ctx, test, &tracks, board);
        }
    }
    for test in &plan.tests {
        for cache in &test.states {
            let result = result(ctx, test, (*cache, &tracks[&(test.name.clone(), *cache)]));
            progress.tell(Event::Ended { result: &result });
        }
    }
    Session {
        measurements: measurements(ctx, plan, &tracks),
        notices: notices(&tracks),
    }
}

fn is_over(test: &TimedTest, repeats: u32, repeating: &Repeating, tracks: &Tracks) -> bool {
    let failed = |cache: &CacheState| {
        tracks
            .get(&(test.name.clone(), *cache))
            .is_some_and(|track| track.failure.is_some())
    };
    test.states.iter().any(failed) || repeating.is_over(test, repeats, |key| samples(test, key, tracks))
}

async fn one_repeat(
    ctx: &Context,
    (test, repeat): (&TimedTest, u32),
    tracks: &mut Tracks,
    progress: &dyn Progress,
) {
    let nonce = Nonce::random();
    for &cache in &test.states {
        let name = format!("{} ({cache}) {}", test.name, repeat + 1);
        progress.tell(Event::Began { name: &name });
        let timed = on_behalf_of(&name, run_once(ctx, test, &nonce)).await;
        let track = tracks.entry((test.name.clone(), cache)).or_default();
        track.took += timed.took;
        match timed.ended {
            Ok(run) => track.runs.push(run),
            Err(failed) => {
                track.evidence = failed.evidence;
                track.failure = Some(failed.stop);
            }
        }
        progress.tell(Event::Timed { name: &name });
    }
}

fn enter(ctx: &Context, test: &TimedTest, tracks: &Tracks, board: &Board) {
    for cache in &test.states {
        if let Some(track) = tracks.get(&(test.name.clone(), *cache)) {
            board.enter(result(ctx, test, (*cache, track)));
        }
    }
}

fn result(ctx: &Context, test: &TimedTest, (cache, track): (CacheState, &Track)) -> TestResult {
    let bare = match &track.failure {
        None => TestResult::passed(&*test.name, Some(cache)),
        Some(Stop::Failed(reason)) => TestResult::failed(&*test.name, Some(cache), reason.clone()),
        Some(Stop::Skipped(reason)) => TestResult::skipped(&*test.name, Some(cache), reason.clone()),
    };
    let last = track.runs.last();
    let about = Probe::new(ctx);
    if let Some(run) = last {
        about.about(&run.manifest);
    }
    let time = |metric| median(track, metric);
    TestResult {
        evidence: track.evidence.clone(),
        timing_submit_to_complete_s: time(Metric::SubmitToComplete),
        timing_first_ready_s: time(Metric::FirstReady),
        timing_merged_fetch_s: time(Metric::MergedFetch),
        timing_cancel_ack_s: time(Metric::CancelAck),
        timing_total_s: (!track.took.is_zero()).then(|| Seconds::from_measured(track.took)),
        stages_ms: StageTimes::medians(&track.runs.iter().map(all_stages).collect::<Vec<_>>())
            .rounded_to_micros(),
        repeats: track.runs.iter().map(|run| repeat(test, run)).collect(),
        ..about.complete_result(bare)
    }
}

fn repeat(test: &TimedTest, run: &Run) -> Repeat {
    let samples = run.samples.iter().map(|sample| {
        (
            key_of(&test.name, sample.metric),
            sample.seconds.rounded_to_micros(),
        )
    });
    Repeat {
        job_id: Some(run.manifest.job_id.to_string()),
        samples_s: samples.collect(),
        stages_ms: all_stages(run).rounded_to_micros(),
        cached_share: run.cached_share,
    }
}

/// The stages of a run's metrics together; those of the whole job win over those of its first segment.
fn all_stages(run: &Run) -> StageTimes {
    let whole = run
        .samples
        .iter()
        .filter(|sample| sample.metric != Metric::FirstReady);
    let mut all = StageTimes::new();
    for (name, ms) in whole.flat_map(|sample| sample.stages.iter()) {
        // It was legal where it comes from.
        let _ = all.insert(name, ms);
    }
    all
}

fn seconds_of(track: &Track, metric: Metric) -> Vec<Seconds> {
    let of_run = |run: &Run| {
        run.samples
            .iter()
            .find(|sample| sample.metric == metric)
            .map(|s| s.seconds)
    };
    track.runs.iter().filter_map(of_run).collect()
}

fn median(track: &Track, metric: Metric) -> Option<Seconds> {
    Samples::new(seconds_of(track, metric))
        .ok()
        .map(|samples| samples.median().rounded_to_micros())
}

fn samples(test: &TimedTest, key: &TimedKey, tracks: &Tracks) -> Vec<Seconds> {
    let Some(track) = tracks.get(&(test.name.clone(), key.cache)) else {
        return Vec::new();
    };
    let metric = test
        .metrics
        .iter()
        .find(|metric| key_of(&test.name, **metric) == key.test);
    metric
        .map(|metric| seconds_of(track, *metric))
        .unwrap_or_default()
}

fn measurements(ctx: &Context, plan: &TimedPlan, tracks: &Tracks) -> Vec<Measurement> {
    let mut all = Vec::new();
    for test in &plan.tests {
        for (&cache, &metric) in test
            .states
            .iter()
            .flat_map(|cache| test.metrics.iter().map(move |metric| (cache, metric)))
        {
            let Some(track) = tracks.get(&(test.name.clone(), cache)) else {
                continue;
            };
            // A test that failed has shown nothing about its time.
            if track.failure.is_none()
                && let Some(measurement) = measurement(ctx, test, (cache, metric, track))
            {
                all.push(measurement);
            }
        }
    }
    all
}

fn measurement(
    ctx: &Context,
    test: &TimedTest,
    (cache, metric, track): (CacheState, Metric, &Track),
) -> Option<Measurement> {
    let of_metric = |run: &Run| run.samples.iter().find(|sample| sample.metric == metric).cloned();
    let found: Vec<_> = track.runs.iter().filter_map(of_metric).collect();
    Some(Measurement {
        key: TimedKey::new(key_of(&test.name, metric), cache),
        samples: Samples::new(found.iter().map(|sample| sample.seconds).collect()).ok()?,
        stages: StageTimes::medians(found.iter().map(|sample| &sample.stages)),
        rounds: found.last()?.rounds,
        counters: track.runs.iter().map(|run| run.counters).reduce(stages::sum)?,
        timeout: Seconds::from_measured(ctx.job_timeout),
    })
}

fn notices(tracks: &Tracks) -> Vec<String> {
    let cold = tracks.iter().filter(|((_, cache), _)| *cache == CacheState::Cold);
    cold.filter_map(|((name, _), track)| {
        let hits = track
            .runs
            .iter()
            .filter(|run| run.cached_share.is_some_and(|share| share > 0.0))
            .count();
        (hits > 0).then(|| {
            format!(
                "{hits} of {} cold runs of {name} found segments in the cache",
                track.runs.len()
            )
        })
    })
    .collect()
}
