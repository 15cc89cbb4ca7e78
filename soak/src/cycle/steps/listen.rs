//! The audio of a job that is complete: ranges held to the whole, merged audio to its segments.

use std::time::{Duration, Instant};

use audio_api::JobId;
use audio_client::{Fetch, Outcome};
use bytes::Bytes;
use fastrand::Rng;
use futures::future::join_all;
use http::StatusCode;
use run_report::Invariant;

use super::Cycle;
use crate::cycle::{
    audio::{WholeSegment, deviation, joined},
    range::RangeWish,
    stop::Stop,
};

/// Ranges of a cycle.
const RANGES: std::ops::RangeInclusive<u32> = 2..=5;
/// So many clients fetch the merged audio at once where several do.
const AT_ONCE: usize = 3;
/// How long to wait for merged audio where the server does not say.
const MERGE_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause before merged audio is asked for again: the server's whole second would cost the run too much.
const LONGEST_MERGE_PAUSE: Duration = Duration::from_millis(250);

impl Cycle<'_> {
    pub(super) async fn ranges(
        &self,
        job: &JobId,
        segments: &[WholeSegment],
        rng: &mut Rng,
    ) -> Result<(), Stop> {
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
    pub(super) async fn merged(&self, job: &JobId, segments: Vec<WholeSegment>) -> Result<(), Stop> {
        let broken = |text| Stop::Broken(Invariant::MergedEqualsSegments, format!("job {job}: {text}"));
        // Before the merged file is asked for: what is cut may have nothing to be merged to.
        let joined = apart(move || joined(&segments))
            .await
            .and_then(|found| found)
            .map_err(broken)?;
        let clients = if self.contends { AT_ONCE } else { 1 };
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
}

/// Does what the processor needs a while for on a thread of its own.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| format!("the decoder gave up: {error}"))
}
