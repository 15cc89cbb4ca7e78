//! What an engine is told when it starts.

use std::time::Duration;

/// Settings that belong to the engine.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineConfig {
    /// What happens after a failed attempt.
    pub retry: RetryPolicy,
    /// How long a worker counts as online after a heartbeat.
    pub worker_ttl: Duration,
    /// After this long without a first lease a job is canceled as `stale_queued`.
    pub stale_queued_after: Duration,
    /// How many ended jobs are kept; the one that ended first goes first.
    pub retain_jobs: usize,
    /// How many bytes the records of ended jobs may take together, texts included, as estimated by the engine.
    pub retain_bytes: u64,
    /// The seed of everything that fault rules draw.
    pub fault_seed: u64,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            retry: RetryPolicy::default(),
            worker_ttl: Duration::from_secs(10),
            stale_queued_after: Duration::from_secs(600),
            retain_jobs: 10_000,
            retain_bytes: 256 << 20,
            fault_seed: 0,
        }
    }
}

/// What happens after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// Retries on the same model after the first attempt.
    pub max_retries: u32,
    /// The backoff before the first retry; it doubles with each, and each is drawn from 50 to 100 % of that ("equal
    /// jitter").
    pub backoff: Duration,
    /// The longest backoff.
    pub max_backoff: Duration,
    /// What is tried once the retries are used up.
    pub fallback: Fallback,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 2,
            backoff: Duration::from_millis(50),
            max_backoff: Duration::from_secs(2),
            fallback: Fallback::OtherModel,
        }
    }
}

/// What is tried once a model's retries are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// The model's fallback, once ([`audio_api::ModelId::fallback`]).
    OtherModel,
    /// Nothing; the segment has failed.
    Off,
}
