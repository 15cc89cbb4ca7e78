//! What segments hold.

use rstest::rstest;

use super::super::{MAX_SEGMENT_CHARS, segments};

#[rstest]
#[case::nothing("", &[])]
#[case::white_space(" \t\r\n\u{a0}\u{3000}\u{2028}\u{2029}\u{85}", &[])]
#[case::zero_width("\u{200b}\u{feff}\u{2060}", &[])]
#[case::control_characters("\0\u{1}\u{7f}\u{9f}", &[])]
#[case::joiners_and_marks_of_direction("\u{200d}\u{200c} \u{200e}\u{202e}\n\n\u{fe0f}\u{ad}", &[])]
#[case::punctuation_only(" ... \n?! ", &["... ?!"])]
#[case::emoji_only("👩‍👩‍👧‍👦", &["👩‍👩‍👧‍👦"])]
#[case::one_letter("a", &["a"])]
#[case::one_space_between_sentences("One.   Two.\n\n\nThree.", &["One. Two. Three."])]
#[case::white_space_runs("a\u{a0}\u{2003}b\tc\n d\u{b}e\u{c}f", &["a b c d e f"])]
#[case::zero_width_space_separates("ភាសា\u{200b}ខ្មែរ", &["ភាសា ខ្មែរ"])]
#[case::byte_order_mark_joins("\u{feff}ab\u{feff}cd\u{2060}ef", &["abcdef"])]
#[case::control_characters_are_dropped("a\0b\u{1b}[1mc \u{7} d", &["ab[1mc d"])]
#[case::joiners_within_words_stay("می\u{200c}خواهم क्\u{200d}ष", &["می\u{200c}خواهم क्\u{200d}ष"])]
#[case::sentences_without_a_space("你好。世界。", &["你好。 世界。"])]
fn a_short_text(#[case] text: &str, #[case] expected: &[&str]) {
    assert_eq!(segments(text), expected);
}

/// A sentence of exactly so many characters, full stop included.
fn sentence_of(chars: usize) -> String {
    format!("{}.", "A".repeat(chars - 1))
}

#[rstest]
#[case::exactly_full(&[120, 119], &[240])]
#[case::one_too_many(&[120, 120], &[120, 120])]
#[case::in_order_though_a_later_one_would_fit(&[200, 100, 30], &[200, 131])]
#[case::a_sentence_that_just_fits(&[240, 240], &[240, 240])]
#[case::rest_of_a_long_one_is_filled_up(&[250, 100], &[240, 111])]
#[case::a_long_one_starts_its_own(&[10, 250], &[10, 240, 10])]
#[case::many(&[79, 80, 79, 79, 80, 79], &[240, 240])]
fn sentences_are_packed_greedily(#[case] lengths: &[usize], #[case] expected: &[usize]) {
    let text: Vec<String> = lengths.iter().map(|chars| sentence_of(*chars)).collect();
    let packed: Vec<usize> = segments(&text.join(" "))
        .iter()
        .map(|segment| segment.chars().count())
        .collect();
    assert_eq!(packed, expected);
}

#[test]
fn characters_are_scalars_not_bytes() {
    let text = format!("{}。{}。", "語".repeat(118), "語".repeat(119));
    assert_eq!(segments(&text).len(), 1);
    assert_eq!(segments(&format!("語{text}")).len(), 2);
}

/// `count` words of four letters, spaces between them.
fn words(count: usize) -> String {
    vec!["word"; count].join(" ")
}

