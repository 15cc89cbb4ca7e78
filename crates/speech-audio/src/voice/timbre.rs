//! What makes one voice sound unlike another: a handful of features hashed from the voice id.

use super::Model;
use sha2::{Digest, Sha256};

/// The features of one voice under one model.
#[derive(Clone, Debug)]
pub(super) struct Timbre {
    /// Mean fundamental frequency, 85 to 235 Hz.
    pub(super) pitch_hz: f64,
    /// How far the pitch moves with intonation, as a factor of the standard contour.
    pub(super) pitch_range: f64,
    /// Length of the vocal tract relative to the standard one: scales every formant, 0.87 to 1.17.
    pub(super) formant_scale: f64,
    /// The part of a glottal period in which the glottis is open, 0.5 to 0.72.
    pub(super) open_quotient: f64,
    /// Strength of the noisy consonants, 0.7 to 1.3.
    pub(super) sibilance: f64,
    /// Aspiration noise in voiced sounds; zero with the default model.
    pub(super) breath: f64,
    /// Depth of the vibrato as a part of the pitch; zero with the default model.
    pub(super) vibrato: f64,
    /// Seeds the noise source and the small variations from syllable to syllable.
    pub(super) seed: u64,
}

impl Timbre {
    /// The timbre of any voice id.
    pub(super) fn of(voice_id: &str, model: Model) -> Self {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(b"voice:")
            .chain_update(voice_id)
            .finalize()
            .into();
        let between = |index: usize, low: f64, high: f64| low + (high - low) * unit(&digest, index);
        let (breath, vibrato) = match model {
            Model::Default => (0.0, 0.0),
            Model::Quality => (between(5, 0.01, 0.03), between(6, 0.008, 0.02)),
        };
        Self {
            pitch_hz: between(0, 85.0, 235.0),
            pitch_range: between(1, 0.6, 1.4),
            formant_scale: between(2, 0.87, 1.17),
            open_quotient: between(3, 0.5, 0.72),
            sibilance: between(4, 0.7, 1.3),
            breath,
            vibrato,
            seed: digest[24..]
                .iter()
                .fold(0, |seed, &byte| (seed << 8) | u64::from(byte)),
        }
    }

    /// A number in `0.0..1.0` that depends on the voice, `position` and `what` is spoken there.
    pub(super) fn variation(&self, position: usize, what: char) -> f64 {
        let mixed = splitmix(self.seed ^ splitmix(position as u64 ^ (u64::from(u32::from(what)) << 32)));
        (mixed >> 40) as f64 / (1u64 << 24) as f64
    }
}

/// The `index`th 16 bits of the digest as a number in `0.0..1.0`.
fn unit(digest: &[u8; 32], index: usize) -> f64 {
    let bits = u16::from_be_bytes([digest[2 * index], digest[2 * index + 1]]);
    f64::from(bits) / 65536.0
}

/// The output function of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
fn splitmix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
