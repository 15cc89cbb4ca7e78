//! The limit of active jobs: reached, refused politely, and free again.

use audio_api::JobId;
use audio_client::{Capability, Outcome};
use futures::future::join_all;
use http::StatusCode;

use crate::suite::{Demand, Lane, Probe, ProofPart, Sharing, Stop, TestSpec, ensure};

pub(super) const TESTS: &[TestSpec] = &[TestSpec {
    name: "active_jobs_limit",
    lane: Lane::Alone,
    proof: ProofPart::LeftOut,
    needs: &[Capability::Limits, Capability::Cancel],
    // The profile's limit is not known here; more than this is not tried.
    demand: |cases| Demand::of(cases, "cancel", MOST as u64),
    run: |probe| Box::pin(active_jobs_limit(probe)),
}];

/// The largest limit that is tried.
const MOST: usize = 24;

async fn active_jobs_limit(probe: &Probe<'_>) -> Result<(), Stop> {
    let limit = probe.profile().limits.max_active_jobs;
    if probe.ctx.sharing == Sharing::Shared {
        return Err(Stop::Skipped(
            "filling the limit of a shared target would disturb others".to_owned(),
        ));
    }
    if limit + 1 >= MOST {
        return Err(Stop::Skipped(format!(
            "a limit of {limit} active jobs is too much to fill; at most {}",
            MOST - 2
        )));
    }
    let requests: Vec<_> = (0..=limit).map(|_| probe.fresh("cancel")).collect();
    let calls = join_all(requests.iter().map(|request| probe.client().submit(request))).await;
    let mut accepted: Vec<JobId> = Vec::new();
    let mut refused = Vec::new();
    for (call, request) in calls.into_iter().zip(&requests) {
        let call = call?;
        match &call.outcome {
            Outcome::Done(answer) => {
                probe.accepted(request, &answer.job_id);
                accepted.push(answer.job_id.clone());
            }
            _ => refused.push(call.reply),
        }
    }
    let ended = ended_already(probe, &accepted).await?;
    for job in &accepted {
        probe.client().cancel(job).await?.done()?;
    }
    probe.note(format!(
        "{} jobs accepted, {} refused",
        accepted.len(),
        refused.len()
    ));
    for reply in &refused {
        ensure!(
            reply.status == StatusCode::TOO_MANY_REQUESTS && reply.retry_after().is_some(),
            "a submit beyond the limit is answered with {} and Retry-After {:?}, expected 429 with one",
            reply.status,
            reply.retry_after()
        );
    }
    if refused.is_empty() && ended > 0 {
        return Err(Stop::Skipped(format!(
            "{ended} jobs had ended before {limit} were active at once"
        )));
    }
    ensure!(
        !refused.is_empty(),
        "{} jobs are active at once, beyond the limit of {limit}",
        accepted.len()
    );
    ensure!(
        accepted.len() == limit,
        "{} jobs were accepted before the first refusal, expected {limit}",
        accepted.len()
    );
    // The cancels have freed their places.
    let last = probe.fresh("cancel");
    let call = probe.client().submit(&last).await?;
    let answer = call.done()?.value;
    probe.accepted(&last, &answer.job_id);
    probe.client().cancel(&answer.job_id).await?.done()?;
    Ok(())
}

async fn ended_already(probe: &Probe<'_>, jobs: &[JobId]) -> Result<usize, Stop> {
    let mut ended = 0;
    for job in jobs {
        let manifest = probe.client().job(job).await?.done()?.value.manifest;
        ended += usize::from(manifest.status.is_terminal());
    }
    Ok(ended)
}