#[rstest]
#[case::at_the_last_clause_that_fits(
    format!("{}, {}; {}.", words(20), words(20), words(20)),
    vec![format!("{}, {};", words(20), words(20)), format!("{}.", words(20))]
)]
#[case::at_a_clause_before_words(
    format!("{}, {}.", words(20), words(40)),
    vec![format!("{},", words(20)), format!("{}.", words(40))]
)]
#[case::not_at_a_clause_that_is_tiny(
    format!("So, {}.", words(60)),
    vec![format!("So, {}", words(47)), format!("{}.", words(13))]
)]
#[case::behind_the_quote_that_closes_the_clause(
    format!("“{},” {}.", words(30), words(30)),
    vec![format!("“{},”", words(30)), format!("{}.", words(30))]
)]
#[case::not_within_a_number(
    format!("{} 1,000,000:30 {}.", words(40), words(20)),
    vec![format!("{} 1,000,000:30 {}", words(40), words(5)), format!("{}.", words(15))]
)]
#[case::at_a_dash(
    format!("{}—{}.", words(30), words(30)),
    vec![format!("{}—", words(30)), format!("{}.", words(30))]
)]
#[case::between_words(words(60), vec![words(48), words(12)])]
#[case::word_that_ends_at_the_limit(
    format!("{} {}", "a".repeat(240), words(2)),
    vec!["a".repeat(240), words(2)]
)]
#[case::long_word_between_clusters("a".repeat(500), vec!["a".repeat(240), "a".repeat(240), "a".repeat(20)])]
#[case::long_word_after_short_ones(
    format!("see {}", "a".repeat(300)),
    vec!["see".to_owned(), "a".repeat(240), "a".repeat(60)]
)]
#[case::clusters_stay_whole(
    "e\u{301}".repeat(200) + "xe\u{301}",
    vec!["e\u{301}".repeat(120), "e\u{301}".repeat(80) + "xe\u{301}"]
)]
#[case::clusters_that_do_not_divide_the_limit(
    "👩‍👩‍👧‍👦".repeat(40),
    vec!["👩‍👩‍👧‍👦".repeat(34), "👩‍👩‍👧‍👦".repeat(6)]
)]
#[case::one_cluster_beyond_the_limit(
    format!("o{}", "\u{301}".repeat(300)),
    vec![format!("o{}", "\u{301}".repeat(239)), "\u{301}".repeat(61)]
)]
#[case::chinese_at_a_clause(
    format!("{}，{}。", "语".repeat(150), "语".repeat(150)),
    vec![format!("{}，", "语".repeat(150)), format!("{}。", "语".repeat(150))]
)]
#[case::chinese_at_a_tiny_clause_rather_than_within_one(
    format!("所以，{}。", "语".repeat(237)),
    vec!["所以，".to_owned(), format!("{}。", "语".repeat(237))]
)]
#[case::chinese_without_a_clause(
    format!("{}。", "语".repeat(300)),
    vec!["语".repeat(240), format!("{}。", "语".repeat(60))]
)]
#[case::closing_quote_stays_with_its_clause(
    format!("「{}、」{}。", "語".repeat(237), "語".repeat(20)),
    vec![format!("「{}、」", "語".repeat(237)), format!("{}。", "語".repeat(20))]
)]
#[case::not_before_the_quote_that_closes_the_clause(
    format!("「{}、{}、」{}。", "語".repeat(100), "語".repeat(137), "語".repeat(20)),
    vec![format!("「{}、", "語".repeat(100)), format!("{}、」{}。", "語".repeat(137), "語".repeat(20))]
)]
#[case::not_within_a_dash_of_two(
    format!("{}，{}——{}。", "语".repeat(100), "语".repeat(138), "语".repeat(20)),
    vec![format!("{}，", "语".repeat(100)), format!("{}——{}。", "语".repeat(138), "语".repeat(20))]
)]
#[case::arabic_at_a_clause(
    format!("{}، {}.", vec!["كلمة"; 30].join(" "), vec!["كلمة"; 30].join(" ")),
    vec![format!("{}،", vec!["كلمة"; 30].join(" ")), format!("{}.", vec!["كلمة"; 30].join(" "))]
)]
#[case::thai_at_a_space(
    format!("{} {}", "ก".repeat(200), "ก".repeat(200)),
    vec!["ก".repeat(200), "ก".repeat(200)]
)]
fn a_long_sentence_is_cut(#[case] text: String, #[case] expected: Vec<String>) {
    assert!(
        expected
            .iter()
            .all(|segment| segment.chars().count() <= MAX_SEGMENT_CHARS)
    );
    assert_eq!(segments(&text), expected);
}

#[test]
fn pieces_of_one_word_are_never_joined_by_a_space() {
    let text = format!("{}.{}", "語、".repeat(3), "a".repeat(245));
    let joined = segments(&text).concat();
    assert_eq!(joined, text);
}
