//! One timed run: a job from its submit to its merged audio, or to its cancel.

use std::time::{Duration, Instant};

use audio_api::{JobId, JobStatus, Manifest, SegmentManifest, SegmentStatus, StatusSnapshot, SubmitRequest};
use audio_client::{Capability, Fetch, Outcome, PollPace, Reply, Until, WaitEnd};
use perf_guard::{CounterDeltas, Rounds, Seconds, StageTimes, stage};
use run_report::Metric;

use super::{
    TimedTest, key_of,
    stages::{self, ClientSide},
};
use crate::{
    cases::Case,
    suite::{Probe, Stop, cached_share, ensure, is_complete},
};

/// One measured time with what explains it.
#[derive(Debug, Clone)]
pub struct Sample {
    /// What was timed.
    pub metric: Metric,
    /// The time.
    pub seconds: Seconds,
    /// Where it went.
    pub stages: StageTimes,
    /// How often stages of a segment count into it.
    pub rounds: Rounds,
}

/// One timed run.
#[derive(Debug, Clone)]
pub struct Run {
    /// The job, as it was at the end.
    pub manifest: Manifest,
    /// One sample a metric.
    pub samples: Vec<Sample>,
    /// Change of the server's counters.
    pub counters: CounterDeltas,
    /// Share of segments that the server took from its cache.
    pub cached_share: Option<f64>,
}

/// Makes one run.
pub(super) async fn run(probe: &Probe<'_>, test: &TimedTest, request: &SubmitRequest) -> Result<Run, Stop> {
    let before = counters(probe).await?;
    let mut run = if test.is_cancel() {
        run_to_cancel(probe, request).await?
    } else if test.is_reading() {
        read(probe, test, request).await?
    } else {
        run_to_audio(probe, test, (request, before.as_ref())).await?
    };
    let after = counters(probe).await?;
    run.counters = stages::deltas(before.as_ref(), after.as_ref());
    Ok(run)
}

async fn counters(probe: &Probe<'_>) -> Result<Option<StatusSnapshot>, Stop> {
    if !probe.profile().can(Capability::Status) {
        return Ok(None);
    }
    Ok(Some(probe.client().status().await?.done()?.value))
}

async fn run_to_audio(
    probe: &Probe<'_>,
    test: &TimedTest,
    (request, before): (&SubmitRequest, Option<&StatusSnapshot>),
) -> Result<Run, Stop> {
    let names = |metrics: &[Metric]| -> Vec<String> {
        metrics.iter().map(|metric| key_of(&test.name, *metric)).collect()
    };
    let limits = &probe.ctx.limits;
    let limit = limits.of_all(names(&[Metric::SubmitToComplete, Metric::FirstReady]));
    let times = follow(probe, request, limit).await?;
    let manifest = times.manifest;
    probe.about(&manifest);
    let count = manifest.segments_total;
    if times.end == WaitEnd::Reached {
        is_complete(&manifest)?;
        is_of_case(probe.case_or_fail(&test.case)?, &manifest)?;
    }
    let workers = before
        .and_then(|status| u32::try_from(status.workers_online).ok())
        .unwrap_or(0);
    let mut samples = vec![
        Sample {
            metric: Metric::SubmitToComplete,
            seconds: Seconds::from_measured(times.complete),
            stages: stages::of_job(&times.client, &manifest),
            rounds: Rounds::new(count, workers).unwrap_or(Rounds::ONE),
        },
        Sample {
            metric: Metric::FirstReady,
            seconds: Seconds::from_measured(times.first_ready),
            stages: stages::of_first(&times.client, times.first.as_ref()),
            rounds: Rounds::ONE,
        },
    ];
    if times.end == WaitEnd::TimedOut {
        // Nobody waits for it any more; one that ends by itself is as good.
        let _ = probe.client().cancel(&manifest.job_id).await;
    } else if probe.profile().can(Capability::Merged) {
        let limit = limits.of_all(names(&[Metric::MergedFetch]));
        samples.push(fetch_merged(probe, &manifest, limit).await?);
    }
    let cached_share = cached_share(&manifest.segments);
    Ok(Run {
        manifest,
        samples,
        counters: CounterDeltas::default(),
        cached_share,
    })
}

fn is_of_case(case: &Case, manifest: &Manifest) -> Result<(), Stop> {
    let count = manifest.segments_total;
    ensure!(
        (case.segments_min..=case.segments_max).contains(&count),
        "{} has {count} segments, expected {} to {}",
        case.name,
        case.segments_min,
        case.segments_max
    );
    Ok(())
}

/// When what of a job was there.
struct Followed {
    manifest: Manifest,
    client: ClientSide,
    first_ready: Duration,
    first: Option<SegmentManifest>,
    /// When it was complete, or given up.
    complete: Duration,
    end: WaitEnd,
}

