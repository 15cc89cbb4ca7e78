//! What one connection, and all of them together, may take.

use std::time::Duration;

/// Bounds on connections. What a request's body and head may be is bounded beside them: see `body` and `message`.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// The most connections that are served at a time; more are answered with 503 and closed.
    pub max_connections: usize,
    /// The most bytes of a request's head, and of what is read ahead of pipelined requests; 8 KiB or more.
    pub max_head_bytes: usize,
    /// From a request's first byte to the end of its head, and from accepting a connection to its first byte.
    pub head: Duration,
    /// From one request's end to the next one's first byte.
    pub idle: Duration,
    /// How long a peer may leave an answer untaken; see [`Self::min_drain_bytes_per_s`].
    pub drain: Duration,
    /// What a peer must take of a waiting answer within each [`Self::drain`], as a rate.
    pub min_drain_bytes_per_s: u64,
    /// For everything, once the server stops.
    pub shutdown: Duration,
}

impl ConnectionLimits {
    /// The bytes that a peer must take within each [`Self::drain`]: at least one.
    pub(super) fn min_drain_bytes(&self) -> u64 {
        let millis = u64::try_from(self.drain.as_millis()).unwrap_or(u64::MAX);
        (self.min_drain_bytes_per_s.saturating_mul(millis) / 1_000).max(1)
    }
}
