//! What one source of settings says, and how sources are laid over each other.

use std::{path::PathBuf, time::Duration};

use audio_api::fault::FaultRule;
use clap::{ArgAction, Args, ValueEnum, builder::RangedU64ValueParser};
use serde::{Deserialize, Serialize};

use super::{ByteSize, Config, Secret, secret::SecretParser};
use crate::{
    engine::{EngineConfig, Fallback, RetryPolicy},
    http::ConnectionLimits,
    voice_cost::CostPreset,
};

/// What is served at a time unless the descriptor limit or a setting says less.
pub(crate) const DEFAULT_MAX_CONNECTIONS: u64 = 16_384;
/// What a process that has not looked at its limit of descriptors may open: few of the 1024 that are usual.
const DEFAULT_MAX_OPEN_FILES: usize = 256;

/// What one source of settings says; what it leaves open another may say.
///
/// The TOML file has the same names, with underscores; `fault` there is an array of tables.
#[derive(Debug, Clone, Default, Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Layer {
    /// Address to listen on; port 0 takes a free one [default: 127.0.0.1:8000]
    #[arg(long, env = "MOCK_SERVER_LISTEN", value_name = "ADDRESS:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
    /// Worker tasks, 0 to 1024 [default: 4]
    #[arg(long, env = "MOCK_SERVER_WORKERS", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<u64>,
    /// What the mock voice costs: a fixed part and a part per character; `fast` is a tenth [default: default]
    #[arg(long, env = "MOCK_SERVER_VOICE_COST", value_name = "PRESET")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice_cost: Option<CostPreset>,
    /// What a cache lookup costs [default: 20, or 0 with --voice-cost zero]
    #[arg(long, env = "MOCK_SERVER_CACHE_LOOKUP_MS", value_name = "MS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_lookup_ms: Option<u64>,
    /// How much audio is kept, as in 256MiB; what active jobs need is never evicted [default: 256MiB]
    #[arg(long, env = "MOCK_SERVER_CACHE_BYTES", value_name = "SIZE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_bytes: Option<ByteSize>,
    /// Directory for audio; kept in memory without it
    #[arg(long, env = "MOCK_SERVER_DATA_DIR", value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// How many ended jobs are kept [default: 10000]
    #[arg(long, env = "MOCK_SERVER_RETAIN_JOBS", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retain_jobs: Option<u64>,
    /// How much the records of ended jobs may take, texts included [default: 256MiB]
    #[arg(long, env = "MOCK_SERVER_RETAIN_BYTES", value_name = "SIZE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retain_bytes: Option<ByteSize>,
    /// How many jobs may be active before submits answer 429 [default: 20]
    #[arg(long, env = "MOCK_SERVER_MAX_ACTIVE_JOBS", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_active_jobs: Option<u64>,
    /// Answer submits with 503 while no worker is online
    #[arg(long, env = "MOCK_SERVER_REQUIRE_WORKERS", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_workers: Option<bool>,
    /// Ask for `Authorization: Bearer TOKEN` on every route but /health and /ready
    #[arg(
        long,
        env = "MOCK_SERVER_API_TOKEN",
        hide_env_values = true,
        value_parser = SecretParser,
        value_name = "TOKEN"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_token: Option<Secret>,
    /// Switch the fault routes on; they ask for `X-Admin-Token: TOKEN`
    #[arg(
        long,
        env = "MOCK_SERVER_ADMIN_TOKEN",
        hide_env_values = true,
        value_parser = SecretParser,
        value_name = "TOKEN"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin_token: Option<Secret>,
    /// Retries of a segment after its first attempt, 0 to 20 [default: 2]
    #[arg(long, env = "SEGMENT_MAX_RETRIES", value_name = "N", value_parser = RangedU64ValueParser::<u32>::new().range(0..=20))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment_max_retries: Option<u32>,
    /// The backoff before the first retry; it doubles with each [default: 50]
    #[arg(long, env = "MOCK_SERVER_RETRY_BACKOFF_MS", value_name = "MS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_backoff_ms: Option<u64>,
    /// Whether the other model is tried once when a segment's retries are used up [default: true]
    #[arg(long, env = "MOCK_SERVER_FALLBACK", value_name = "BOOL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<bool>,
    /// How long a lease lasts between a worker's extensions, 100 or more [default: 5000]
    #[arg(long, env = "MOCK_SERVER_LEASE_TTL_MS", value_name = "MS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease_ttl_ms: Option<u64>,
    /// How long one attempt may take before it counts as failed [default: 120]
    #[arg(long, env = "MOCK_SERVER_ATTEMPT_TIMEOUT_S", value_name = "S")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt_timeout_s: Option<u64>,
    /// After this long in the queue a job is canceled as stale_queued [default: 600]
    #[arg(long, env = "MOCK_SERVER_STALE_QUEUED_S", value_name = "S")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_queued_s: Option<u64>,
    /// Connections served at a time; more are answered with 503 and closed [default: 16384, or what the descriptor
    /// limit holds]
    #[arg(long, env = "MOCK_SERVER_MAX_CONNECTIONS", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_connections: Option<u64>,
    /// How large a request's head may be, 8KiB to 1MiB; more is answered with 431 [default: 32KiB]
    #[arg(long, env = "MOCK_SERVER_MAX_HEAD_BYTES", value_name = "SIZE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_head_bytes: Option<ByteSize>,
    /// What all bodies that are being received may take; more is answered with 503 [default: 64MiB]
    #[arg(long, env = "MOCK_SERVER_MAX_BUFFERED_BYTES", value_name = "SIZE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_buffered_bytes: Option<ByteSize>,
    /// How long a request's head may take to arrive; then 408 [default: 15000]
    #[arg(long, env = "MOCK_SERVER_HEAD_TIMEOUT_MS", value_name = "MS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_timeout_ms: Option<u64>,
    /// How long a request's body may take to arrive; then 408 [default: 30000]
    #[arg(long, env = "MOCK_SERVER_BODY_TIMEOUT_MS", value_name = "MS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_timeout_ms: Option<u64>,
    /// How long a connection may wait for its next request before it is closed [default: 75000]
    #[arg(long, env = "MOCK_SERVER_IDLE_TIMEOUT_MS", value_name = "MS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_timeout_ms: Option<u64>,
    /// How long a client may leave an answer unread before its connection is closed [default: 30000]
    #[arg(long, env = "MOCK_SERVER_DRAIN_TIMEOUT_MS", value_name = "MS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain_timeout_ms: Option<u64>,
    /// The slowest that a client may read a waiting answer, over each drain timeout; 0 is one byte [default: 1024]
    #[arg(long, env = "MOCK_SERVER_MIN_DRAIN_BYTES_PER_S", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_drain_bytes_per_s: Option<u64>,
    /// How long a shutdown may take [default: 10]
    #[arg(long, env = "MOCK_SERVER_SHUTDOWN_DEADLINE_S", value_name = "S")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shutdown_deadline_s: Option<u64>,
    /// The seed of everything that fault rules draw [default: 0]
    #[arg(long, env = "MOCK_SERVER_FAULT_SEED", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault_seed: Option<u64>,
    /// A fault rule, STAGE:KIND=VALUE[,key=value…], as in synth:sleep=800ms,p=0.2; may be repeated
    #[arg(long, value_name = "RULE", action = ArgAction::Append)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fault: Vec<FaultRule>,
    /// How log lines look on standard error [default: text]
    #[arg(long, env = "MOCK_SERVER_LOG_FORMAT", value_name = "FORMAT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_format: Option<LogFormat>,
    /// Which log lines appear, as in info or mock_server=debug [default: info]
    #[arg(long, env = "MOCK_SERVER_LOG", value_name = "FILTER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

