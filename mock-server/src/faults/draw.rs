//! Chance that can be repeated: numbers drawn from a hash of what they are drawn for.

use std::f64::consts::TAU;

use sha2::{Digest, Sha256};

/// One draw: independent uniform numbers from the SHA-256 of what it is for.
///
/// SHA-256, because it is the same in every process, release and platform, unlike the standard library's hasher; at one
/// hash an arrival its cost does not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw([u8; 32]);

impl Draw {
    /// The draw for these parts; each is hashed with its length, so that moving a border between two changes it.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// A number from 0 (included) to 1 (excluded), uniform.
    #[must_use]
    pub fn chance(&self) -> f64 {
        self.uniform(0)
    }

    /// A standard normal number, independent of [`Draw::chance`].
    ///
    /// Box and Muller, "A Note on the Generation of Random Normal Deviates" (1958), with `libm`, so that it is the same
    /// on every machine. At most 8.6 in magnitude.
    #[must_use]
    pub fn normal(&self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.uniform(1)));
        radius * libm::cos(TAU * self.uniform(2))
    }

    /// The `nth` eight bytes as 53 bits behind the binary point.
    fn uniform(&self, nth: usize) -> f64 {
        let mut bits = 0_u64;
        for byte in &self.0[nth * 8..nth * 8 + 8] {
            bits = bits << 8 | u64::from(*byte);
        }
        (bits >> 11) as f64 * 2_f64.powi(-53)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(count: u64) -> impl Iterator<Item = Draw> {
        (0..count).map(|n| Draw::of(&[b"test", &n.to_be_bytes()]))
    }

    #[test]
    fn a_draw_is_the_same_on_every_machine() {
        let draw = Draw::of(&[b"touch", b"stone"]);
        // Computed by Python's hashlib and math.
        assert_eq!(draw.chance(), 0.611569726176842);
        assert!(
            (draw.normal() - -0.806932542366173).abs() < 1e-14,
            "{}",
            draw.normal()
        );
    }

    #[test]
    fn moving_the_border_between_parts_changes_the_draw() {
        assert_ne!(Draw::of(&[b"ab", b"c"]), Draw::of(&[b"a", b"bc"]));
        assert_ne!(Draw::of(&[b"ab"]), Draw::of(&[b"ab", b""]));
    }

    #[test]
    fn chances_are_uniform() {
        let mut buckets = [0_u32; 10];
        for draw in draws(20_000) {
            buckets[(draw.chance() * 10.0) as usize] += 1;
        }
        for count in buckets {
            assert!((1_850..2_150).contains(&count), "{buckets:?}");
        }
    }

    #[test]
    fn normals_have_mean_zero_and_variance_one() {
        let count = 20_000;
        let values: Vec<f64> = draws(count).map(|draw| draw.normal()).collect();
        let mean = values.iter().sum::<f64>() / count as f64;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count as f64;
        assert!(mean.abs() < 0.03, "{mean}");
        assert!((variance - 1.0).abs() < 0.05, "{variance}");
    }
}
