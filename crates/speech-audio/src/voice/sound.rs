//! Which sound each character stands for.
//!
//! Latin letters have sounds of their own; every other letter, digit or symbol is a short syllable chosen by its code
//! point, so that any script is spoken and no two characters need sound alike.

/// What the vocal tract does during one sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sound {
    /// The first three formants in Hz, of a standard tract.
    pub(super) formants_hz: [f64; 3],
    /// Strength of the glottal source, 0 to 1.
    pub(super) voicing: f64,
    /// Strength of the noise source, 0 to 1.
    pub(super) noise: f64,
    /// Where the noise is strongest, in Hz.
    pub(super) noise_hz: f64,
}

/// How a character is spoken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Spoken {
    /// Not at all: joiners, variation selectors, combining accents.
    Mute,
    /// A gap between words.
    Gap,
    /// A short pause, as at a comma.
    Comma,
    /// A long pause, as at the end of a sentence.
    Stop,
    /// A long voiced sound.
    Vowel(Sound),
    /// A sound that can be held: a fricative, nasal or liquid.
    Continuant(Sound),
    /// A closure and a burst.
    Plosive(Sound),
    /// A whole short syllable in one character.
    Syllable(Sound, Sound),
}

// Formants of an average male speaker (Peterson and Barney, 1952), in the order a, e, i, o, u, and the y of "hid".
const VOWELS_HZ: [[f64; 3]; 6] = [
    [730.0, 1090.0, 2440.0],
    [530.0, 1840.0, 2480.0],
    [270.0, 2290.0, 3010.0],
    [570.0, 840.0, 2410.0],
    [300.0, 870.0, 2240.0],
    [390.0, 1990.0, 2550.0],
];

const NEUTRAL_HZ: [f64; 3] = [500.0, 1500.0, 2500.0];

/// The way `c` is spoken; `next` decides whether a full stop ends a sentence or stands within `3.14` or `e.g.`.
pub(super) fn spoken(c: char, next: Option<char>) -> Spoken {
    match c {
        '.' if next.is_some_and(|next| !next.is_whitespace() && !is_closing(next)) => Spoken::Gap,
        '.' | '!' | '?' | '…' | '\n' | '。' | '！' | '？' | '।' | '؟' | '۔' => Spoken::Stop,
        ',' | ';' | ':' | '–' | '—' | '(' | ')' | '、' | '，' | '；' | '：' | '،' | '؛' => {
            Spoken::Comma
        }
        _ if c.is_whitespace() || c.is_ascii_control() => Spoken::Gap,
        _ if is_mute(c) => Spoken::Mute,
        _ if c.is_ascii_punctuation() && is_quiet(c)
            || is_closing(c)
            || matches!(c, '“' | '‘' | '«' | '「') =>
        {
            Spoken::Mute
        }
        _ => latin(c.to_ascii_lowercase()).unwrap_or_else(|| syllable(c)),
    }
}

fn latin(c: char) -> Option<Spoken> {
    let spoken = match c {
        'a' => vowel(0),
        'e' => vowel(1),
        'i' => vowel(2),
        'o' => vowel(3),
        'u' => vowel(4),
        'y' => vowel(5),
        's' => Spoken::Continuant(fricative(0.0, 0.62, 5600.0)),
        'z' => Spoken::Continuant(fricative(0.35, 0.45, 5200.0)),
        'x' => Spoken::Continuant(fricative(0.0, 0.55, 4300.0)),
        'f' => Spoken::Continuant(fricative(0.0, 0.40, 3600.0)),
        'v' => Spoken::Continuant(fricative(0.4, 0.26, 3200.0)),
        'h' => Spoken::Continuant(fricative(0.0, 0.36, 1500.0)),
        'j' => Spoken::Plosive(fricative(0.25, 0.55, 2900.0)),
        't' => Spoken::Plosive(fricative(0.0, 0.75, 4200.0)),
        'd' => Spoken::Plosive(fricative(0.3, 0.45, 3800.0)),
        'k' => Spoken::Plosive(fricative(0.0, 0.70, 1900.0)),
        'c' => Spoken::Plosive(fricative(0.0, 0.66, 2300.0)),
        'q' => Spoken::Plosive(fricative(0.0, 0.62, 1400.0)),
        'g' => Spoken::Plosive(fricative(0.3, 0.45, 1700.0)),
        'p' => Spoken::Plosive(fricative(0.0, 0.60, 900.0)),
        'b' => Spoken::Plosive(fricative(0.35, 0.35, 700.0)),
        'm' => Spoken::Continuant(voiced([280.0, 1100.0, 2200.0], 0.5)),
        'n' => Spoken::Continuant(voiced([280.0, 1600.0, 2600.0], 0.5)),
        'l' => Spoken::Continuant(voiced([360.0, 1150.0, 2800.0], 0.6)),
        'r' => Spoken::Continuant(voiced([400.0, 1200.0, 1650.0], 0.6)),
        'w' => Spoken::Continuant(voiced([320.0, 700.0, 2300.0], 0.6)),
        _ => return None,
    };
    Some(spoken)
}

