//! What the jobs say: texts of several segments, some new, some met before.

use fastrand::Rng;

/// Texts that are met again and again.
const REPEATED: u64 = 12;
/// Of so many cycles one takes a repeated text.
const REPEAT_EVERY: u64 = 3;
/// Sentences of a text. Each fills more than half of a segment, so that none share one.
const SENTENCES: std::ops::RangeInclusive<u32> = 2..=4;
/// Least characters of a sentence; a segment of the reference server takes at most 240.
const SENTENCE_CHARS: usize = 130;

const WORDS: &[&str] = &[
    "amber", "bridge", "copper", "distant", "evening", "fennel", "garden", "harbour", "island", "juniper",
    "kettle", "lantern", "meadow", "northern", "orchard", "pebble", "quiet", "river", "silver", "thistle",
    "under", "valley", "willow", "yellow", "across", "beneath", "carries", "follows", "gathers", "returns",
    "wanders", "slowly",
];

/// A job's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) words: String,
    /// Whether earlier cycles may have had it.
    pub(super) repeated: bool,
}

/// Makes texts: of one seed and nonce always the same ones.
#[derive(Debug, Clone)]
pub(super) struct Texts {
    seed: u64,
    /// Tells this run's new texts from those of another run with the same seed.
    nonce: String,
}

impl Texts {
    pub(super) const fn new(seed: u64, nonce: String) -> Self {
        Self { seed, nonce }
    }

    /// The text of a cycle.
    pub(super) fn of_cycle(&self, cycle: u64) -> Text {
        let mut rng = draws(self.seed, cycle);
        if cycle % REPEAT_EVERY == REPEAT_EVERY - 1 {
            let which = rng.u64(0..REPEATED);
            let mut rng = draws(self.seed, u64::MAX - which);
            return Text {
                words: sentences(&format!("{} again {which}", self.nonce), &mut rng),
                repeated: true,
            };
        }
        Text {
            words: sentences(&format!("{} cycle {cycle}", self.nonce), &mut rng),
            repeated: false,
        }
    }
}

/// The generator of one cycle.
pub(super) fn draws(seed: u64, cycle: u64) -> Rng {
    Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ cycle.wrapping_mul(0xd134_2543_de82_ef95))
}

fn sentences(opening: &str, rng: &mut Rng) -> String {
    let count = rng.u32(SENTENCES);
    let sentence = |i: u32| {
        // In each of them, so that no segment is one of another text.
        let mut text = format!("Part {i} of {opening}");
        while text.len() < SENTENCE_CHARS {
            text.push(' ');
            text.push_str(WORDS[rng.usize(..WORDS.len())]);
        }
        text + "."
    };
    (0..count).map(sentence).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_third_of_the_texts_comes_from_a_small_set_and_all_others_are_new() {
        let texts = Texts::new(7, "n".to_owned());
        let all: Vec<Text> = (0..300).map(|cycle| texts.of_cycle(cycle)).collect();
        let distinct = |repeated| {
            let of = all.iter().filter(|text| text.repeated == repeated);
            (
                of.clone().count(),
                of.map(|text| &text.words).collect::<BTreeSet<_>>().len(),
            )
        };
        assert_eq!(distinct(false), (200, 200));
        let (count, different) = distinct(true);
        assert_eq!(count, 100);
        assert!(different as u64 <= REPEATED && different > 5, "{different}");
    }

    #[test]
    fn the_same_seed_gives_the_same_texts_and_another_run_new_ones() {
        let of = |seed, nonce: &str| Texts::new(seed, nonce.to_owned()).of_cycle(4);
        assert_eq!(of(1, "a"), of(1, "a"));
        assert_ne!(of(1, "a"), of(2, "a"));
        assert_ne!(of(1, "a"), of(1, "b"));
    }
}
