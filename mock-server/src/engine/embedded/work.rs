//! Leasing segments and ending leases.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{clock::Clock, jobs::JobKey, leases::HeldLease, queue::SegmentRef, state::State};
use crate::{
    engine::{
        Failure, FailureOutcome, Lease, LeaseError, LeaseToken, SegmentResult, WorkerId,
        retry::ModelTier,
        state::{IllegalTransition, JobEvent, SegmentEvent, StoredAudio},
    },
    faults::Draw,
};

impl State {
    /// Leases the segment that is first in line, if one is due.
    pub(super) fn take(
        &mut self,
        worker: &WorkerId,
        ttl: Duration,
        clock: Clock,
    ) -> Result<Option<Lease>, IllegalTransition> {
        let Some((segment, place)) = self.queue.pop_due(clock.now) else {
            return Ok(None);
        };
        let token = self.leases.next_token();
        let Some(job) = self.jobs.get_mut(segment.job) else {
            return Ok(None);
        };
        job.apply_segment(segment.index, SegmentEvent::Lease(token), clock)?;
        let queue_wait = clock.now.saturating_duration_since(place.due);
        let (job_id, spec) = (job.id.clone(), Arc::clone(&job.spec));
        let Some(stored) = job.segment_mut(segment.index) else {
            return Ok(None);
        };
        stored.attempts += 1;
        let earlier_wait = stored.queue_wait.replace(queue_wait);
        let (text, attempt, tier) = (Arc::clone(&stored.text), stored.attempts, stored.tier);
        let model_id = job.model(tier);
        self.jobs.apply(segment.job, JobEvent::Lease, clock)?;
        let lost = CancellationToken::new();
        let held = HeldLease {
            segment,
            worker: worker.clone(),
            place,
            earlier_wait,
            lost: lost.clone(),
        };
        self.leases.hold(token, held, clock.after(ttl));
        Ok(Some(Lease {
            token,
            job_id,
            spec,
            segment_index: segment.index,
            text,
            attempt,
            model_id,
            queue_wait,
            lost,
        }))
    }

    pub(super) fn extend(
        &mut self,
        token: LeaseToken,
        ttl: Duration,
        clock: Clock,
    ) -> Result<(), LeaseError> {
        self.leases
            .extend(token, clock.after(ttl))
            .ok_or(LeaseError::Lost)
    }

    pub(super) fn complete(
        &mut self,
        token: LeaseToken,
        result: SegmentResult,
        clock: Clock,
    ) -> Result<(), LeaseError> {
        let segment = self.end_lease(token)?.segment;
        let job = self.jobs.get_mut(segment.job).ok_or(LeaseError::Lost)?;
        let audio = Box::new(StoredAudio {
            result,
            at: clock.wall,
        });
        job.apply_segment(segment.index, SegmentEvent::Store(audio), clock)?;
        Ok(self.finish_if_ended(segment.job, clock)?)
    }

    pub(super) fn fail(
        &mut self,
        token: LeaseToken,
        failure: Failure,
        clock: Clock,
    ) -> Result<FailureOutcome, LeaseError> {
        let segment = self.end_lease(token)?.segment;
        Ok(self.end_attempt(segment, failure, clock)?)
    }

    pub(super) fn give_back(&mut self, token: LeaseToken, clock: Clock) -> Result<(), LeaseError> {
        let lease = self.end_lease(token)?;
        let job = self.jobs.get_mut(lease.segment.job).ok_or(LeaseError::Lost)?;
        job.apply_segment(lease.segment.index, SegmentEvent::Requeue, clock)?;
        if let Some(stored) = job.segment_mut(lease.segment.index) {
            stored.attempts -= 1;
            stored.queue_wait = lease.earlier_wait;
        }
        self.queue.restore(lease.segment, lease.place, clock.now);
        Ok(())
    }

