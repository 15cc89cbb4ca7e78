//! What the server does when synthesis fails: retry, fall back, and fail in the end. The failures are injected, and only
//! into the test's own job.

use audio_api::{
    ErrorCode, JobStatus, Manifest, SegmentStatus, StatusSnapshot, SubmitRequest,
    fault::{FaultRule, Kind, Match, Stage, When},
};
use audio_client::{Capability, Fetch, Outcome};

use crate::{
    cases::Nonce,
    suite::{Demand, Lane, Probe, ProofPart, Sharing, Stop, TestSpec, ensure, is_complete},
};

/// A rule outlives no run that was killed for longer than this.
const TTL_MS: u64 = 120_000;

pub(super) const TESTS: &[TestSpec] = &[
    TestSpec {
        name: "retry_then_ready",
        lane: Lane::Alone,
        proof: ProofPart::LeftOut,
        needs: &[Capability::Faults],
        demand: |cases| Demand::of(cases, "test_1", 1),
        run: |probe| Box::pin(retry_then_ready(probe)),
    },
    TestSpec {
        name: "cap_then_fallback",
        lane: Lane::Alone,
        proof: ProofPart::LeftOut,
        needs: &[Capability::Faults],
        demand: |cases| Demand::of(cases, "test_1", 1),
        run: |probe| Box::pin(cap_then_fallback(probe)),
    },
    TestSpec {
        name: "failed_segment",
        lane: Lane::Alone,
        proof: ProofPart::LeftOut,
        needs: &[Capability::Faults],
        demand: |cases| Demand::of(cases, "test_3", 1),
        run: |probe| Box::pin(failed_segment(probe)),
    },
    TestSpec {
        name: "failed_job",
        lane: Lane::Alone,
        proof: ProofPart::LeftOut,
        needs: &[Capability::Faults],
        demand: |cases| Demand::of(cases, "test_1", 1),
        run: |probe| Box::pin(failed_job(probe)),
    },
];

type Counter = fn(&StatusSnapshot) -> u64;

/// What happened to a job whose synthesis was made to fail.
struct Afflicted {
    manifest: Manifest,
    fired: u64,
    before: Option<StatusSnapshot>,
    after: Option<StatusSnapshot>,
}

impl Afflicted {
    /// How much a counter grew; `None` where it cannot be seen or is not this run's alone.
    fn grew(&self, counter: impl Fn(&StatusSnapshot) -> u64) -> Option<u64> {
        Some(counter(self.after.as_ref()?).saturating_sub(counter(self.before.as_ref()?)))
    }
}

/// Runs a case's job with synthesis failing wherever `matches`, which is narrowed to this job's text.
async fn afflict(probe: &Probe<'_>, case: &str, matches: Match) -> Result<Afflicted, Stop> {
    let nonce = Nonce::random();
    let request = probe.case(case).request(&nonce, probe.ctx.model.as_deref());
    let matches = Match {
        text_contains: Some(nonce.as_str().to_owned()),
        ..matches
    };
    let kind = Kind::Error {
        status: 500,
        retry_after_s: None,
    };
    let rule = FaultRule::new(Stage::Synth, kind, matches, When::default(), Some(TTL_MS))
        .map_err(|error| Stop::Failed(format!("the test's own fault rule is refused: {error}")))?;
    let id = probe.client().add_fault(&rule).await?.done()?.value.id;
    let ended = run_afflicted(probe, &request, &id).await;
    // Also when the job went wrong: a rule must not outlive its test.
    probe.client().remove_fault(&id).await?.done()?;
    ended
}

async fn run_afflicted(probe: &Probe<'_>, request: &SubmitRequest, rule: &str) -> Result<Afflicted, Stop> {
    let before = counters(probe).await?;
    let job = probe.submit(request).await?.job_id;
    let manifest = probe.ended(&job).await?;
    let after = counters(probe).await?;
    let rules = probe.client().faults().await?.done()?.value.faults;
    let fired = rules
        .into_iter()
        .find(|record| record.id == rule)
        .map_or(0, |record| record.fired_total);
    probe.note(format!(
        "the fault fired {fired} times; the job is {}",
        manifest.status
    ));
    ensure!(fired > 0, "the fault rule never fired, so nothing was tested");
    Ok(Afflicted {
        manifest,
        fired,
        before,
        after,
    })
}

async fn counters(probe: &Probe<'_>) -> Result<Option<StatusSnapshot>, Stop> {
    if !probe.profile().can(Capability::Status) || probe.ctx.sharing == Sharing::Shared {
        return Ok(None);
    }
    Ok(Some(probe.client().status().await?.done()?.value))
}

