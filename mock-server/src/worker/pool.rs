//! Worker tasks, watched: one that dies is noticed, its leases end, and another takes its place.

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinHandle, time};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::attempt::{self, Outcome};
use crate::{
    blobs::BlobStore,
    engine::{Lease, LeaseError, SharedEngine, WorkerId},
    metrics::Metrics,
    voice_cost::VoiceCost,
};

/// How often a worker says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How long a worker waits for a segment before it looks around.
const LEASE_WAIT: Duration = Duration::from_secs(5);
/// How long to wait after the engine failed, or a worker died.
const PAUSE: Duration = Duration::from_millis(100);

/// What workers are told.
#[derive(Debug, Clone, Copy)]
pub struct WorkerSettings {
    /// What the voice costs.
    pub voice_cost: VoiceCost,
    /// What looking a segment up in the cache costs.
    pub cache_lookup: Duration,
    /// How long a lease lasts between extensions.
    pub lease_ttl: Duration,
    /// How long one attempt may take.
    pub attempt_timeout: Duration,
}

/// What all workers of a process share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) engine: SharedEngine,
    pub(super) blobs: Arc<BlobStore>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) settings: WorkerSettings,
    /// No more leases are taken.
    stop: CancellationToken,
    /// What is still at work gives its lease back.
    give_up: CancellationToken,
}

/// The workers of one process.
pub struct WorkerPool {
    tracker: TaskTracker,
    stop: CancellationToken,
    give_up: CancellationToken,
}

impl WorkerPool {
    /// Starts `count` workers.
    #[must_use]
    pub fn start(
        count: usize,
        engine: SharedEngine,
        blobs: Arc<BlobStore>,
        metrics: Arc<Metrics>,
        settings: WorkerSettings,
    ) -> Self {
        let (stop, give_up) = (CancellationToken::new(), CancellationToken::new());
        let shared = Shared {
            engine,
            blobs,
            metrics,
            settings,
            stop: stop.clone(),
            give_up: give_up.clone(),
        };
        let tracker = TaskTracker::new();
        for _ in 0..count {
            tracker.spawn(keep_running(shared.clone()));
        }
        tracker.close();
        Self {
            tracker,
            stop,
            give_up,
        }
    }

    /// Stops the workers: each finishes its segment, or gives it back when `deadline` has passed.
    pub async fn stop(self, deadline: Duration) {
        self.stop.cancel();
        if time::timeout(deadline, self.tracker.wait()).await.is_err() {
            self.give_up.cancel();
            // What is left is giving a lease back, which does not wait for anything outside.
            let _ = time::timeout(PAUSE * 10, self.tracker.wait()).await;
        }
    }
}

/// One place in the pool: a worker, and after its death another.
async fn keep_running(shared: Shared) {
    while !shared.stop.is_cancelled() {
        let id = WorkerId(format!("worker-{}", Uuid::now_v7().simple()).into());
        let task: JoinHandle<()> = tokio::spawn(run(shared.clone(), id.clone()));
        let Err(death) = task.await else { continue };
        shared.metrics.worker_restarts.inc();
        let abandoned = shared.engine.abandon(&id).await.unwrap_or_default();
        tracing::error!(worker = %id, abandoned, panic = death.is_panic(), "worker died; another takes its place");
        time::sleep(PAUSE).await;
    }
}

async fn run(shared: Shared, id: WorkerId) {
    tokio::select! {
        () = work(&shared, &id) => {}
        () = beat(&shared, &id) => {}
    }
    if let Err(error) = shared.engine.retire(&id).await {
        tracing::warn!(worker = %id, %error, "could not sign off");
    }
}

/// Never ends.
async fn beat(shared: &Shared, id: &WorkerId) {
    let mut ticks = time::interval(HEARTBEAT);
    loop {
        ticks.tick().await;
        if let Err(error) = shared.engine.heartbeat(id).await {
            tracing::warn!(worker = %id, %error, "heartbeat failed");
        }
    }
}

/// Takes one segment after the other until the pool stops.
async fn work(shared: &Shared, id: &WorkerId) {
    loop {
        let lease = tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            lease = shared.engine.lease(id, shared.settings.lease_ttl, LEASE_WAIT) => lease,
        };
        match lease {
            Ok(Some(lease)) => attempt(shared, &lease).await,
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(worker = %id, %error, "could not lease a segment");
                time::sleep(PAUSE).await;
            }
        }
    }
}

/// Makes one attempt and tells the engine how it ended.
async fn attempt(shared: &Shared, lease: &Lease) {
    let outcome = tokio::select! {
        biased;
        () = lease.lost.cancelled() => Outcome::Lost,
        () = shared.give_up.cancelled() => Outcome::GivenBack,
        outcome = attempt::make(shared, lease) => outcome,
    };
    let told = match &outcome {
        Outcome::Made(result) => shared.engine.complete(lease.token, result.clone()).await,
        Outcome::Failed(failure) => shared.engine.fail(lease.token, *failure).await.map(|_| ()),
        Outcome::GivenBack => shared.engine.give_back(lease.token).await,
        Outcome::Lost | Outcome::Forgotten => Ok(()),
    };
    let (job, segment, attempt) = (&lease.job_id, lease.segment_index, lease.attempt);
    match told {
        Ok(()) => tracing::debug!(%job, segment, attempt, outcome = outcome.name(), "attempt ended"),
        Err(LeaseError::Lost) => {
            tracing::debug!(%job, segment, attempt, "lease lost before the attempt ended");
        }
        Err(LeaseError::Engine(error)) => {
            tracing::warn!(%job, segment, attempt, %error, "could not report the attempt");
        }
    }
}
