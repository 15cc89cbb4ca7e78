//! Texts to submit, from numbers: the same number gives the same text, another one another.

use std::fmt::Write as _;

/// A sentence of this length fits into no segment with another one: the reference server's segments have up to 240 characters.
const SENTENCE_CHARS: usize = 200;

const WORDS: &[&str] = &[
    "amber", "anchor", "barley", "beacon", "bridge", "candle", "canyon", "cedar", "chapel", "cinder",
    "clover", "cobalt", "copper", "coral", "cotton", "crystal", "dapple", "delta", "ember", "falcon",
    "feather", "fennel", "forest", "garden", "ginger", "glacier", "granite", "harbor", "hazel", "heron",
    "hollow", "indigo", "island", "ivory", "jasper", "juniper", "kernel", "lantern", "laurel", "linen",
    "lumber", "magnet", "maple", "marble", "meadow", "mirror", "nectar", "needle", "nutmeg", "olive",
    "orchard", "oyster", "paper", "pebble", "pepper", "plateau", "quarry", "quartz", "raven", "ribbon",
    "river", "saddle", "saffron", "silver", "spruce", "thistle", "timber", "valley", "velvet", "walnut",
    "willow", "winter",
];

/// Texts of a certain number of sentences, each of which is a segment of its own on the reference server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Texts {
    /// The fewest sentences, at least 1.
    pub least: u32,
    /// The most.
    pub most: u32,
}

impl Texts {
    /// The text of a number.
    #[must_use]
    pub fn text(self, number: u64) -> String {
        let mut rng = fastrand::Rng::with_seed(number);
        let sentences = rng.u32(self.least.max(1)..=self.most.max(self.least).max(1));
        let mut text = String::new();
        // The number itself is said, so that no two texts are the same by chance.
        let _ = write!(text, "Take {number}");
        for sentence in 0..sentences {
            let begins = if sentence == 0 { 0 } else { text.len() + 1 };
            if sentence > 0 {
                text.push_str(" Then");
            }
            while text.len() - begins < SENTENCE_CHARS {
                text.push(' ');
                text.push_str(WORDS[rng.usize(..WORDS.len())]);
            }
            text.push('.');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_same_number_gives_the_same_text_and_another_another(a: u64, b: u64) {
            let texts = Texts { least: 1, most: 4 };
            prop_assert_eq!(texts.text(a), texts.text(a));
            prop_assert!(a == b || texts.text(a) != texts.text(b));
        }

        #[test]
        fn each_sentence_is_too_long_to_share_a_segment_and_fits_into_one(number: u64, sentences in 1_u32..20) {
            let text = Texts { least: sentences, most: sentences }.text(number);
            let lengths: Vec<usize> = text.split_terminator('.').map(|s| s.trim().chars().count() + 1).collect();
            prop_assert_eq!(lengths.len(), sentences as usize);
            prop_assert!(lengths.iter().all(|length| (121..=240).contains(length)), "{:?}", lengths);
        }
    }
}
