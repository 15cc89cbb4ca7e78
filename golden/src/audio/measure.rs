//! What can be said of any voice's audio: how long, how loud, how silent, how clipped. And of a deterministic one's:
//! which samples exactly.

use std::fmt::Write as _;

use ebur128::{EbuR128, Mode};
use sha2::{Digest, Sha256};

use super::Decoded;
use crate::cases::AudioDigest;

/// Below this level a sample counts as silent.
pub const SILENCE_DBFS: f64 = -60.0;

/// What can be said of any voice's audio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// Length in seconds.
    pub seconds: f64,
    /// Integrated loudness in LUFS (EBU R 128); `None` for audio that is too short or too silent to have one.
    pub loudness_lufs: Option<f64>,
    /// The longest run of silent samples, in seconds.
    pub longest_silence_s: f64,
    /// Share of samples at full scale.
    pub clipped_share: f64,
}

/// Measures decoded audio.
#[must_use]
pub fn figures(audio: &Decoded) -> Figures {
    Figures {
        seconds: audio.seconds(),
        loudness_lufs: loudness(audio),
        longest_silence_s: longest_silence_s(audio),
        clipped_share: clipped_share(&audio.samples),
    }
}

/// Length and SHA-256 of the samples.
#[must_use]
pub fn digest_of(audio: &Decoded) -> AudioDigest {
    let mut hash = Sha256::new();
    for sample in &audio.samples {
        hash.update(sample.to_le_bytes());
    }
    AudioDigest {
        samples: audio.frames(),
        sha256: hex(&hash.finalize()),
    }
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            // Writing into a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn loudness(audio: &Decoded) -> Option<f64> {
    let mut meter = EbuR128::new(audio.channels, audio.sample_rate_hz, Mode::I).ok()?;
    meter.add_frames_i16(&audio.samples).ok()?;
    meter.loudness_global().ok().filter(|lufs| lufs.is_finite())
}

fn longest_silence_s(audio: &Decoded) -> f64 {
    let level = f64::from(i16::MAX) * 10_f64.powf(SILENCE_DBFS / 20.0);
    let channels = audio.channels.max(1) as usize;
    let silent = |frame: &[i16]| frame.iter().all(|sample| f64::from(*sample).abs() < level);
    let (longest, _) = audio
        .samples
        .chunks(channels)
        .fold((0_u32, 0_u32), |(longest, run), frame| {
            let run = if silent(frame) { run + 1 } else { 0 };
            (longest.max(run), run)
        });
    f64::from(longest) / f64::from(audio.sample_rate_hz.max(1))
}

fn clipped_share(samples: &[i16]) -> f64 {
    let clipped = samples
        .iter()
        .filter(|sample| matches!(**sample, i16::MIN | i16::MAX))
        .count();
    #[expect(clippy::cast_precision_loss, reason = "no file has 2^53 samples")]
    let share = clipped as f64 / samples.len().max(1) as f64;
    share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(seconds: f64, amplitude: f64) -> Decoded {
        let rate = 24_000;
        let samples = (0..(seconds * f64::from(rate)) as u32)
            .map(|i| {
                ((f64::from(i) * 997.0 * std::f64::consts::TAU / f64::from(rate)).sin() * amplitude) as i16
            })
            .collect();
        Decoded {
            container: "ogg",
            sample_rate_hz: rate,
            channels: 1,
            samples,
        }
    }

    #[test]
    fn a_tone_has_the_loudness_that_the_standard_gives_it() {
        // EBU Tech 3341: a 997 Hz sine at 0 dBFS in one channel reads -3.01 LUFS.
        let lufs = figures(&tone(3.0, 32_767.0)).loudness_lufs.unwrap();
        assert!((lufs + 3.01).abs() < 0.1, "{lufs}");
    }

    #[test]
    fn silence_and_clipping_are_found() {
        let mut audio = tone(1.0, 10_000.0);
        audio
            .samples
            .splice(12_000..12_000, std::iter::repeat_n(5, 6_000));
        audio.samples.extend([i16::MAX; 300]);
        let found = figures(&audio);
        assert!((found.longest_silence_s - 0.25).abs() < 0.01, "{found:?}");
        assert!((found.clipped_share - 300.0 / 30_300.0).abs() < 1e-9, "{found:?}");
        assert_eq!(figures(&tone(1.0, 0.0)).loudness_lufs, None);
    }

    #[test]
    fn one_sample_changes_the_digest() {
        let audio = tone(0.1, 1_000.0);
        let mut other = audio.clone();
        other.samples[1_234] += 1;
        assert_eq!(digest_of(&audio).samples, 2_400);
        assert_ne!(digest_of(&audio).sha256, digest_of(&other).sha256);
    }
}
