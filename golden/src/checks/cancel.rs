//! Canceling: it stops the work, and it wins every race that it acknowledges.

use std::{collections::BTreeSet, time::Duration};

use audio_api::{JobId, JobStatus, Manifest, SegmentId, SegmentStatus};
use audio_client::{Capability, Fetch, Outcome};
use tokio::time::{Instant, sleep};

use crate::suite::{Demand, Lane, Probe, ProofPart, Stop, TestSpec, ensure};

/// How long a canceled job is watched.
const WATCH: Duration = Duration::from_secs(2);
const WATCH_PAUSE: Duration = Duration::from_millis(250);
/// Cancels at so many moments of a job's life.
const RACES: u32 = 8;
/// How long each raced job is watched.
const RACE_WATCH: Duration = Duration::from_millis(150);

pub(super) const TESTS: &[TestSpec] = &[
    TestSpec {
        name: "cancel",
        lane: Lane::Together,
        proof: ProofPart::Runs,
        needs: &[Capability::Cancel],
        demand: |cases| Demand::of(cases, "cancel", 1),
        run: |probe| Box::pin(cancel(probe)),
    },
    TestSpec {
        name: "cancel_racing_completion",
        lane: Lane::Together,
        proof: ProofPart::LeftOut,
        needs: &[Capability::Cancel],
        demand: |cases| Demand::of(cases, "test_1", 1 + u64::from(RACES)),
        run: |probe| Box::pin(cancel_racing_completion(probe)),
    },
];

async fn cancel(probe: &Probe<'_>) -> Result<(), Stop> {
    let answer = probe.submit(&probe.fresh("cancel")).await?;
    let job = &answer.job_id;
    let canceled = probe.client().cancel(job).await?.done()?.value;
    let first = look(probe, job).await?;
    if canceled.status == JobStatus::Complete {
        return Err(Stop::Skipped(
            "the job was complete before it could be canceled".to_owned(),
        ));
    }
    ensure!(
        canceled.status == JobStatus::Canceled,
        "the cancel's answer says {}",
        canceled.status
    );
    let watched = Instant::now();
    while watched.elapsed() < WATCH {
        sleep(WATCH_PAUSE).await;
        gained_nothing(&first, &look(probe, job).await?)?;
    }
    probe.note(format!(
        "{} of {} segments were ready, and stayed so for {WATCH:?}",
        ready(&first).len(),
        first.segments.len()
    ));
    serves_what_was_ready(probe, &first).await?;
    let again = probe.client().cancel(job).await?.done()?.value;
    ensure!(
        again.status == JobStatus::Canceled,
        "a second cancel says {}",
        again.status
    );
    Ok(())
}

/// Canceled: what was ready is served, the rest is gone, and so is merged audio.
async fn serves_what_was_ready(probe: &Probe<'_>, manifest: &Manifest) -> Result<(), Stop> {
    let job = &manifest.job_id;
    let ready_one = manifest
        .segments
        .iter()
        .find(|segment| segment.status == SegmentStatus::Ready);
    if let Some(segment) = ready_one {
        probe.segment(job, segment).await?;
    }
    if let Some(segment) = manifest
        .segments
        .iter()
        .find(|segment| segment.status != SegmentStatus::Ready)
    {
        ensure!(
            segment.status == SegmentStatus::Canceled,
            "segment {} of the canceled job is {}",
            segment.index,
            segment.status
        );
        let call = probe
            .client()
            .segment(job, &segment.segment_id, Fetch::get())
            .await?;
        ensure!(
            matches!(call.outcome, Outcome::Gone { .. }),
            "a canceled segment is answered with {}, expected 410",
            call.reply.status
        );
    }
    if probe.profile().can(Capability::Merged) {
        let call = probe.client().merged(job, Fetch::get()).await?;
        ensure!(
            matches!(call.outcome, Outcome::Gone { .. }),
            "merged audio of a canceled job is answered with {}, expected 410",
            call.reply.status
        );
    }
    Ok(())
}

async fn cancel_racing_completion(probe: &Probe<'_>) -> Result<(), Stop> {
    let begun = Instant::now();
    probe.complete(&probe.fresh("test_1")).await?;
    let life = begun.elapsed();
    let mut outcomes = Vec::new();
    for race in 0..RACES {
        let request = probe.fresh("test_1");
        let job = probe.submit(&request).await?.job_id;
        // From the start of the job's life to a little beyond its end.
        sleep(life * race / (RACES - 2)).await;
        let acknowledged = probe.client().cancel(&job).await?.done()?.value.status;
        let first = look(probe, &job).await?;
        ensure!(
            first.status == acknowledged && acknowledged.is_terminal(),
            "the cancel says {acknowledged}, the job right after it {}",
            first.status
        );
        sleep(RACE_WATCH).await;
        let later = look(probe, &job).await?;
        ensure!(
            later.status == acknowledged,
            "the job was {acknowledged} and is {} now",
            later.status
        );
        gained_nothing(&first, &later)?;
        outcomes.push(acknowledged.as_str());
    }
    probe.note(format!(
        "cancels over {life:?} of a job's life: {}",
        outcomes.join(", ")
    ));
    Ok(())
}

async fn look(probe: &Probe<'_>, job: &JobId) -> Result<Manifest, Stop> {
    let manifest = probe.client().job(job).await?.done()?.value.manifest;
    probe.about(&manifest);
    Ok(manifest)
}

fn ready(manifest: &Manifest) -> BTreeSet<&SegmentId> {
    let ready = manifest
        .segments
        .iter()
        .filter(|segment| segment.status == SegmentStatus::Ready);
    ready.map(|segment| &segment.segment_id).collect()
}

fn gained_nothing(first: &Manifest, later: &Manifest) -> Result<(), Stop> {
    let (before, after) = (ready(first), ready(later));
    let gained: Vec<&str> = after.difference(&before).map(|id| id.as_str()).collect();
    ensure!(
        gained.is_empty(),
        "after the cancel was acknowledged these segments turned ready: {}",
        gained.join(", ")
    );
    let lost: Vec<&str> = before.difference(&after).map(|id| id.as_str()).collect();
    ensure!(
        lost.is_empty(),
        "these segments were ready and are no longer: {}",
        lost.join(", ")
    );
    Ok(())
}