/// Follows a job to its end, or until it is given up. Some servers show cached segments as ready in the submit's answer
/// already.
async fn follow(
    probe: &Probe<'_>,
    request: &SubmitRequest,
    limit: Option<Duration>,
) -> Result<Followed, Stop> {
    let submitted = probe.client().submit(request).await?.done()?;
    let (answer, reply) = (submitted.value, submitted.reply);
    probe.accepted(request, &answer.job_id);
    let mut client = ClientSide {
        submit: reply.elapsed,
        polls: Vec::new(),
    };
    let mut first = first_ready(&answer.manifest).cloned();
    let mut first_at = reply.elapsed;
    if answer.manifest.status.is_terminal() {
        let complete = reply.elapsed;
        return Ok(Followed {
            manifest: answer.manifest,
            client,
            first_ready: first_at,
            first,
            complete,
            end: WaitEnd::Reached,
        });
    }
    let given_up = limit.map(|limit| reply.started + limit);
    let deadline = given_up.map_or_else(|| probe.deadline(), |at| at.min(probe.deadline()));
    let pace = (PollPace::default(), deadline);
    let waited = probe
        .client()
        .wait_for_job(&answer.job_id, Until::Ended, pace)
        .await?;
    let manifest = waited.last.manifest;
    ensure!(
        waited.end == WaitEnd::Reached || given_up == Some(deadline),
        "job {} is still {} after {:?}: {} of {} segments are ready",
        manifest.job_id,
        manifest.status,
        probe.ctx.job_timeout,
        manifest.segments_ready,
        manifest.segments_total
    );
    client.polls = waited.polls;
    let since_submit = |at: Instant| at.saturating_duration_since(reply.started);
    let complete = since_submit(waited.last.at);
    if first.is_none() {
        first_at = waited
            .first_ready
            .as_ref()
            .map_or(complete, |sighting| since_submit(sighting.at));
        first = waited
            .first_ready
            .and_then(|sighting| first_ready(&sighting.manifest).cloned());
    }
    Ok(Followed {
        manifest,
        client,
        first_ready: first_at,
        first,
        complete,
        end: waited.end,
    })
}

fn first_ready(manifest: &Manifest) -> Option<&SegmentManifest> {
    manifest
        .segments
        .iter()
        .find(|segment| segment.status == SegmentStatus::Ready)
}

/// From the first request to the last byte, also when the server says 202 in between; or until it is given up.
async fn fetch_merged(
    probe: &Probe<'_>,
    manifest: &Manifest,
    limit: Option<Duration>,
) -> Result<Sample, Stop> {
    let begun = Instant::now();
    let fetched = until_merged(probe, &manifest.job_id, begun);
    let ended = match limit {
        None => Some(fetched.await?),
        Some(limit) => tokio::time::timeout(limit, fetched).await.ok().transpose()?,
    };
    let took = begun.elapsed();
    if let Some(reply) = ended {
        let magic = &probe.profile().audio.magic;
        ensure!(
            reply.body.starts_with(magic.as_bytes()),
            "merged audio of job {} does not begin with {magic:?}",
            manifest.job_id
        );
    }
    Ok(one_call(Metric::MergedFetch, stage::MERGED_FETCH, took))
}

async fn until_merged(probe: &Probe<'_>, job: &JobId, begun: Instant) -> Result<Reply, Stop> {
    let deadline = probe.deadline();
    loop {
        let call = probe.client().merged(job, Fetch::get()).await?;
        match call.outcome {
            Outcome::Done(()) => return Ok(call.reply),
            Outcome::Pending { .. } if Instant::now() < deadline => {
                tokio::time::sleep(PollPace::default().pause(begun.elapsed())).await;
            }
            Outcome::Pending { .. } => {
                let limit = probe.ctx.job_timeout;
                return Err(Stop::Failed(format!(
                    "merged audio of the finished job {job} is still 202 after {limit:?}"
                )));
            }
            _ => return Err(call.reply.unexpected("200 or 202").into()),
        }
    }
}

/// A time that is one stage's alone.
fn one_call(metric: Metric, stage: &'static str, took: Duration) -> Sample {
    Sample {
        metric,
        seconds: Seconds::from_measured(took),
        stages: stages::only(stage, took),
        rounds: Rounds::ONE,
    }
}

/// What a client reads of a job that has ended, each once.
async fn read(probe: &Probe<'_>, test: &TimedTest, request: &SubmitRequest) -> Result<Run, Stop> {
    let manifest = probe.complete(request).await?;
    let job = &manifest.job_id;
    let mut samples = Vec::new();
    for &metric in &test.metrics {
        let (stage, reply) = match metric {
            Metric::PlaylistFetch => {
                let playlist = probe.client().playlist(job).await?.done()?;
                ensure!(
                    playlist.value.playlist.len() == manifest.segments.len(),
                    "the playlist of job {job} has {} entries for {} segments",
                    playlist.value.playlist.len(),
                    manifest.segments.len()
                );
                (stage::PLAYLIST_FETCH, playlist.reply)
            }
            Metric::StatusFetch => {
                let status = probe.client().status_as_it_came().await?.done()?;
                (stage::STATUS_FETCH, status.reply)
            }
            _ => (
                stage::SEGMENT_FETCH,
                probe.segment(job, &manifest.segments[0]).await?,
            ),
        };
        samples.push(one_call(metric, stage, reply.elapsed));
    }
    Ok(Run {
        manifest,
        samples,
        counters: CounterDeltas::default(),
        cached_share: None,
    })
}

async fn run_to_cancel(probe: &Probe<'_>, request: &SubmitRequest) -> Result<Run, Stop> {
    let job = probe.submit(request).await?.job_id;
    let canceled = probe.client().cancel(&job).await?.done()?;
    let manifest = probe.client().job(&job).await?.done()?.value.manifest;
    probe.about(&manifest);
    let status = canceled.value.status;
    ensure!(
        matches!(status, JobStatus::Canceled | JobStatus::Complete) && manifest.status == status,
        "the cancel says {status}, the job right after it {}",
        manifest.status
    );
    let sample = one_call(Metric::CancelAck, stage::CANCEL, canceled.reply.elapsed);
    Ok(Run {
        manifest,
        samples: vec![sample],
        counters: CounterDeltas::default(),
        cached_share: None,
    })
}
