//! A job until it has ended: its playlist, and each segment as it turns ready.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use audio_api::{JobId, JobStatus, SegmentId, SegmentStatus};
use audio_client::{Capability, Fetch, Route};
use bytes::Bytes;
use run_report::Invariant;

use super::Cycle;
use crate::cycle::{audio::WholeSegment, stop::Stop};

/// Looks at a playlist: the first pause, its growth, the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// A segment as the playlist or the manifest has it.
struct Entry {
    id: SegmentId,
    status: SegmentStatus,
    path: Option<String>,
}

impl Cycle<'_> {
    /// Follows the playlist and fetches each segment whole as soon as it is ready.
    pub(super) async fn follow(
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

    /// The job itself has ended too, and well.
    pub(super) async fn complete(&self, job: &JobId, deadline: Instant) -> Result<(), Stop> {
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
}
