//! Properties of the segments of arbitrary texts.

use proptest::prelude::*;

use super::super::normal::is_visible;
use super::super::{MAX_SEGMENT_CHARS, segments};

/// Longest text that the server takes, in characters.
const LONGEST_TEXT_CHARS: usize = 20_000;

/// What must reach the voice: everything but white space, control characters and the three that only separate
/// or join.
fn spoken<'a>(text: impl IntoIterator<Item = &'a str>) -> String {
    let dropped = |char: char| char.is_whitespace() || char.is_control();
    let chars = text.into_iter().flat_map(str::chars);
    chars
        .filter(|char| !dropped(*char) && !matches!(char, '\u{200b}' | '\u{feff}' | '\u{2060}'))
        .collect()
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let found = segments(text);
    for segment in &found {
        prop_assert!(!segment.trim().is_empty());
        prop_assert_eq!(segment.trim(), segment);
        prop_assert!(segment.chars().count() <= MAX_SEGMENT_CHARS);
        prop_assert!(!segment.contains("  "));
        prop_assert!(!segment.chars().any(char::is_control));
    }
    let expected = spoken([text]);
    prop_assert_eq!(found.is_empty(), !expected.chars().any(is_visible));
    if !found.is_empty() {
        prop_assert_eq!(spoken(found.iter().map(String::as_str)), expected);
    }
    prop_assert_eq!(segments(text), found);
    Ok(())
}

/// Characters that the rules know, so that they meet each other often.
fn telling() -> impl Strategy<Value = String> {
    let known: Vec<&str> = "A a I 1 . . . ! ? … , ; : — ) ( \" ” “ » « ' 。 ！ ， 」 「 ؟ ، । 語 ก \u{301} \u{200d} \u{102b} 👩 Dr. e.g. No. U.S."
        .split(' ')
        .chain([" ", " ", "\n", "\n\n", "\r\n", "\u{a0}", "\u{200b}", "\u{feff}", "\0", "\u{2029}"])
        .collect();
    prop::collection::vec(prop::sample::select(known), 0..400).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn any_unicode(text in prop::collection::vec(any::<char>(), 0..600)) {
        check(&text.into_iter().collect::<String>())?;
    }

    #[test]
    fn any_mixture_of_telling_characters(text in telling()) {
        check(&text)?;
    }

    #[test]
    fn segments_are_full(text in "([a-z]{1,12}[ ,.]{1,2}){0,200}") {
        let found = segments(&text);
        for pair in found.windows(2) {
            // The next word at least would not have fitted, or a better place to cut was taken, never a tiny
            // one.
            let next = pair[1].split(' ').next().unwrap_or_default();
            let full = pair[0].chars().count() + 1 + next.chars().count() > MAX_SEGMENT_CHARS;
            prop_assert!(full || pair[0].chars().count() >= MAX_SEGMENT_CHARS / 4, "{:?}", pair);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4) })]

    #[test]
    fn the_longest_text_of_any_unicode(text in prop::collection::vec(any::<char>(), LONGEST_TEXT_CHARS)) {
        check(&text.into_iter().collect::<String>())?;
    }

    #[test]
    fn the_longest_text_of_one_thing_repeated(
        unit in prop_oneof![
            Just(".)".to_owned()), Just(")".to_owned()), Just("\u{301}".to_owned()), Just("\u{102b}".to_owned()),
            Just(". 1 ".to_owned()), Just("🇩".to_owned()), "\\PC{1,8}",
        ],
        start in "[.!a。]{0,2}",
    ) {
        let text: String = start.chars().chain(unit.chars().cycle()).take(LONGEST_TEXT_CHARS).collect();
        check(&text)?;
    }
}
