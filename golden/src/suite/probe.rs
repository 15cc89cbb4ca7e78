//! One test at work: what it does to the target, with what it saw written down.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use audio_api::{JobAnswer, JobId, Manifest, SegmentManifest, SubmitRequest};
use audio_client::{
    Capability, Client, Fetch, Outcome, Patience, PollPace, Reply, TargetProfile, Until, WaitEnd,
};
use bytes::Bytes;
use run_report::TestResult;

use super::{Context, Stop, cached_share, ensure, is_complete};
use crate::{
    audio::{Decoded, decode},
    cases::{Case, Nonce},
};

/// No more lines of evidence than this stand in a report.
const MAX_EVIDENCE: usize = 60;
/// The longest that a look at the target may take after a test failed.
const LAST_LOOK: Duration = Duration::from_secs(2);

/// One test at work.
#[derive(Debug)]
pub struct Probe<'a> {
    /// What all tests share.
    pub ctx: &'a Context,
    record: Mutex<Record>,
}

#[derive(Debug, Default)]
struct Record {
    evidence: Vec<String>,
    job: Option<JobId>,
    manifest: Option<Manifest>,
}

impl<'a> Probe<'a> {
    /// A test that has done nothing yet.
    #[must_use]
    pub fn new(ctx: &'a Context) -> Self {
        Self {
            ctx,
            record: Mutex::default(),
        }
    }

