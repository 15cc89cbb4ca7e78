//! What every handler shares.

use std::{sync::Arc, time::Instant};

use audio_api::StatusSnapshot;
use tokio_util::sync::CancellationToken;

use super::BodyLimits;
use crate::{
    blobs::BlobStore,
    config::Secret,
    engine::{EngineError, SharedEngine},
    merge::Merger,
    metrics::Metrics,
};

/// What every handler shares; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    /// Everything that state lives in.
    pub engine: SharedEngine,
    /// Where the audio is.
    pub blobs: Arc<BlobStore>,
    /// Makes merged files.
    pub merger: Merger,
    /// What the process measures.
    pub metrics: Arc<Metrics>,
    /// How many jobs may be active.
    pub max_active_jobs: u64,
    /// How many workers must be online for a submit to be accepted.
    pub min_workers: u64,
    /// What receiving bodies may take.
    pub bodies: BodyLimits,
    /// What every route but the health ones asks for.
    pub api_token: Option<Secret>,
    /// What the fault routes ask for.
    pub admin_token: Option<Secret>,
    /// When the process started.
    pub started: Instant,
    /// Cancelled when the server is told to stop.
    pub stopping: CancellationToken,
}

impl App {
    /// An app of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The snapshot, with what only this process knows filled in.
    ///
    /// # Errors
    /// When the engine fails.
    pub async fn snapshot(&self) -> Result<StatusSnapshot, EngineError> {
        let mut snapshot = self.engine.snapshot().await?;
        snapshot.uptime_s = self.started.elapsed().as_secs_f64();
        env!("CARGO_PKG_VERSION").clone_into(&mut snapshot.version);
        Ok(snapshot)
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
