//! One cycle: a job from its submit to the last check of its audio, or to its cancel.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use audio_api::{JobId, JobStatus, Manifest, SegmentId, SegmentStatus, SubmitRequest};
use audio_client::{Call, CallError, Capability, Client, Fetch, Outcome, Reply, Route, on_behalf_of};
use bytes::Bytes;
use fastrand::Rng;
use futures::future::join_all;
use http::StatusCode;
use run_report::{Invariant, Violation};

use super::{
    audio::{WholeSegment, deviation, joined},
    ledger::{Canceled, Ledger},
    range::RangeWish,
    stop::Stop,
    text::Text,
};

/// Looks at a playlist: the first pause, its growth, the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);
/// Ranges of a cycle.
const RANGES: std::ops::RangeInclusive<u32> = 2..=5;
/// Of so many cycles one has several clients fetch the merged audio at once.
const AT_ONCE_EVERY: u64 = 4;
/// So many clients.
const AT_ONCE: usize = 3;
/// A job is canceled within this time of its submit.
const CANCEL_WITHIN_MS: u64 = 120;
/// How long to wait for merged audio where the server does not say.
const MERGE_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause before merged audio is asked for again: the server's whole second would cost the run too much.
const LONGEST_MERGE_PAUSE: Duration = Duration::from_millis(250);

/// One cycle.
#[derive(Debug)]
pub(super) struct Cycle<'a> {
    pub(super) number: u64,
    pub(super) client: &'a Client,
    pub(super) ledger: &'a Ledger,
    pub(super) text: Text,
    pub(super) cancels: bool,
    pub(super) job_deadline: Duration,
}

/// A segment as the playlist or the manifest has it.
struct Entry {
    id: SegmentId,
    status: SegmentStatus,
    path: Option<String>,
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

