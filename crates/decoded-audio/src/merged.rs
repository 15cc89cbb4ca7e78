//! Merged audio: the samples of its segments in a row.

use crate::Decoded;

impl Decoded {
    /// The samples of all files in a row, in the form of the first.
    #[must_use]
    pub fn joined(parts: &[Self]) -> Self {
        let mut all = parts.first().cloned().unwrap_or(Self {
            container: "",
            sample_rate_hz: 0,
            channels: 0,
            samples: Vec::new(),
        });
        for part in parts.iter().skip(1) {
            all.samples.extend_from_slice(&part.samples);
        }
        all
    }

    /// Why merged audio is not its segments, `joined`, in a row; nothing if it is.
    #[must_use]
    pub fn deviation_from(&self, joined: &Self) -> Option<String> {
        if self.frames() != joined.frames() {
            let (merged, segments) = (self.frames(), joined.frames());
            return Some(format!(
                "merged audio has {merged} samples, its segments have {segments}"
            ));
        }
        let pairs = self.samples.iter().zip(&joined.samples);
        if let Some(at) = pairs.into_iter().position(|(a, b)| a != b) {
            return Some(format!("merged audio differs from its segments at sample {at}"));
        }
        (self != joined).then(|| "merged audio is of another form than its segments".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audio(samples: &[i16]) -> Decoded {
        Decoded {
            container: "ogg",
            sample_rate_hz: 24_000,
            channels: 1,
            samples: samples.to_vec(),
        }
    }

    #[test]
    fn segments_in_a_row_are_the_merged_audio() {
        let joined = Decoded::joined(&[audio(&[1, 2]), audio(&[3])]);
        assert_eq!(audio(&[1, 2, 3]).deviation_from(&joined), None);
        let says = |merged: &Decoded, text: &str| {
            let found = merged.deviation_from(&joined).unwrap();
            assert!(found.contains(text), "{found}");
        };
        says(&audio(&[1, 2]), "has 2 samples, its segments have 3");
        says(&audio(&[1, 9, 3]), "at sample 1");
        let other = Decoded {
            sample_rate_hz: 8_000,
            ..audio(&[1, 2, 3])
        };
        says(&other, "of another form");
    }
}
