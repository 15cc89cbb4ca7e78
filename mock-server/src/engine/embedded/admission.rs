//! Taking jobs in, and ending them before their time.

use audio_api::JobId;
use uuid::Uuid;

use super::{clock::Clock, job::Job, jobs::JobKey, queue::SegmentRef, state::State};
use crate::engine::{
    Admission, CancelReason, EngineError, JobRecord, NewJob, SubmitError, Submitted,
    state::{IllegalTransition, JobEvent, SegmentEvent, SegmentState},
};

impl State {
    /// Stores a job and queues its segments, or refuses it and leaves nothing behind.
    pub(super) fn submit(
        &mut self,
        new: NewJob,
        admission: Admission,
        clock: Clock,
    ) -> Result<Submitted, SubmitError> {
        if let Some(first) = self.replay(&new)? {
            return Ok(first);
        }
        self.admit(admission)?;
        let job = Job::new(JobId::from(Uuid::now_v7().to_string()), new, clock);
        let submitted = Submitted {
            job: job.record(),
            replayed: false,
        };
        let segments = submitted.job.manifest.segments_total;
        let key = self.jobs.insert(job);
        for index in 0..segments {
            self.queue
                .push(SegmentRef { job: key, index }, clock.now, clock.now);
        }
        self.counters.jobs.submitted += 1;
        Ok(submitted)
    }

    /// The first submit's job, when this one is the same.
    fn replay(&self, new: &NewJob) -> Result<Option<Submitted>, SubmitError> {
        let Some(given) = &new.idempotency else {
            return Ok(None);
        };
        let Some(job) = self.jobs.by_idempotency_key(&given.key) else {
            return Ok(None);
        };
        if job.idempotency.as_ref() != Some(given) {
            return Err(SubmitError::KeyReused {
                first: job.id.clone(),
            });
        }
        Ok(Some(Submitted {
            job: job.record(),
            replayed: true,
        }))
    }

    fn admit(&self, admission: Admission) -> Result<(), SubmitError> {
        let active = self.jobs.active();
        if active >= admission.max_active_jobs {
            return Err(SubmitError::TooManyActive {
                active,
                limit: admission.max_active_jobs,
            });
        }
        if self.workers.online() < admission.min_workers {
            return Err(SubmitError::NoWorkers);
        }
        Ok(())
    }

    /// Cancels a job unless it has ended, and says what has become of it; `None` for an unknown one.
    pub(super) fn cancel(
        &mut self,
        id: &JobId,
        reason: CancelReason,
        clock: Clock,
    ) -> Result<Option<JobRecord>, EngineError> {
        let Some(key) = self.jobs.key_of(id) else {
            return Ok(None);
        };
        self.cancel_job(key, reason, clock)?;
        Ok(self.jobs.get(key).map(Job::record))
    }

    /// Cancels a job unless it has ended.
    pub(super) fn cancel_job(
        &mut self,
        key: JobKey,
        reason: CancelReason,
        clock: Clock,
    ) -> Result<(), IllegalTransition> {
        let Some(job) = self.jobs.get_mut(key) else {
            return Ok(());
        };
        if job.state().status().is_terminal() {
            return Ok(());
        }
        let open: Vec<(u32, SegmentState)> = job
            .segment_states()
            .filter(|(_, state)| !state.status().is_terminal())
            .map(|(index, state)| (index, state.clone()))
            .collect();
        for (index, state) in open {
            job.apply_segment(index, SegmentEvent::Cancel(reason), clock)?;
            match state {
                SegmentState::Synthesizing(token) => {
                    self.lost.extend(self.leases.end(token).map(|lease| lease.lost));
                }
                _ => self.queue.remove(SegmentRef { job: key, index }),
            }
        }
        self.counters.stale_queued_cancels += u64::from(reason == CancelReason::StaleQueued);
        self.end_job(key, JobEvent::Cancel(reason), clock)
    }

    /// Forgets a job, canceling it first; false for an unknown one.
    pub(super) fn delete(&mut self, id: &JobId, clock: Clock) -> Result<bool, EngineError> {
        let Some(key) = self.jobs.key_of(id) else {
            return Ok(false);
        };
        self.cancel_job(key, CancelReason::Requested, clock)?;
        self.jobs.remove(key);
        Ok(true)
    }
}