macro_rules! lay_over {
    ($over:ident, $under:ident: $($field:ident)*) => {
        Self { fault: [$under.fault, $over.fault].concat(), $($field: $over.$field.or($under.$field),)* }
    };
}

impl Layer {
    /// This layer over another one: what both say, this one says. Faults add up.
    #[must_use]
    pub fn over(self, under: Self) -> Self {
        let over = self;
        lay_over!(over, under: listen workers voice_cost cache_lookup_ms cache_bytes data_dir retain_jobs
            retain_bytes max_active_jobs require_workers api_token admin_token segment_max_retries
            retry_backoff_ms fallback lease_ttl_ms attempt_timeout_s stale_queued_s max_connections
            max_head_bytes max_buffered_bytes head_timeout_ms body_timeout_ms idle_timeout_ms drain_timeout_ms
            min_drain_bytes_per_s shutdown_deadline_s fault_seed log_format log)
    }

    /// The settings with every default filled in, as `--print-config` shows them.
    #[must_use]
    pub fn with_defaults(self) -> Self {
        let zero = self.voice_cost == Some(CostPreset::Zero);
        self.over(Self {
            listen: Some("127.0.0.1:8000".to_owned()),
            workers: Some(4),
            voice_cost: Some(CostPreset::Default),
            cache_lookup_ms: Some(if zero { 0 } else { 20 }),
            cache_bytes: Some(ByteSize(256 << 20)),
            retain_jobs: Some(10_000),
            retain_bytes: Some(ByteSize(256 << 20)),
            max_active_jobs: Some(20),
            require_workers: Some(false),
            segment_max_retries: Some(2),
            retry_backoff_ms: Some(50),
            fallback: Some(true),
            lease_ttl_ms: Some(5_000),
            attempt_timeout_s: Some(120),
            stale_queued_s: Some(600),
            max_connections: Some(DEFAULT_MAX_CONNECTIONS),
            max_head_bytes: Some(ByteSize(32 << 10)),
            max_buffered_bytes: Some(ByteSize(64 << 20)),
            head_timeout_ms: Some(15_000),
            body_timeout_ms: Some(30_000),
            idle_timeout_ms: Some(75_000),
            drain_timeout_ms: Some(30_000),
            min_drain_bytes_per_s: Some(1_024),
            shutdown_deadline_s: Some(10),
            fault_seed: Some(0),
            log_format: Some(LogFormat::Text),
            log: Some("info".to_owned()),
            ..Self::default()
        })
    }