fn vowel(index: usize) -> Spoken {
    Spoken::Vowel(voiced(VOWELS_HZ[index], 1.0))
}

/// A syllable that differs for neighbouring code points: a noisy or a voiced onset, then one of the vowels, shifted.
fn syllable(c: char) -> Spoken {
    let code = u32::from(c).wrapping_mul(0x9e37_79b1);
    let pick = |shift: u32, choices: u32| f64::from((code >> shift) % choices);
    let shift = 0.88 + 0.015 * pick(3, 17);
    let nucleus = VOWELS_HZ[((code >> 24) % 6) as usize].map(|hz| hz * shift);
    let onset = if (code >> 13) & 1 == 0 {
        fricative(0.0, 0.5, 1200.0 + 300.0 * pick(14, 15))
    } else {
        voiced([300.0, 900.0 + 90.0 * pick(14, 11), 2400.0], 0.55)
    };
    Spoken::Syllable(onset, voiced(nucleus, 1.0))
}

const fn voiced(formants_hz: [f64; 3], voicing: f64) -> Sound {
    Sound {
        formants_hz,
        voicing,
        noise: 0.0,
        noise_hz: 2000.0,
    }
}

const fn fricative(voicing: f64, noise: f64, noise_hz: f64) -> Sound {
    Sound {
        formants_hz: NEUTRAL_HZ,
        voicing,
        noise,
        noise_hz,
    }
}

fn is_closing(c: char) -> bool {
    matches!(
        c,
        '"' | '\'' | ')' | ']' | '}' | '”' | '’' | '»' | '」' | '』' | '.' | '!' | '?'
    )
}

/// ASCII punctuation that is read over; the rest (`$ % & + = @ #` and the like) is spoken as a symbol.
fn is_quiet(c: char) -> bool {
    matches!(
        c,
        '"' | '\'' | '`' | '-' | '_' | '*' | '[' | ']' | '{' | '}' | '<' | '>' | '|' | '\\' | '/' | '~' | '^'
    )
}

/// Characters without a sound of their own: combining accents, joiners and marks of direction, variation selectors,
/// skin tones, tags.
fn is_mute(c: char) -> bool {
    matches!(u32::from(c), 0x80..=0x9f | 0xad | 0x300..=0x36f | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f
        | 0xfe00..=0xfe0f | 0xfeff | 0x1f3fb..=0x1f3ff | 0xe0000..=0xe01ef)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::at_the_end_of_the_text('.', None, Spoken::Stop)]
    #[case::before_a_space('.', Some(' '), Spoken::Stop)]
    #[case::before_a_closing_quote('.', Some('”'), Spoken::Stop)]
    #[case::in_a_decimal('.', Some('1'), Spoken::Gap)]
    #[case::in_an_abbreviation('.', Some('g'), Spoken::Gap)]
    #[case::of_chinese('。', Some('你'), Spoken::Stop)]
    fn a_full_stop_pauses(#[case] c: char, #[case] next: Option<char>, #[case] expected: Spoken) {
        assert_eq!(spoken(c, next), expected);
    }

    #[rstest]
    #[case::joiner('\u{200d}')]
    #[case::variation_selector('\u{fe0f}')]
    #[case::accent('\u{301}')]
    #[case::quote('"')]
    fn what_has_no_sound_is_mute(#[case] c: char) {
        assert_eq!(spoken(c, None), Spoken::Mute);
    }

    #[rstest]
    #[case::cyrillic('ж', 'з')]
    #[case::han('你', '好')]
    #[case::devanagari('न', 'म')]
    #[case::digit('1', '2')]
    #[case::emoji('🎉', '🎊')]
    fn neighbours_of_any_script_sound_different(#[case] one: char, #[case] other: char) {
        assert!(matches!(spoken(one, None), Spoken::Syllable(..)));
        assert_ne!(spoken(one, None), spoken(other, None));
    }
}