    /// Follows the playlist and fetches each segment whole as soon as it is ready.
    async fn follow(
        &self,
        job: &JobId,
        (began, deadline): (Instant, Instant),
    ) -> Result<Vec<WholeSegment>, Stop> {
        let mut whole: Vec<WholeSegment> = Vec::new();
        let mut pause = FIRST_PAUSE;
        let mut evicted = false;
        let mut seen = BTreeSet::new();
        loop {
            let entries = self.entries(job).await?;
            for entry in entries
                .iter()
                .filter(|entry| entry.status == SegmentStatus::Ready)
            {
                if seen.insert(entry.id.clone()) {
                    if seen.len() == 1 {
                        self.ledger.time("submit_to_first_ready", began.elapsed());
                    }
                    match self.segment(job, entry).await {
                        Ok(bytes) => whole.push(WholeSegment {
                            id: entry.id.clone(),
                            bytes,
                        }),
                        Err(Stop::Evicted) => evicted = true,
                        Err(other) => return Err(other),
                    }
                }
            }
            if entries.iter().all(|entry| entry.status.is_terminal()) {
                self.ended(&entries, began)?;
                if evicted {
                    return Err(Stop::Evicted);
                }
                let place = |id: &SegmentId| entries.iter().position(|entry| entry.id == *id);
                whole.sort_by_key(|segment| place(&segment.id));
                return Ok(whole);
            }
            if Instant::now() >= deadline {
                return Err(self.beyond_deadline(job, &entries));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }

    fn ended(&self, entries: &[Entry], began: Instant) -> Result<(), Stop> {
        if entries.is_empty() {
            return Err(Stop::Failed("the job has no segment".to_owned()));
        }
        let bad = entries.iter().find(|entry| entry.status != SegmentStatus::Ready);
        if let Some(bad) = bad {
            return Err(Stop::Failed(format!(
                "segment {} ended as {}",
                bad.id, bad.status
            )));
        }
        if self.text.repeated {
            self.ledger.time("submit_to_ready_repeated", began.elapsed());
        } else {
            self.ledger.time("submit_to_ready", began.elapsed());
            self.ledger.ready(began.elapsed());
        }
        Ok(())
    }

    fn beyond_deadline(&self, job: &JobId, entries: &[Entry]) -> Stop {
        let ready = entries
            .iter()
            .filter(|entry| entry.status == SegmentStatus::Ready)
            .count();
        let text = format!(
            "job {job} is active {:?} after its submit: {ready} of {} segments are ready",
            self.job_deadline,
            entries.len()
        );
        Stop::Broken(Invariant::JobDeadline, text)
    }

    async fn entries(&self, job: &JobId) -> Result<Vec<Entry>, Stop> {
        if !self.client.profile().can(Capability::Playlist) {
            let manifest = self.manifest(job).await?;
            let entry = |segment: audio_api::SegmentManifest| Entry {
                id: segment.segment_id,
                status: segment.status,
                path: None,
            };
            return Ok(manifest.segments.into_iter().map(entry).collect());
        }
        let call = self.call("playlist", self.client.playlist(job)).await?;
        let playlist = call.done()?.value.playlist;
        let entry = |entry: audio_api::PlaylistEntry| Entry {
            id: entry.segment_id,
            status: entry.status,
            path: Some(entry.url_best),
        };
        Ok(playlist.into_iter().map(entry).collect())
    }

    async fn manifest(&self, job: &JobId) -> Result<Manifest, Stop> {
        let call = self.call("job", self.client.job(job)).await?;
        Ok(call.done()?.value.manifest)
    }

    async fn segment(&self, job: &JobId, entry: &Entry) -> Result<Bytes, Stop> {
        let call = match &entry.path {
            Some(path) => {
                let fetch = self.client.named_path(Route::Segment, path, Fetch::get());
                self.call("segment", fetch).await?
            }
            None => {
                let fetch = self.client.segment(job, &entry.id, Fetch::get());
                self.call("segment", fetch).await?
            }
        };
        let reply = self.there(call)?;
        let magic = &self.client.profile().audio.magic;
        if !reply.body.starts_with(magic.as_bytes()) {
            return Err(Stop::Failed(format!(
                "segment {} does not begin with {magic:?}",
                entry.id
            )));
        }
        self.ledger.count(|tally| tally.segments += 1);
        Ok(reply.body)
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

    /// The job itself has ended too, and well.
    async fn complete(&self, job: &JobId, deadline: Instant) -> Result<(), Stop> {
        loop {
            let manifest = self.manifest(job).await?;
            if manifest.status.is_terminal() {
                return match manifest.status {
                    JobStatus::Complete => Ok(()),
                    other => Err(Stop::Failed(format!("job {job} ended as {other}"))),
                };
            }
            if Instant::now() >= deadline {
                let text = format!("job {job} is {} with all its segments ended", manifest.status);
                return Err(Stop::Broken(Invariant::JobDeadline, text));
            }
            tokio::time::sleep(FIRST_PAUSE).await;
        }
    }

    async fn ranges(&self, job: &JobId, segments: &[WholeSegment], rng: &mut Rng) -> Result<(), Stop> {
        for _ in 0..rng.u32(RANGES) {
            let segment = &segments[rng.usize(..segments.len())];
            let wish = RangeWish::draw(segment.bytes.len(), rng);
            let fetch = self
                .client
                .segment(job, &segment.id, Fetch::get().range(&wish.header));
            let call = self.call("range", fetch).await?;
            let answered = matches!(
                call.outcome,
                Outcome::Done(()) | Outcome::Refused(StatusCode::RANGE_NOT_SATISFIABLE)
            );
            let reply = if answered { call.reply } else { self.there(call)? };
            if let Some(deviation) = wish.deviation(&segment.bytes, &reply) {
                let text = format!("segment {} of job {job}: {deviation}", segment.id);
                return Err(Stop::Broken(Invariant::RangeEqualsWhole, text));
            }
            self.ledger.held(Invariant::RangeEqualsWhole);
            self.ledger.count(|tally| tally.ranges += 1);
        }
        Ok(())
    }

    /// One client fetches the merged audio, or several do at once, and it is held to the segments.
    async fn merged(&self, job: &JobId, segments: Vec<WholeSegment>) -> Result<(), Stop> {
        let broken = |text| Stop::Broken(Invariant::MergedEqualsSegments, format!("job {job}: {text}"));
        // Before the merged file is asked for: what is cut may have nothing to be merged to.
        let joined = apart(move || joined(&segments))
            .await
            .and_then(|found| found)
            .map_err(broken)?;
        let clients = if self.number.is_multiple_of(AT_ONCE_EVERY) {
            AT_ONCE
        } else {
            1
        };
        let deadline = Instant::now() + self.job_deadline;
        let fetched = join_all((0..clients).map(|_| self.one_merged(job, deadline))).await;
        let mut files = fetched.into_iter().collect::<Result<Vec<Bytes>, Stop>>()?;
        let Some(file) = files.pop() else {
            unreachable!("at least one client fetches it")
        };
        if files.iter().any(|other| *other != file) {
            return Err(broken(format!("{clients} clients at once got different bytes")));
        }
        let found = apart(move || deviation(&joined, &file)).await.map_err(broken)?;
        if let Some(text) = found {
            return Err(broken(text));
        }
        self.ledger.held(Invariant::MergedEqualsSegments);
        self.ledger.count(|tally| {
            tally.merged += 1;
            tally.merged_at_once += u64::from(clients > 1);
        });
        Ok(())
    }

    async fn one_merged(&self, job: &JobId, deadline: Instant) -> Result<Bytes, Stop> {
        loop {
            let call = self.call("merged", self.client.merged(job, Fetch::get())).await?;
            match call.outcome {
                Outcome::Pending { retry_after } if Instant::now() < deadline => {
                    let wait = retry_after.unwrap_or(MERGE_PAUSE).min(LONGEST_MERGE_PAUSE);
                    tokio::time::sleep(wait).await;
                }
                _ => return Ok(self.there(call)?.body),
            }
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

/// Does what the processor needs a while for on a thread of its own.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| format!("the decoder gave up: {error}"))
}

/// The segments of a job that are ready.
pub(super) fn ready(manifest: &Manifest) -> BTreeSet<SegmentId> {
    let ready = manifest
        .segments
        .iter()
        .filter(|segment| segment.status == SegmentStatus::Ready);
    ready.map(|segment| segment.segment_id.clone()).collect()
}
