//! The engine in one process: no service needed, nothing outlives the process.
//!
//! Jobs, queue, leases, workers and counters stand behind one lock that is held for one operation and never over an
//! await; merge locks and fault rules, which nothing else depends on, behind one of their own each. Time is tokio's.
//! Nothing runs by itself: each operation first does what time demands, so what it sees is never out of date, and
//! [`Engine::sweep`] merely bounds how late it happens when nobody calls.

mod admission;
mod clock;
mod counters;
mod dispatch;
mod fault_book;
mod job;
mod jobs;
mod leases;
mod listing;
mod merge_locks;
mod queue;
mod state;
#[cfg(test)]
mod tests;
mod work;
mod workers;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use audio_api::{
    JobId, SegmentId, StatusSnapshot,
    fault::{FaultList, FaultRecord, FaultRule, Stage},
};
use parking_lot::Mutex;

use self::{
    clock::Clock, dispatch::Dispatch, fault_book::FaultBook, job::Job, merge_locks::MergeLocks, state::State,
};
use super::{
    Admission, AudioPart, AudioRef, CancelReason, Engine, EngineConfig, EngineError, Failure, FailureOutcome,
    FaultRefused, FaultSite, JobPage, JobRecord, Lease, LeaseError, LeaseToken, ListQuery, MergeLock,
    MergeLockToken, NewJob, SegmentRecord, SegmentResult, Strikes, SubmitError, Submitted, Swept, WorkerId,
};

/// The engine in one process; see the module.
pub struct EmbeddedEngine {
    state: Mutex<State>,
    dispatch: Dispatch,
    merge_locks: MergeLocks,
    faults: FaultBook,
}

impl fmt::Debug for EmbeddedEngine {
    /// Without its jobs: their texts are never logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedEngine").finish_non_exhaustive()
    }
}

impl EmbeddedEngine {
    /// An engine without jobs.
    #[must_use]
    pub fn new(config: EngineConfig) -> Self {
        Self {
            dispatch: Dispatch::default(),
            merge_locks: MergeLocks::default(),
            faults: FaultBook::new(config.fault_seed),
            state: Mutex::new(State::new(config)),
        }
    }

    /// One operation: what time demands, then `operate`, then, with the lock released, telling those concerned.
    fn with<R>(&self, operate: impl FnOnce(&mut State, Clock) -> R) -> R {
        let (result, effects) = {
            let mut state = self.state.lock();
            let clock = Clock::read();
            state.advance(clock);
            let result = operate(&mut state, clock);
            (result, state.settle(clock))
        };
        self.dispatch.tell(effects);
        result
    }
}

#[async_trait]
impl Engine for EmbeddedEngine {
    async fn submit(&self, job: NewJob, admission: Admission) -> Result<Submitted, SubmitError> {
        self.with(|state, clock| state.submit(job, admission, clock))
    }

    async fn job(&self, id: &JobId) -> Result<Option<JobRecord>, EngineError> {
        Ok(self.with(|state, _| state.jobs.by_id(id).map(Job::record)))
    }

    async fn segment(&self, id: &JobId, segment: &SegmentId) -> Result<Option<SegmentRecord>, EngineError> {
        let Some(index) = segment.index() else {
            return Ok(None);
        };
        Ok(self.with(|state, _| state.jobs.by_id(id)?.segment_record(index)))
    }

    /// Time changes nothing in audio that is ready, so nothing that it demands is done first.
    fn audio_at_hand(&self, id: &str, part: AudioPart) -> Option<AudioRef> {
        self.state.lock().jobs.by_name(id)?.audio(part)
    }

    async fn list(&self, query: &ListQuery) -> Result<JobPage, EngineError> {
        self.with(|state, _| state.jobs.page(query))
    }

    async fn cancel(&self, id: &JobId, reason: CancelReason) -> Result<Option<JobRecord>, EngineError> {
        self.with(|state, clock| state.cancel(id, reason, clock))
    }

    async fn delete(&self, id: &JobId) -> Result<bool, EngineError> {
        self.with(|state, clock| state.delete(id, clock))
    }

    async fn active_jobs(&self) -> Result<Vec<JobId>, EngineError> {
        Ok(self.with(|state, _| state.jobs.active_ids()))
    }

    async fn lease(
        &self,
        worker: &WorkerId,
        ttl: Duration,
        wait: Duration,
    ) -> Result<Option<Lease>, EngineError> {
        let attempt = || {
            self.with(|state, clock| state.take(worker, ttl, clock))
                .transpose()
        };
        let set_alarm = || self.with(|state, _| state.set_alarm());
        let lease = self.dispatch.wait_for(wait, attempt, set_alarm).await;
        Ok(lease.transpose()?)
    }

    async fn extend(&self, lease: LeaseToken, ttl: Duration) -> Result<(), LeaseError> {
        self.with(|state, clock| state.extend(lease, ttl, clock))
    }

    async fn complete(&self, lease: LeaseToken, result: SegmentResult) -> Result<(), LeaseError> {
        self.with(|state, clock| state.complete(lease, result, clock))
    }

    async fn fail(&self, lease: LeaseToken, failure: Failure) -> Result<FailureOutcome, LeaseError> {
        self.with(|state, clock| state.fail(lease, failure, clock))
    }

    async fn give_back(&self, lease: LeaseToken) -> Result<(), LeaseError> {
        self.with(|state, clock| state.give_back(lease, clock))
    }

    async fn abandon(&self, worker: &WorkerId) -> Result<u64, EngineError> {
        Ok(self.with(|state, clock| state.abandon(worker, clock))?)
    }

    async fn sweep(&self) -> Result<Swept, EngineError> {
        self.merge_locks.sweep();
        let expired_faults = self.faults.sweep();
        let ended = self.with(|state, _| std::mem::take(&mut state.ended_by_time));
        Ok(Swept {
            expired_leases: ended.leases,
            stale_jobs: ended.stale_jobs,
            expired_faults,
        })
    }

    async fn heartbeat(&self, worker: &WorkerId) -> Result<(), EngineError> {
        self.with(|state, clock| {
            let until = clock.after(state.config.worker_ttl);
            state.workers.beat(worker, until);
        });
        Ok(())
    }

    async fn retire(&self, worker: &WorkerId) -> Result<(), EngineError> {
        self.with(|state, _| state.workers.forget(worker));
        Ok(())
    }

    async fn merge_lock(&self, job: &JobId, ttl: Duration, wait: Duration) -> Result<MergeLock, EngineError> {
        Ok(self.merge_locks.take(job, ttl, wait).await)
    }

    async fn merge_unlock(&self, job: &JobId, token: MergeLockToken) -> Result<(), EngineError> {
        self.merge_locks.release(job, token);
        Ok(())
    }

    async fn snapshot(&self) -> Result<StatusSnapshot, EngineError> {
        Ok(StatusSnapshot {
            merge_lock_contention: self.merge_locks.figures(),
            faults_fired: self.faults.fired_total(),
            ..self.with(|state, clock| state.snapshot(clock))
        })
    }

    async fn add_fault(&self, rule: FaultRule) -> Result<FaultRecord, FaultRefused> {
        self.faults.add(rule)
    }

    async fn faults(&self) -> Result<FaultList, EngineError> {
        Ok(self.faults.list())
    }

    async fn remove_fault(&self, id: &str) -> Result<bool, EngineError> {
        Ok(self.faults.remove(id))
    }

    fn has_faults(&self, stage: Stage) -> bool {
        self.faults.any_at(stage)
    }

    async fn strike(&self, site: &FaultSite<'_>) -> Result<Strikes, EngineError> {
        Ok(self.faults.strike(site))
    }
}