    /// The target.
    #[must_use]
    pub fn client(&self) -> &'a Client {
        &self.ctx.client
    }

    /// What the target is and can do.
    #[must_use]
    pub fn profile(&self) -> &'a TargetProfile {
        self.ctx.client.profile()
    }

    /// A case that every set has.
    #[must_use]
    pub fn case(&self, name: &str) -> &'a Case {
        self.ctx.cases.needed(name)
    }

    /// Any case of the run.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn case_or_fail(&self, name: &str) -> Result<&'a Case, Stop> {
        self.ctx
            .cases
            .get(name)
            .ok_or_else(|| Stop::Failed(format!("there is no case {name}")))
    }

    /// Writes down what was seen.
    pub fn note(&self, line: impl Into<String>) {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        if record.evidence.len() < MAX_EVIDENCE {
            record.evidence.push(line.into());
        }
    }

    /// Writes down how the target is right after the test failed.
    pub async fn note_status(&self) {
        if !self.profile().can(Capability::Status) {
            return;
        }
        let hurried = self.ctx.client.with_call_timeout(LAST_LOOK);
        let looked = hurried.status_as_it_came().await;
        let status = looked
            .and_then(|call| call.done())
            .map(|status| status.value.to_string());
        self.note(format!(
            "status right after: {}",
            status.unwrap_or_else(|error| error.chain())
        ));
    }

    /// Names the job that the test is about.
    pub fn about_job(&self, job: &JobId) {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).job = Some(job.clone());
    }

    /// Shows the job that the test is about.
    pub fn about(&self, manifest: &Manifest) {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.job = Some(manifest.job_id.clone());
        record.manifest = Some(manifest.clone());
    }

    /// Puts what was written down into a result.
    #[must_use]
    pub fn complete_result(&self, result: TestResult) -> TestResult {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let manifest = record.manifest.take();
        TestResult {
            evidence: std::mem::take(&mut record.evidence),
            job_id: record.job.take().map(|job| job.to_string()),
            segments_total: manifest.as_ref().map(|m| m.segments_total),
            segments_ready: manifest.as_ref().map(|m| m.segments_ready),
            segments_error: manifest.as_ref().map(|m| m.segments_error),
            cached_share: manifest.as_ref().and_then(|m| cached_share(&m.segments)),
            ..result
        }
    }

    /// A submit of a case whose text nobody has submitted before.
    #[must_use]
    pub fn fresh(&self, name: &str) -> SubmitRequest {
        self.case(name)
            .request(&Nonce::random(), self.ctx.model.as_deref())
    }

    /// When a job that is submitted now has to have ended.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.ctx.job_timeout
    }

    /// Submits a job; while the target is at its limit of active jobs, waits as long as it asks for.
    ///
    /// # Errors
    /// When it is not accepted.
    pub async fn submit(&self, job: &SubmitRequest) -> Result<JobAnswer, Stop> {
        let patience = Patience {
            at_most: self.ctx.job_timeout,
        };
        let answer = self.client().submit_patiently(job, patience).await?.value;
        self.accepted(job, &answer.job_id);
        Ok(answer)
    }

    /// Notes that a job was accepted.
    pub fn accepted(&self, job: &SubmitRequest, id: &JobId) {
        self.ctx.ledger.note(id, job.text.chars().count() as u64);
        self.about_job(id);
    }

    /// Waits until a job has ended.
    ///
    /// # Errors
    /// When it does not end in time.
    pub async fn ended(&self, job: &JobId) -> Result<Manifest, Stop> {
        let pace = (PollPace::default(), self.deadline());
        let waited = self.client().wait_for_job(job, Until::Ended, pace).await?;
        self.about(&waited.last.manifest);
        let manifest = waited.last.manifest;
        ensure!(
            waited.end == WaitEnd::Reached,
            "job {job} is still {} after {:?}: {} of {} segments are ready",
            manifest.status,
            self.ctx.job_timeout,
            manifest.segments_ready,
            manifest.segments_total
        );
        Ok(manifest)
    }

    /// Submits a job and waits until it is complete, with every segment ready.
    ///
    /// # Errors
    /// When it is not accepted, does not end in time, or ends in another way.
    pub async fn complete(&self, job: &SubmitRequest) -> Result<Manifest, Stop> {
        let answer = self.submit(job).await?;
        let manifest = self.ended(&answer.job_id).await?;
        is_complete(&manifest)?;
        Ok(manifest)
    }

    /// Fetches merged audio, again while the target says that it is not ready.
    ///
    /// # Errors
    /// When it does not come in time.
    pub async fn merged(&self, job: &JobId) -> Result<Reply, Stop> {
        let deadline = self.deadline();
        loop {
            let call = self.client().merged(job, Fetch::get()).await?;
            match call.outcome {
                Outcome::Done(()) => return Ok(call.reply),
                Outcome::Pending { retry_after } if Instant::now() < deadline => {
                    let pause = retry_after.unwrap_or(PollPace::default().longest);
                    tokio::time::sleep(pause).await;
                }
                Outcome::Pending { .. } => {
                    return Err(Stop::Failed(format!(
                        "merged audio of the finished job {job} is still 202 after {:?}",
                        self.ctx.job_timeout
                    )));
                }
                _ => return Err(call.reply.unexpected("200 or 202").into()),
            }
        }
    }

    /// Fetches a segment that is ready.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn segment(&self, job: &JobId, segment: &SegmentManifest) -> Result<Reply, Stop> {
        Ok(self
            .client()
            .segment(job, &segment.segment_id, Fetch::get())
            .await?
            .done()?
            .reply)
    }

    /// Decodes a file, off the threads that talk to the target.
    ///
    /// # Errors
    /// When it is not intact audio.
    pub async fn decode(&self, file: &Bytes) -> Result<Decoded, Stop> {
        let file = file.clone();
        match tokio::task::spawn_blocking(move || decode(&file)).await {
            Ok(decoded) => Ok(decoded?),
            Err(error) => Err(Stop::Failed(format!("the decoder gave up: {error}"))),
        }
    }

    /// Ends the test as skipped unless the target can do this.
    ///
    /// # Errors
    /// When it cannot.
    pub fn needs(&self, capability: Capability) -> Result<(), Stop> {
        if self.profile().can(capability) {
            return Ok(());
        }
        Err(Stop::Skipped(format!(
            "target profile {} has no {capability}",
            self.profile().name
        )))
    }
}
