//! The server's settings: flags over environment over a TOML file over defaults.
//!
//! One type, [`Layer`], holds what one of these sources says; layers are laid over each other and checked once, so a
//! value is refused with the same words wherever it came from.

mod check;
mod error;
mod file;
mod layer;
mod secret;
mod size;

use std::{path::PathBuf, time::Duration};

use audio_api::fault::FaultRule;

pub use error::ConfigError;
pub(crate) use layer::DEFAULT_MAX_CONNECTIONS;
pub use layer::{Layer, LogFormat};
pub use secret::Secret;
pub use size::ByteSize;

use crate::{engine::EngineConfig, http::ConnectionLimits, voice_cost::CostPreset};

/// The checked settings of one server.
#[derive(Debug, Clone)]
pub struct Config {
    /// Worker tasks in this process.
    pub workers: usize,
    /// What the voice costs.
    pub voice_cost: CostPreset,
    /// What looking a segment up in the cache costs.
    pub cache_lookup: Duration,
    /// How many bytes of audio are kept.
    pub cache_bytes: u64,
    /// How many files of the data directory may be open to be sent, beyond the descriptors of connections.
    pub max_open_files: usize,
    /// Where audio is kept; in memory when `None`.
    pub data_dir: Option<PathBuf>,
    /// How many jobs may be active.
    pub max_active_jobs: u64,
    /// How many workers must be online for a submit to be accepted.
    pub min_workers: u64,
    /// What every route but `/health` and `/ready` asks for.
    pub api_token: Option<Secret>,
    /// What the fault routes ask for; without it there are none.
    pub admin_token: Option<Secret>,
    /// How long a lease lasts between extensions.
    pub lease_ttl: Duration,
    /// How long one attempt may take.
    pub attempt_timeout: Duration,
    /// How long a request's body may take to arrive.
    pub body_timeout: Duration,
    /// How many bytes the bodies that are being received may have together.
    pub max_buffered_bytes: u64,
    /// What connections may take.
    pub connections: ConnectionLimits,
    /// How long a shutdown may take.
    pub shutdown_deadline: Duration,
    /// What the engine is told.
    pub engine: EngineConfig,
    /// The rules that stand from the start.
    pub faults: Vec<FaultRule>,
}

impl Default for Config {
    fn default() -> Self {
        Layer::default().config()
    }
}
