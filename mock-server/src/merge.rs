//! Making merged audio, once, under the merge lock.

use std::{sync::Arc, time::Duration};

use audio_api::{JobId, SegmentStatus, fault::Stage};
use tokio::time::Instant;

use crate::{
    audio,
    blobs::{Blob, BlobError, BlobStore},
    content_key,
    engine::{EngineError, FaultSite, JobRecord, MergeLock, MergeLockToken, SharedEngine},
    injection::{self, Stopped, Wholeness},
    metrics::Metrics,
    stored_audio,
};

/// How long a request waits for another one's merge.
const WAIT: Duration = Duration::from_secs(1);
/// How long a merge may take before another may start: far beyond the largest, so that only a dead holder loses it.
const LOCK_TTL: Duration = Duration::from_secs(60);

/// Makes merged files and remembers them by the fingerprint of their segments.
pub struct Merger {
    engine: SharedEngine,
    blobs: Arc<BlobStore>,
    metrics: Arc<Metrics>,
}

/// What came of asking for merged audio.
pub(crate) enum Merge {
    /// Here it is.
    Ready {
        /// Its content key.
        key: String,
        /// The audio.
        blob: Blob,
    },
    /// Another request is merging it.
    Busy,
    /// A segment's audio is no longer kept.
    Evicted,
}

/// Why there is no merged audio.
#[derive(Debug)]
pub(crate) enum MergeFailed {
    /// A fault, or the engine.
    Stopped(Stopped),
    /// The segments cannot be merged, or the result not be stored.
    Other(String),
}

impl From<EngineError> for MergeFailed {
    fn from(error: EngineError) -> Self {
        Self::Stopped(Stopped::Engine(error))
    }
}

impl From<Stopped> for MergeFailed {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

impl From<BlobError> for MergeFailed {
    fn from(error: BlobError) -> Self {
        Self::Other(error.to_string())
    }
}

/// The lock, while it is held. A request that goes away must not leave it behind.
struct Held<'a> {
    engine: &'a SharedEngine,
    job: &'a JobId,
    token: Option<MergeLockToken>,
}

impl Held<'_> {
    async fn release(mut self) -> Result<(), EngineError> {
        let Some(token) = self.token else { return Ok(()) };
        self.engine.merge_unlock(self.job, token).await?;
        self.token = None;
        Ok(())
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some(token) = self.token {
            let (engine, job) = (self.engine.clone(), self.job.clone());
            tokio::spawn(async move { engine.merge_unlock(&job, token).await });
        }
    }
}

impl Merger {
    /// A merger over this engine and store.
    #[must_use]
    pub const fn new(engine: SharedEngine, blobs: Arc<BlobStore>, metrics: Arc<Metrics>) -> Self {
        Self {
            engine,
            blobs,
            metrics,
        }
    }

    /// The merged audio of a job that has ended with some.
    ///
    /// # Errors
    /// When a fault says so, the segments cannot be merged, or the result cannot be stored.
    pub(crate) async fn merged(&self, job: &JobRecord) -> Result<Merge, MergeFailed> {
        let keys: Vec<&str> = job
            .manifest
            .segments
            .iter()
            .filter(|segment| segment.status == SegmentStatus::Ready)
            .filter_map(|segment| segment.cache_key.as_deref())
            .collect();
        let key = content_key::of_merged(keys.iter().copied());
        if let Some(blob) = self.made_before(&key).await? {
            return Ok(Merge::Ready { key, blob });
        }
        let id = &job.manifest.job_id;
        let MergeLock::Acquired { token, .. } = self.engine.merge_lock(id, LOCK_TTL, WAIT).await? else {
            return Ok(Merge::Busy);
        };
        let held = Held {
            engine: &self.engine,
            job: id,
            token: Some(token),
        };
        let merged = match self.made_before(&key).await {
            Ok(Some(blob)) => Ok(Merge::Ready { key, blob }),
            Ok(None) => self.make(job, key, &keys).await,
            Err(error) => Err(error.into()),
        };
        held.release().await?;
        merged
    }

    /// The merged audio if it is there and sound.
    async fn made_before(&self, key: &str) -> Result<Option<Blob>, BlobError> {
        match stored_audio::samples(&self.blobs, key).await? {
            Some(_) => self.blobs.get(key).await,
            None => Ok(None),
        }
    }

    async fn make(&self, job: &JobRecord, key: String, keys: &[&str]) -> Result<Merge, MergeFailed> {
        let start = Instant::now();
        injection::strike(
            &*self.engine,
            &FaultSite::of_job(Stage::MergeLock, Some(&job.spec)),
        )
        .await?;
        let mut segments = Vec::with_capacity(keys.len());
        for key in keys {
            let Some(segment) = self.blobs.get_bytes(key).await? else {
                return Ok(Merge::Evicted);
            };
            segments.push(segment);
        }
        let effects = injection::strike(
            &*self.engine,
            &FaultSite::of_job(Stage::MergeWrite, Some(&job.spec)),
        )
        .await?;
        let merged = tokio::task::spawn_blocking(move || audio::merge(&segments))
            .await
            .map_err(|error| MergeFailed::Other(error.to_string()))?
            .map_err(|error| MergeFailed::Other(error.to_string()))?;
        let bytes = effects.apply(merged.bytes).await;
        let key = match effects.wholeness() {
            Wholeness::Whole => key,
            Wholeness::Cut => content_key::of_cut(&key, &bytes),
        };
        self.blobs.put(&key, bytes.clone(), merged.samples, None).await?;
        self.metrics.observe_stage("merge", start.elapsed());
        let blob = bytes.into();
        Ok(Merge::Ready { key, blob })
    }
}
