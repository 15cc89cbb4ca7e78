//! One cycle: a job from its submit to the last check of its audio, or to its cancel.

mod follow;
mod listen;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use audio_api::{JobId, JobStatus, Manifest, SegmentId, SegmentStatus, SubmitRequest};
use audio_client::{Call, CallError, Capability, Client, Outcome, Reply, on_behalf_of};
use fastrand::Rng;
use run_report::{Invariant, Violation};

use super::{
    ledger::{Canceled, Ledger},
    stop::Stop,
    text::Text,
};

/// A job is canceled within this time of its submit.
const CANCEL_WITHIN_MS: u64 = 120;

/// One cycle.
#[derive(Debug)]
pub(super) struct Cycle<'a> {
    pub(super) number: u64,
    pub(super) client: &'a Client,
    pub(super) ledger: &'a Ledger,
    pub(super) text: Text,
    pub(super) cancels: bool,
    /// Whether several clients fetch its merged audio at once.
    pub(super) contends: bool,
    pub(super) job_deadline: Duration,
}

impl Cycle<'_> {
    /// The name of the cycle's exchanges on the tape.
    pub(super) fn part(number: u64) -> String {
        format!("cycle-{number}")
    }

    /// Goes all steps, and writes down what comes of them; says whether all went well.
    pub(super) async fn run(&self, rng: &mut Rng) -> bool {
        let mut job = None;
        let part = Self::part(self.number);
        let ended = on_behalf_of(&part, self.steps(&mut job, rng)).await;
        let went_well = matches!(ended, Ok(()) | Err(Stop::Evicted));
        match ended {
            Ok(()) | Err(Stop::Evicted) => {}
            Err(Stop::Failed(text)) => self.ledger.failed(format!("cycle {}: {text}", self.number)),
            Err(Stop::Broken(invariant, text)) => {
                self.ledger.broken(Violation {
                    invariant,
                    at_seconds: self.ledger.elapsed().as_secs_f64(),
                    cycle: Some(self.number),
                    job_id: job.as_ref().map(ToString::to_string),
                    text: format!("cycle {}: {text}", self.number),
                });
                if let (Invariant::JobDeadline, Some(job)) = (invariant, &job) {
                    // It must not hold its place for ever. If even that fails, the quiet point will tell.
                    let _ = on_behalf_of(&part, self.client.cancel(job)).await;
                }
            }
        }
        self.ledger.cycle_ended();
        went_well
    }

    async fn steps(&self, job: &mut Option<JobId>, rng: &mut Rng) -> Result<(), Stop> {
        let (id, began) = self.submit().await?;
        *job = Some(id.clone());
        if self.cancels {
            return self.cancel(&id, rng).await;
        }
        let deadline = began + self.job_deadline;
        let segments = self.follow(&id, (began, deadline)).await?;
        self.complete(&id, deadline).await?;
        self.ledger.held(Invariant::JobDeadline);
        self.ledger.count(|tally| tally.jobs_complete += 1);
        if self.client.profile().can(Capability::Ranges) {
            self.ranges(&id, &segments, rng).await?;
        }
        self.merged(&id, segments).await
    }

    /// Makes a request and writes down how long it took; one without an answer counts as well.
    async fn call<T>(
        &self,
        kind: &'static str,
        call: impl Future<Output = Result<Call<T>, CallError>>,
    ) -> Result<Call<T>, Stop> {
        let began = Instant::now();
        let made = call.await;
        self.ledger.request(kind, began.elapsed());
        Ok(made?)
    }

    /// Submits the text, again as long as the target says that it is busy.
    async fn submit(&self) -> Result<(JobId, Instant), Stop> {
        let request = SubmitRequest {
            text: self.text.words.clone(),
            ..SubmitRequest::default()
        };
        let give_up = Instant::now() + self.job_deadline;
        loop {
            let began = Instant::now();
            let call = self.call("submit", self.client.submit(&request)).await?;
            match call.outcome {
                Outcome::Busy {
                    retry_after: Some(wait),
                } if Instant::now() + wait < give_up => {
                    self.ledger.count(|tally| tally.busy += 1);
                    tokio::time::sleep(wait).await;
                }
                _ => return Ok((call.done()?.value.job_id, began)),
            }
        }
    }

    async fn manifest(&self, job: &JobId) -> Result<Manifest, Stop> {
        let call = self.call("job", self.client.job(job)).await?;
        Ok(call.done()?.value.manifest)
    }

    /// A file that came, or was evicted; anything else is a failure.
    fn there(&self, call: Call<()>) -> Result<Reply, Stop> {
        match &call.outcome {
            Outcome::Gone { code } if code.as_deref() == Some("evicted") => {
                self.ledger.count(|tally| tally.evicted += 1);
                Err(Stop::Evicted)
            }
            // Dropped by --retain-jobs; the job was complete a moment ago.
            Outcome::NotFound => {
                self.ledger.count(|tally| tally.evicted += 1);
                Err(Stop::Evicted)
            }
            _ => Ok(call.done()?.reply),
        }
    }

    async fn cancel(&self, job: &JobId, rng: &mut Rng) -> Result<(), Stop> {
        tokio::time::sleep(Duration::from_millis(rng.u64(0..CANCEL_WITHIN_MS))).await;
        let call = self.call("cancel", self.client.cancel(job)).await?;
        match call.done()?.value.status {
            JobStatus::Canceled => {}
            // It had ended before.
            ended if ended.is_terminal() => return Ok(()),
            other => return Err(Stop::Failed(format!("job {job} is {other} after its cancel"))),
        }
        let manifest = self.manifest(job).await?;
        if manifest.status != JobStatus::Canceled {
            let text = format!(
                "job {job} is {} after its cancel was acknowledged",
                manifest.status
            );
            return Err(Stop::Broken(Invariant::CanceledStays, text));
        }
        self.ledger.canceled(Canceled {
            cycle: self.number,
            job: job.clone(),
            ready: ready(&manifest),
        });
        Ok(())
    }
}

/// The segments of a job that are ready.
pub(super) fn ready(manifest: &Manifest) -> BTreeSet<SegmentId> {
    let ready = manifest
        .segments
        .iter()
        .filter(|segment| segment.status == SegmentStatus::Ready);
    ready.map(|segment| segment.segment_id.clone()).collect()
}
