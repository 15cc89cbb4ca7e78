//! The legal values of settings.

use tracing_subscriber::EnvFilter;

use super::{ConfigError, Layer};

impl Layer {
    /// Refuses values outside their ranges, and a log filter that is none.
    ///
    /// # Errors
    /// Names the flag, the value and what is legal.
    pub fn check(&self) -> Result<(), ConfigError> {
        range("--workers", self.workers, "0 to 1024", |n| n <= 1024)?;
        range("--retain-jobs", self.retain_jobs, "1 to 10000000", |n| {
            (1..=10_000_000).contains(&n)
        })?;
        range("--max-active-jobs", self.max_active_jobs, "1 to 1000000", |n| {
            (1..=1_000_000).contains(&n)
        })?;
        range(
            "--segment-max-retries",
            self.segment_max_retries.map(u64::from),
            "0 to 20",
            |n| n <= 20,
        )?;
        range("--lease-ttl-ms", self.lease_ttl_ms, "100 to 600000", |n| {
            (100..=600_000).contains(&n)
        })?;
        range("--cache-lookup-ms", self.cache_lookup_ms, "0 to 60000", |n| {
            n <= 60_000
        })?;
        range("--retry-backoff-ms", self.retry_backoff_ms, "1 to 60000", |n| {
            (1..=60_000).contains(&n)
        })?;
        range("--attempt-timeout-s", self.attempt_timeout_s, "1 to 3600", |n| {
            (1..=3_600).contains(&n)
        })?;
        range("--stale-queued-s", self.stale_queued_s, "1 to 86400", |n| {
            (1..=86_400).contains(&n)
        })?;
        range(
            "--shutdown-deadline-s",
            self.shutdown_deadline_s,
            "1 to 600",
            |n| (1..=600).contains(&n),
        )?;
        self.check_connections()?;
        self.check_log_filter()
    }

    fn check_connections(&self) -> Result<(), ConfigError> {
        range("--max-connections", self.max_connections, "1 to 1000000", |n| {
            (1..=1_000_000).contains(&n)
        })?;
        let head_bytes = self.max_head_bytes.map(|size| size.0);
        range("--max-head-bytes", head_bytes, "8KiB to 1MiB", |n| {
            (8 << 10..=1 << 20).contains(&n)
        })?;
        let buffered_bytes = self.max_buffered_bytes.map(|size| size.0);
        range("--max-buffered-bytes", buffered_bytes, "1MiB or more", |n| {
            n >= 1 << 20
        })?;
        for (name, given) in [
            ("--head-timeout-ms", self.head_timeout_ms),
            ("--body-timeout-ms", self.body_timeout_ms),
            ("--idle-timeout-ms", self.idle_timeout_ms),
            ("--drain-timeout-ms", self.drain_timeout_ms),
        ] {
            range(name, given, "100 to 3600000", |n| (100..=3_600_000).contains(&n))?;
        }
        let rate = self.min_drain_bytes_per_s;
        range("--min-drain-bytes-per-s", rate, "0 to 1000000", |n| {
            n <= 1_000_000
        })
    }

    fn check_log_filter(&self) -> Result<(), ConfigError> {
        let filter = self.log.as_deref().unwrap_or_default();
        match EnvFilter::try_new(filter) {
            Ok(_) => Ok(()),
            Err(error) => Err(ConfigError::Filter {
                given: filter.to_owned(),
                detail: error.to_string(),
            }),
        }
    }
}

fn range(
    name: &'static str,
    given: Option<u64>,
    legal: &'static str,
    ok: fn(u64) -> bool,
) -> Result<(), ConfigError> {
    match given {
        Some(value) if !ok(value) => Err(ConfigError::Value {
            name,
            given: value.to_string(),
            legal,
        }),
        _ => Ok(()),
    }
}