    /// Ends every lease of a worker as a failed attempt.
    pub(super) fn abandon(&mut self, worker: &WorkerId, clock: Clock) -> Result<u64, IllegalTransition> {
        self.workers.forget(worker);
        let mut ended = 0;
        for token in self.leases.of_worker(worker) {
            if let Some(lease) = self.leases.end(token) {
                ended += 1;
                self.lost.push(lease.lost.clone());
                self.end_attempt(lease.segment, Failure::Synthesis, clock)?;
            }
        }
        Ok(ended)
    }

    fn end_lease(&mut self, token: LeaseToken) -> Result<HeldLease, LeaseError> {
        self.leases.end(token).ok_or(LeaseError::Lost)
    }

    /// Does what follows a failed attempt, whose lease has ended.
    pub(super) fn end_attempt(
        &mut self,
        segment: SegmentRef,
        failure: Failure,
        clock: Clock,
    ) -> Result<FailureOutcome, IllegalTransition> {
        let missing = IllegalTransition {
            what: "segment",
            state: "missing",
            event: "fail",
        };
        let job = self.jobs.get_mut(segment.job).ok_or(missing)?;
        let stored = job.segment_mut(segment.index).ok_or(missing)?;
        let (tier, failures) = (stored.tier, stored.failures + 1);
        let jitter = jitter(segment, stored.attempts);
        let outcome = self.config.retry.after_failure(tier, failures, failure, jitter);
        let event = match outcome {
            FailureOutcome::Retry { .. } | FailureOutcome::Fallback => SegmentEvent::Requeue,
            FailureOutcome::Failed(code) => SegmentEvent::Fail(code),
        };
        job.apply_segment(segment.index, event, clock)?;
        if let Some(stored) = job.segment_mut(segment.index) {
            (stored.tier, stored.failures) = match outcome {
                FailureOutcome::Fallback => (ModelTier::Fallback, 0),
                FailureOutcome::Retry { .. } | FailureOutcome::Failed(_) => (tier, failures),
            };
        }
        self.count_failure(tier, outcome);
        match outcome {
            FailureOutcome::Retry { after } => self.queue.push(segment, clock.after(after), clock.now),
            FailureOutcome::Fallback => self.queue.push(segment, clock.now, clock.now),
            FailureOutcome::Failed(_) => self.finish_if_ended(segment.job, clock)?,
        }
        Ok(outcome)
    }

    /// The cap is hit by every failure of the job's own model that no retry follows, whether or not a fallback does.
    fn count_failure(&mut self, tier: ModelTier, outcome: FailureOutcome) {
        let counters = &mut self.counters;
        match outcome {
            FailureOutcome::Retry { .. } => counters.retries.segment_retries += 1,
            FailureOutcome::Fallback => {
                counters.retries.capped_retries += 1;
                counters.fallback_model_usage += 1;
            }
            FailureOutcome::Failed(_) => {
                counters.retries.capped_retries += u64::from(tier == ModelTier::Primary);
                counters.dead_letters += 1;
            }
        }
    }

    /// Ends the job when its last segment has ended.
    fn finish_if_ended(&mut self, key: JobKey, clock: Clock) -> Result<(), IllegalTransition> {
        let Some(outcome) = self.jobs.get(key).and_then(|job| job.outcome()) else {
            return Ok(());
        };
        self.end_job(key, JobEvent::SegmentsEnded(outcome), clock)
    }

    /// Ends a job and counts it.
    pub(super) fn end_job(
        &mut self,
        key: JobKey,
        event: JobEvent,
        clock: Clock,
    ) -> Result<(), IllegalTransition> {
        self.jobs.apply(key, event, clock)?;
        if let Some(job) = self.jobs.get(key) {
            self.counters.job_ended(job.state());
        }
        Ok(())
    }
}

/// Where between its half and its whole a backoff lies: the same in every run of the same submits, different between
/// jobs, so that jobs that failed together do not come back together.
fn jitter(segment: SegmentRef, attempt: u32) -> f64 {
    let parts = [u64::from(segment.index), u64::from(attempt)].map(u64::to_be_bytes);
    Draw::of(&[b"backoff", &segment.job.0.to_be_bytes(), &parts[0], &parts[1]]).chance()
}