    /// The settings that this layer stands for once it has been checked, defaults filled in.
    #[must_use]
    pub fn config(self) -> Config {
        let layer = self.with_defaults();
        let number = |given: Option<u64>| given.unwrap_or_default();
        let fallback = if layer.fallback == Some(false) {
            Fallback::Off
        } else {
            Fallback::OtherModel
        };
        let backoff = Duration::from_millis(number(layer.retry_backoff_ms));
        let retry = RetryPolicy {
            max_retries: layer.segment_max_retries.unwrap_or_default(),
            backoff,
            max_backoff: RetryPolicy::default().max_backoff.max(backoff),
            fallback,
        };
        let millis = |given: Option<u64>| Duration::from_millis(number(given));
        let shutdown_deadline = Duration::from_secs(number(layer.shutdown_deadline_s));
        let connections = ConnectionLimits {
            max_connections: usize::try_from(number(layer.max_connections)).unwrap_or(usize::MAX),
            max_head_bytes: layer
                .max_head_bytes
                .map_or(0, |size| usize::try_from(size.0).unwrap_or(usize::MAX)),
            head: millis(layer.head_timeout_ms),
            idle: millis(layer.idle_timeout_ms),
            drain: millis(layer.drain_timeout_ms),
            min_drain_bytes_per_s: number(layer.min_drain_bytes_per_s),
            shutdown: shutdown_deadline,
        };
        Config {
            workers: usize::try_from(number(layer.workers)).unwrap_or(usize::MAX),
            voice_cost: layer.voice_cost.unwrap_or_default(),
            cache_lookup: Duration::from_millis(number(layer.cache_lookup_ms)),
            cache_bytes: layer.cache_bytes.map_or(0, |size| size.0),
            max_open_files: DEFAULT_MAX_OPEN_FILES,
            data_dir: layer.data_dir,
            max_active_jobs: number(layer.max_active_jobs),
            min_workers: u64::from(layer.require_workers == Some(true)),
            api_token: layer.api_token,
            admin_token: layer.admin_token,
            lease_ttl: Duration::from_millis(number(layer.lease_ttl_ms)),
            attempt_timeout: Duration::from_secs(number(layer.attempt_timeout_s)),
            body_timeout: millis(layer.body_timeout_ms),
            max_buffered_bytes: layer.max_buffered_bytes.map_or(0, |size| size.0),
            connections,
            shutdown_deadline,
            engine: EngineConfig {
                retry,
                stale_queued_after: Duration::from_secs(number(layer.stale_queued_s)),
                retain_jobs: usize::try_from(number(layer.retain_jobs)).unwrap_or(usize::MAX),
                retain_bytes: layer.retain_bytes.map_or(0, |size| size.0),
                fault_seed: number(layer.fault_seed),
                ..EngineConfig::default()
            },
            faults: layer.fault,
        }
    }
}

#[cfg(test)]
mod tests;
