//! What else can be done with jobs: delete, regenerate, list.

use audio_api::{JobId, SubmitRequest};
use audio_client::{Capability, Fetch, ListQuery, Outcome};
use http::StatusCode;

use crate::{
    cases::Nonce,
    suite::{Demand, Lane, Probe, ProofPart, Stop, TestSpec, ensure, is_complete},
};

pub(super) const TESTS: &[TestSpec] = &[
    TestSpec {
        name: "delete_job",
        lane: Lane::Together,
        proof: ProofPart::LeftOut,
        needs: &[Capability::Delete],
        demand: |cases| Demand::of(cases, "test_1", 1) + Demand::of(cases, "cancel", 1),
        run: |probe| Box::pin(delete_job(probe)),
    },
    TestSpec {
        name: "regenerate_job",
        lane: Lane::Together,
        proof: ProofPart::LeftOut,
        needs: &[Capability::Regenerate],
        demand: |cases| Demand::of(cases, "test_1", 2),
        run: |probe| Box::pin(regenerate_job(probe)),
    },
    TestSpec {
        name: "job_list",
        lane: Lane::Together,
        proof: ProofPart::LeftOut,
        needs: &[Capability::List],
        demand: |cases| Demand::of(cases, "test_1", 2),
        run: |probe| Box::pin(job_list(probe)),
    },
];

async fn delete_job(probe: &Probe<'_>) -> Result<(), Stop> {
    let finished = probe.complete(&probe.fresh("test_1")).await?;
    let segment = &finished.segments[0].segment_id;
    remove(probe, &finished.job_id).await?;
    let call = probe
        .client()
        .segment(&finished.job_id, segment, Fetch::get())
        .await?;
    ensure!(
        call.outcome == Outcome::NotFound,
        "a segment of a deleted job is answered with {}, expected 404",
        call.reply.status
    );
    let active = probe.submit(&probe.fresh("cancel")).await?.job_id;
    remove(probe, &active).await
}

async fn remove(probe: &Probe<'_>, job: &JobId) -> Result<(), Stop> {
    let deleted = probe.client().delete(job).await?;
    ensure!(
        deleted.reply.status == StatusCode::NO_CONTENT && deleted.reply.body.is_empty(),
        "the delete is answered with {} and {} bytes, expected 204 and none",
        deleted.reply.status,
        deleted.reply.body.len()
    );
    for again in ["right after", "once more"] {
        let call = probe.client().job(job).await?;
        ensure!(
            call.outcome == Outcome::NotFound,
            "{again} the delete the job is answered with {}, expected 404",
            call.reply.status
        );
    }
    let twice = probe.client().delete(job).await?;
    ensure!(
        twice.outcome == Outcome::NotFound,
        "a second delete is answered with {}, expected 404",
        twice.reply.status
    );
    Ok(())
}

async fn regenerate_job(probe: &Probe<'_>) -> Result<(), Stop> {
    let request: SubmitRequest = probe.fresh("test_1");
    let first = probe.complete(&request).await?;
    let answer = probe.client().regenerate(&first.job_id).await?.done()?.value;
    probe.accepted(&request, &answer.job_id);
    ensure!(
        answer.job_id != first.job_id,
        "regenerate gave the same job again, expected a new one"
    );
    let second = probe.ended(&answer.job_id).await?;
    is_complete(&second)?;
    let cached = second
        .segments
        .iter()
        .find(|segment| segment.cached)
        .map(|segment| segment.index);
    ensure!(
        cached.is_none(),
        "segment {} of a regenerated job is cached",
        cached.unwrap_or_default()
    );
    if probe.profile().can(Capability::DeterministicVoice) {
        let a = probe.segment(&first.job_id, &first.segments[0]).await?.body;
        let b = probe.segment(&second.job_id, &second.segments[0]).await?.body;
        let same = probe.decode(&a).await? == probe.decode(&b).await?;
        ensure!(
            same,
            "a regenerated job has other samples, though the voice is deterministic"
        );
    }
    Ok(())
}

async fn job_list(probe: &Probe<'_>) -> Result<(), Stop> {
    let nonce = Nonce::random();
    let request = probe.case("test_1").request(&nonce, probe.ctx.model.as_deref());
    let older = probe.complete(&request).await?;
    let newer = probe.complete(&probe.fresh("test_1")).await?;
    let mut query = ListQuery {
        limit: Some(5),
        ..ListQuery::default()
    };
    let mut listed: Vec<JobId> = Vec::new();
    // Other tests submit meanwhile; both jobs are still among the newest ones.
    for _ in 0..20 {
        let call = probe.client().list(&query).await?.done()?;
        let text = String::from_utf8_lossy(&call.reply.body).contains(nonce.as_str());
        ensure!(!text, "the list shows a job's text");
        let page = call.value;
        ensure!(
            page.jobs.len() <= 5,
            "a page of at most 5 has {} jobs",
            page.jobs.len()
        );
        let sorted = page
            .jobs
            .windows(2)
            .all(|pair| pair[0].created_at >= pair[1].created_at);
        ensure!(sorted, "the list is not in the order newest first");
        listed.extend(page.jobs.into_iter().map(|job| job.job_id));
        let both = [&older.job_id, &newer.job_id]
            .into_iter()
            .all(|job| listed.contains(job));
        match page.next_cursor {
            Some(cursor) if !both => query.cursor = Some(cursor),
            _ => break,
        }
    }
    let place = |job: &JobId| listed.iter().position(|listed| listed == job);
    let (Some(newer_at), Some(older_at)) = (place(&newer.job_id), place(&older.job_id)) else {
        return Err(Stop::Failed(format!(
            "the list misses a job of mine among its {} newest",
            listed.len()
        )));
    };
    ensure!(newer_at < older_at, "the newer job stands behind the older one");
    let mut unique = listed.clone();
    unique.sort();
    unique.dedup();
    ensure!(unique.len() == listed.len(), "the pages repeat a job");
    Ok(())
}
