//! PCM into FLAC in Ogg, and segments into one merged file.
//!
//! The container is "Ogg FLAC mapping 1.0" (<https://xiph.org/flac/ogg_mapping.html>, now RFC 9639 section 10.1) over
//! RFC 3533 pages; the frames are those of RFC 9639. Every stream is 24 kHz, mono, 16 bit, in blocks of
//! [`BLOCK_SIZE`] samples; a segment is padded with silence to whole blocks, so that the frames of many segments make
//! one legal fixed-block stream when only their numbers change. Nothing here sleeps, waits or knows of jobs.

mod crc;
mod encode;
mod flac;
mod merge;
mod page;
mod pcm;
mod probe;
mod stream;

pub use encode::{EncodeError, encode};

pub use merge::{MergeError, merge};
pub use pcm::Pcm;
pub use probe::{Info, probe, verify};
pub use stream::FormatError;

use bytes::Bytes;
use std::time::Duration;

/// Samples a second of everything that the server speaks.
pub const SAMPLE_RATE_HZ: u32 = 24_000;

/// Channels of everything that the server speaks.
pub const CHANNELS: u8 = 1;

/// Bits of a sample.
pub const BITS_PER_SAMPLE: u8 = 16;

/// Samples in a FLAC block, and the unit to which a segment is padded: 85.3 ms.
pub const BLOCK_SIZE: usize = 2048;

/// The media type of segments and merged files (RFC 5334).
pub const MIME_TYPE: &str = "audio/ogg";

/// Changes whenever the bytes for the same PCM change, so that it can be part of a cache key.
pub const REVISION: u32 = 1;

/// An encoded segment or merged file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The whole file, from its first `OggS`.
    pub bytes: Bytes,
    /// Its length in samples, padding included.
    pub samples: u64,
}

impl Encoded {
    /// How long it plays.
    #[must_use]
    pub fn duration(&self) -> Duration {
        duration(self.samples)
    }

    /// How long it plays, in whole milliseconds, rounded to the nearest.
    #[must_use]
    pub fn duration_ms(&self) -> u64 {
        (self.samples * 1000 + u64::from(SAMPLE_RATE_HZ) / 2) / u64::from(SAMPLE_RATE_HZ)
    }
}

/// How long `samples` samples play, to the nanosecond (rounded down).
#[must_use]
pub fn duration(samples: u64) -> Duration {
    let rate = u64::from(SAMPLE_RATE_HZ);
    Duration::from_secs(samples / rate) + Duration::from_nanos(samples % rate * 1_000_000_000 / rate)
}

#[cfg(test)]
mod tests;
