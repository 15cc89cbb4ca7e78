//! One stored job with its segments.

mod view;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use audio_api::{JobId, ModelId, SegmentStatus};
use jiff::Timestamp;
use tokio::time::Instant;

use super::clock::Clock;
use crate::engine::{
    Idempotency, JobSpec, NewJob,
    retry::ModelTier,
    state::{IllegalTransition, JobEvent, JobState, Outcome, SegmentEvent, SegmentState},
};

/// What a segment takes besides its text, its keys and manifest included; from the sizes of the types, rounded up.
const SEGMENT_BYTES: u64 = 384;
/// What a job takes besides texts and segments, its entries in the indices included; likewise.
const JOB_BYTES: u64 = 1_024;

/// One stored job.
pub(super) struct Job {
    pub(super) id: JobId,
    pub(super) spec: Arc<JobSpec>,
    pub(super) idempotency: Option<Idempotency>,
    /// When it was accepted, on the clock that the stale limit goes by.
    pub(super) accepted: Instant,
    /// An estimate of the memory that the job takes.
    pub(super) size_bytes: u64,
    state: JobState,
    segments: Vec<Segment>,
    tally: Tally,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// The key of its merged audio; what it is made of no longer changes once the job has ended.
    merged_key: OnceLock<String>,
}

/// One stored segment.
pub(super) struct Segment {
    /// What to say.
    pub(super) text: Arc<str>,
    /// Attempts so far, the running one included.
    pub(super) attempts: u32,
    /// Failed attempts on the model in use.
    pub(super) failures: u32,
    /// Which of its models is in use.
    pub(super) tier: ModelTier,
    /// How long it had been due when it was last leased.
    pub(super) queue_wait: Option<Duration>,
    state: SegmentState,
}

/// How many segments are in which state; those that are queued are the rest.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    synthesizing: u32,
    ready: u32,
    error: u32,
    canceled: u32,
}

impl Job {
    pub(super) fn new(id: JobId, new: NewJob, clock: Clock) -> Self {
        let size_bytes = estimate(&new);
        let segments = new.segments.into_iter().map(Segment::new).collect();
        Self {
            id,
            spec: new.spec,
            idempotency: new.idempotency,
            accepted: clock.now,
            size_bytes,
            state: JobState::Queued,
            segments,
            tally: Tally::default(),
            created_at: clock.wall,
            updated_at: clock.wall,
            merged_key: OnceLock::new(),
        }
    }

    pub(super) const fn state(&self) -> JobState {
        self.state
    }

    /// Changes the job's own state; [`super::jobs::JobTable`] keeps the indices beside it.
    pub(super) fn apply(&mut self, event: JobEvent, clock: Clock) -> Result<(), IllegalTransition> {
        self.state = self.state.after(event)?;
        self.touch(clock);
        Ok(())
    }

    /// Changes one segment's state.
    ///
    /// # Errors
    /// When the event does not fit; then nothing has changed.
    pub(super) fn apply_segment(
        &mut self,
        index: u32,
        event: SegmentEvent,
        clock: Clock,
    ) -> Result<(), IllegalTransition> {
        let Some(segment) = self.segments.get_mut(index as usize) else {
            return Err(IllegalTransition {
                what: "segment",
                state: "missing",
                event: "any",
            });
        };
        let after = segment.state.after(event)?;
        self.tally.leave(segment.state.status());
        self.tally.enter(after.status());
        segment.state = after;
        self.touch(clock);
        Ok(())
    }

    pub(super) fn segment(&self, index: u32) -> Option<&Segment> {
        self.segments.get(index as usize)
    }

    pub(super) fn segment_mut(&mut self, index: u32) -> Option<&mut Segment> {
        self.segments.get_mut(index as usize)
    }

    /// The segments' states, in index order.
    pub(super) fn segment_states(&self) -> impl Iterator<Item = (u32, &SegmentState)> {
        (0..).zip(self.segments.iter().map(|segment| &segment.state))
    }

    /// How the segments ended; `None` while one has not.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        let total = self.total();
        if self.tally.ready == total {
            return Some(Outcome::AllReady);
        }
        if self.tally.ready + self.tally.error < total {
            return None;
        }
        if self.tally.ready > 0 {
            return Some(Outcome::Mixed);
        }
        let first = self
            .segments
            .iter()
            .find_map(|segment| segment.state.error_code());
        first.map(Outcome::AllFailed)
    }

    /// The model that a segment uses in `tier`.
    pub(super) fn model(&self, tier: ModelTier) -> ModelId {
        match tier {
            ModelTier::Primary => self.spec.model_id,
            ModelTier::Fallback => self.spec.model_id.fallback(),
        }
    }

    /// The wall clock may be set back; what the wire shows does not go back with it.
    fn touch(&mut self, clock: Clock) {
        self.updated_at = self.updated_at.max(clock.wall);
    }

    fn total(&self) -> u32 {
        u32::try_from(self.segments.len()).unwrap_or(u32::MAX)
    }
}

impl Segment {
    fn new(text: Arc<str>) -> Self {
        Self {
            text,
            attempts: 0,
            failures: 0,
            tier: ModelTier::Primary,
            queue_wait: None,
            state: SegmentState::Queued,
        }
    }
}

impl Tally {
    fn of(&mut self, status: SegmentStatus) -> Option<&mut u32> {
        match status {
            SegmentStatus::Queued => None,
            SegmentStatus::Synthesizing => Some(&mut self.synthesizing),
            SegmentStatus::Ready => Some(&mut self.ready),
            SegmentStatus::Error => Some(&mut self.error),
            SegmentStatus::Canceled => Some(&mut self.canceled),
        }
    }

    fn leave(&mut self, status: SegmentStatus) {
        if let Some(count) = self.of(status) {
            *count -= 1;
        }
    }

    fn enter(&mut self, status: SegmentStatus) {
        if let Some(count) = self.of(status) {
            *count += 1;
        }
    }
}

fn estimate(new: &NewJob) -> u64 {
    let spec = &new.spec;
    let profile = spec.reading_profile.as_ref().map_or(0, |profile| profile.len());
    let key = new.idempotency.as_ref().map_or(0, |known| 2 * known.key.len());
    let segments: usize = new.segments.iter().map(|text| text.len()).sum();
    let texts = spec.text.len() + spec.voice_id.len() + profile + key + segments;
    JOB_BYTES + SEGMENT_BYTES * new.segments.len() as u64 + texts as u64
}
