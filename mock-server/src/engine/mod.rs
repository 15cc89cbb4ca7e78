//! The engine seam: everything that state lives in stands behind one trait.
//!
//! Jobs, the queue of their segments with leases, worker heartbeats, counters, merge locks, the cancel signal and the
//! fault rules with their counters. An engine decides nothing about HTTP, voices or blobs: those are handed in or left
//! out. Every engine passes the same contract tests (`tests/e2e/engine_contract`).
//!
//! Each operation is atomic. Submit, lease and complete cost at most O(log n) in the number of stored jobs.

mod config;
mod embedded;
mod error;
mod fault_site;
mod job;
mod lease;
mod merge_lock;
pub mod retry;
pub mod state;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use audio_api::{
    JobId, SegmentId, StatusSnapshot,
    fault::{FaultList, FaultRecord, FaultRule, Stage},
};

pub use config::{EngineConfig, Fallback, RetryPolicy};
pub use embedded::EmbeddedEngine;
pub use error::{EngineError, FaultRefused, LeaseError, SubmitError};
pub use fault_site::{FaultSite, Strike, Strikes};
pub use job::{
    Admission, AudioPart, AudioRef, CacheUse, CancelReason, Idempotency, JobPage, JobRecord, JobSpec,
    ListQuery, NewJob, SegmentRecord, Submitted,
};
pub use lease::{Failure, FailureOutcome, Lease, LeaseToken, SegmentResult, StageTimes, Swept, WorkerId};
pub use merge_lock::{MergeLock, MergeLockToken};

