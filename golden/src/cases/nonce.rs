//! A word that no cache has seen: of fixed length, so that texts keep theirs, and pronounceable, so that a voice reads it
//! as a word and not letter by letter.

use std::borrow::Cow;

use uuid::Uuid;

const CONSONANTS: &[u8; 16] = b"bdfgklmnprstvzhj";
const VOWELS: &[u8; 4] = b"aeio";
const SYLLABLES: usize = 6;

/// A made-up word of twelve letters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Nonce(Cow<'static, str>);

impl Nonce {
    /// The same word in every run, for texts whose audio is compared with a committed expectation.
    pub const FIXED: Self = Self(Cow::Borrowed("velomiratona"));

    /// A word out of 2^36, six bits a syllable.
    #[must_use]
    pub fn random() -> Self {
        // The last 62 bits of a UUID of version 7 are random (RFC 9562 §5.7).
        let (_, mut bits) = Uuid::now_v7().as_u64_pair();
        let mut word = String::with_capacity(2 * SYLLABLES);
        for _ in 0..SYLLABLES {
            word.push(char::from(CONSONANTS[(bits & 15) as usize]));
            word.push(char::from(VOWELS[(bits >> 4 & 3) as usize]));
            bits >>= 6;
        }
        Self(word.into())
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nonces_are_words_of_one_length_and_do_not_repeat() {
        let words: HashSet<Nonce> = (0..1_000).map(|_| Nonce::random()).collect();
        assert_eq!(words.len(), 1_000);
        for word in words.iter().chain([&Nonce::FIXED]) {
            let letters = word.as_str().as_bytes();
            assert_eq!(letters.len(), 12);
            let pairs = letters
                .chunks(2)
                .all(|pair| CONSONANTS.contains(&pair[0]) && VOWELS.contains(&pair[1]));
            assert!(pairs, "{word:?}");
        }
    }
}