async fn retry_then_ready(probe: &Probe<'_>) -> Result<(), Stop> {
    let first_attempt = Match {
        segment_index: Some(0),
        attempt: Some(1),
        ..Match::default()
    };
    let after = afflict(probe, "test_1", first_attempt).await?;
    is_complete(&after.manifest)?;
    let segment = &after.manifest.segments[0];
    ensure!(
        after.fired == 1,
        "the first attempt failed {} times, expected once",
        after.fired
    );
    ensure!(
        segment.attempts == 2,
        "the segment took {} attempts, expected 2",
        segment.attempts
    );
    ensure!(
        !segment.fallback_used,
        "one failed attempt led to the fallback model"
    );
    let grew = after.grew(|status| status.retry_counts.segment_retries);
    ensure!(
        grew.is_none_or(|by| by == 1),
        "segment_retries grew by {grew:?}, expected 1"
    );
    probe.segment(&after.manifest.job_id, segment).await?;
    Ok(())
}

async fn cap_then_fallback(probe: &Probe<'_>) -> Result<(), Stop> {
    let model = probe.ctx.model_of(probe.case("test_1"));
    let by_model = Match {
        segment_index: Some(0),
        model_id: Some(model.clone()),
        ..Match::default()
    };
    let after = afflict(probe, "test_1", by_model).await?;
    is_complete(&after.manifest)?;
    let segment = &after.manifest.segments[0];
    let attempts = u64::from(probe.profile().limits.segment_max_retries) + 1;
    ensure!(
        after.fired == attempts,
        "model {model} failed {} times, expected {attempts}",
        after.fired
    );
    ensure!(
        segment.fallback_used && segment.model_id != model,
        "the segment was made by {}, fallback used: {}",
        segment.model_id,
        segment.fallback_used
    );
    let expected: [(&str, Counter, u64); 4] = [
        (
            "segment_retries",
            |s| s.retry_counts.segment_retries,
            attempts - 1,
        ),
        ("capped_retries", |s| s.retry_counts.capped_retries, 1),
        ("fallback_model_usage", |s| s.fallback_model_usage, 1),
        ("dead_letters", |s| s.dead_letters, 0),
    ];
    for (name, counter, by) in expected {
        let grew = after.grew(counter);
        ensure!(
            grew.is_none_or(|grew| grew == by),
            "{name} grew by {grew:?}, expected {by}"
        );
    }
    probe.segment(&after.manifest.job_id, segment).await?;
    Ok(())
}

async fn failed_segment(probe: &Probe<'_>) -> Result<(), Stop> {
    let after = afflict(
        probe,
        "test_3",
        Match {
            segment_index: Some(1),
            ..Match::default()
        },
    )
    .await?;
    let manifest = &after.manifest;
    let job = &manifest.job_id;
    ensure!(
        manifest.status == JobStatus::CompleteWithErrors && manifest.segments_error == 1,
        "the job is {} with {} segments in error, expected complete_with_errors with 1",
        manifest.status,
        manifest.segments_error
    );
    let failed = &manifest.segments[1];
    ensure!(
        failed.status == SegmentStatus::Error && failed.error_code == Some(ErrorCode::FallbackFailed),
        "the failed segment is {} with code {:?}, expected error with fallback_failed",
        failed.status,
        failed.error_code
    );
    let gone = probe
        .client()
        .segment(job, &failed.segment_id, Fetch::get())
        .await?;
    ensure!(
        gone.outcome
            == Outcome::Gone {
                code: Some(ErrorCode::FallbackFailed.as_str().to_owned())
            },
        "the failed segment is answered with {}: {:?}, expected 410 with fallback_failed",
        gone.reply.status,
        gone.outcome
    );
    let grew = after.grew(|status| status.dead_letters);
    ensure!(
        grew.is_none_or(|by| by == 1),
        "dead_letters grew by {grew:?}, expected 1"
    );
    merged_without(probe, manifest).await
}

/// Merged audio of a job with failed segments holds the others, and says so.
async fn merged_without(probe: &Probe<'_>, manifest: &Manifest) -> Result<(), Stop> {
    if !probe.profile().can(Capability::Merged) {
        return Ok(());
    }
    let reply = probe.merged(&manifest.job_id).await?;
    let name = &probe.profile().headers.segments_missing;
    let missing = reply.header(name);
    ensure!(
        missing.is_some_and(|value| !value.is_empty()),
        "merged audio that lacks a segment has no {name}"
    );
    let mut frames = 0;
    for segment in manifest
        .segments
        .iter()
        .filter(|segment| segment.status == SegmentStatus::Ready)
    {
        let file = probe.segment(&manifest.job_id, segment).await?;
        frames += probe.decode(&file.body).await?.frames();
    }
    let merged = probe.decode(&reply.body).await?.frames();
    ensure!(
        merged == frames,
        "merged audio has {merged} samples, its ready segments have {frames}"
    );
    Ok(())
}

async fn failed_job(probe: &Probe<'_>) -> Result<(), Stop> {
    let after = afflict(probe, "test_1", Match::default()).await?;
    let manifest = &after.manifest;
    ensure!(
        manifest.status == JobStatus::Error,
        "a job without a single segment is {}, expected error",
        manifest.status
    );
    if probe.profile().can(Capability::Merged) {
        let call = probe.client().merged(&manifest.job_id, Fetch::get()).await?;
        ensure!(
            matches!(call.outcome, Outcome::Gone { .. }),
            "merged audio of a failed job is answered with {}, expected 410",
            call.reply.status
        );
    }
    Ok(())
}
