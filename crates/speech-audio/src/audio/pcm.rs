//! Uncompressed audio.

use std::time::Duration;

/// Mono 16-bit samples at [`SAMPLE_RATE_HZ`](super::SAMPLE_RATE_HZ).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pcm {
    samples: Vec<i16>,
}

impl Pcm {
    /// Audio of these samples.
    #[must_use]
    pub const fn new(samples: Vec<i16>) -> Self {
        Self { samples }
    }

    /// The samples in time order.
    #[must_use]
    pub fn samples(&self) -> &[i16] {
        &self.samples
    }

    /// How long it plays.
    #[must_use]
    pub fn duration(&self) -> Duration {
        super::duration(self.samples.len() as u64)
    }
}