/// The engine seam; see the module.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// Stores a job and queues its segments, or refuses it and leaves nothing behind.
    ///
    /// With an idempotency key that is known and the same body, answers the first job and changes nothing; this comes
    /// before the limits of `admission`.
    ///
    /// # Errors
    /// Over the limit of active jobs, without workers where they are required, or a reused key with another body.
    async fn submit(&self, job: NewJob, admission: Admission) -> Result<Submitted, SubmitError>;

    /// All that is known of a job.
    async fn job(&self, id: &JobId) -> Result<Option<JobRecord>, EngineError>;

    /// All that is known of one segment, at a cost that does not grow with the job.
    async fn segment(&self, id: &JobId, segment: &SegmentId) -> Result<Option<SegmentRecord>, EngineError>;

    /// The audio of a segment that is ready, or of a job that has ended with some, where it can be told without
    /// waiting. `None` says nothing about the audio: ask [`Engine::segment`] or [`Engine::job`] then.
    fn audio_at_hand(&self, id: &str, part: AudioPart) -> Option<AudioRef>;

    /// A page of jobs, newest first.
    ///
    /// # Errors
    /// [`EngineError::BadCursor`] for a cursor that this engine did not make.
    async fn list(&self, query: &ListQuery) -> Result<JobPage, EngineError>;

    /// Cancels a job and all of its segments that have not ended; a job that has ended stays as it is.
    ///
    /// From its return on no segment of the job turns ready. `None` for an unknown job.
    async fn cancel(&self, id: &JobId, reason: CancelReason) -> Result<Option<JobRecord>, EngineError>;

    /// Forgets a job, canceling it first; false for an unknown one.
    async fn delete(&self, id: &JobId) -> Result<bool, EngineError>;

    /// The jobs that have not ended; at most as many as the limit of active jobs.
    async fn active_jobs(&self) -> Result<Vec<JobId>, EngineError>;

    /// Leases the segment that is next in the queue for `ttl`, waiting up to `wait` for one.
    ///
    /// Segments leave the queue in the order in which they became due; retries come due after their backoff. A call that
    /// is dropped takes nothing with it; one that was polled has to be polled on, or dropped.
    async fn lease(
        &self,
        worker: &WorkerId,
        ttl: Duration,
        wait: Duration,
    ) -> Result<Option<Lease>, EngineError>;

    /// Prolongs a lease to `ttl` from now.
    ///
    /// # Errors
    /// [`LeaseError::Lost`] when it has expired, ended, or its job was canceled or deleted.
    async fn extend(&self, lease: LeaseToken, ttl: Duration) -> Result<(), LeaseError>;

    /// Ends a lease with stored audio: the segment is ready, and perhaps its job complete.
    ///
    /// # Errors
    /// As [`Engine::extend`]; then nothing has changed.
    async fn complete(&self, lease: LeaseToken, result: SegmentResult) -> Result<(), LeaseError>;

    /// Ends a lease with a failed attempt: the segment is queued again after a backoff, or for the fallback model, or
    /// has failed for good.
    ///
    /// # Errors
    /// As [`Engine::extend`]; then nothing has changed.
    async fn fail(&self, lease: LeaseToken, failure: Failure) -> Result<FailureOutcome, LeaseError>;

    /// Ends a lease as if it had never been taken: the segment is queued again, first in line, and the attempt does not
    /// count.
    ///
    /// # Errors
    /// As [`Engine::extend`]; then nothing has changed.
    async fn give_back(&self, lease: LeaseToken) -> Result<(), LeaseError>;

    /// Ends every lease of a worker that died, as failed attempts, and forgets its heartbeat. Returns how many.
    async fn abandon(&self, worker: &WorkerId) -> Result<u64, EngineError>;

    /// Does what time demands: ends expired leases as failed attempts, cancels jobs that were queued for too long,
    /// drops merge locks and fault rules that have expired. To be called every second or so; `lease` and `merge_lock`
    /// do not rely on it for what they hand out, but a worker that holds a lost lease, or stalls under an expired rule,
    /// may hear of it only then.
    async fn sweep(&self) -> Result<Swept, EngineError>;

    /// Says that a worker is alive; it counts as online for [`EngineConfig::worker_ttl`].
    async fn heartbeat(&self, worker: &WorkerId) -> Result<(), EngineError>;

    /// Says that a worker is leaving; it no longer counts as online. Its leases stay.
    async fn retire(&self, worker: &WorkerId) -> Result<(), EngineError>;

    /// Takes the merge lock of a job for `ttl`, waiting up to `wait`.
    ///
    /// Every take adds to `acquisitions`; a call that found the lock held adds to `wait_count` and to the wait figures,
    /// whether it got it in the end or not.
    async fn merge_lock(&self, job: &JobId, ttl: Duration, wait: Duration) -> Result<MergeLock, EngineError>;

    /// Releases a merge lock; one that has expired and was taken by another stays with the other.
    async fn merge_unlock(&self, job: &JobId, token: MergeLockToken) -> Result<(), EngineError>;

    /// The counters of the whole deployment. `uptime_s` and `version` are left empty: they are the process's own.
    /// `oldest_queued_age_s` counts from when a segment came due, so one that waits out its backoff has no age yet.
    /// At a cost that does not grow with the number of stored jobs.
    async fn snapshot(&self) -> Result<StatusSnapshot, EngineError>;

    /// Adds a fault rule.
    ///
    /// # Errors
    /// When too many stand already.
    async fn add_fault(&self, rule: FaultRule) -> Result<FaultRecord, FaultRefused>;

    /// The rules that stand, with their counters.
    async fn faults(&self) -> Result<FaultList, EngineError>;

    /// Removes a rule and releases what it holds up; false for an unknown one.
    async fn remove_fault(&self, id: &str) -> Result<bool, EngineError>;

    /// Whether any rule stands at `stage`. Never waits, so that a server without faults pays nothing for having them.
    fn has_faults(&self, stage: Stage) -> bool;

    /// Counts an arrival at a stage and says which rules strike it, up to the first that ends what the stage was doing.
    async fn strike(&self, site: &FaultSite<'_>) -> Result<Strikes, EngineError>;
}

/// An engine that several parts of a process share.
pub type SharedEngine = Arc<dyn Engine>;
