//! A paragraph into sentences: Unicode's default boundaries (UAX #29), less those that tear a sentence apart.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use super::abbreviation;
use super::punctuation::{closes_behind_space, is_closer, is_opener, opens_without_space};

/// The default boundaries are looked for in stretches of this many bytes, because their rule SB8 looks ahead
/// again for each closing character, which on a run of such characters costs the square of its length. A
/// sentence that is longer is cut by length anyway.
const STRETCH_BYTES: usize = 1024;

/// A stretch that has no boundary shares this many characters with the next one, so that a full stop at its
/// end is seen together with what follows it.
const SHARED_CHARS: usize = 32;

/// The sentences of a normalised paragraph: trimmed, none of them empty.
pub(super) fn sentences(paragraph: &str) -> Vec<&str> {
    let text = with_plain_ellipses(paragraph);
    let mut found = Vec::new();
    let mut start = 0;
    for boundary in default_boundaries(&text) {
        let boundary = behind_closers(&text, before_openers(&text, boundary));
        if boundary > start && is_end(&text[start..boundary], &text[boundary..]) {
            found.push(paragraph[start..boundary].trim());
            start = boundary;
        }
    }
    found.push(paragraph[start..].trim());
    found.retain(|sentence| !sentence.is_empty());
    found
}

/// To UAX #29 only three full stops may end a sentence, the character U+2026 may not. In UTF-8 both are three
/// bytes, so offsets stay.
fn with_plain_ellipses(paragraph: &str) -> Cow<'_, str> {
    if paragraph.contains('…') {
        Cow::Owned(paragraph.replace('…', "..."))
    } else {
        Cow::Borrowed(paragraph)
    }
}

/// Offsets of UAX #29's boundaries, without start and end of the text.
fn default_boundaries(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let end = text.floor_char_boundary(start + STRETCH_BYTES);
        let stretch = &text[start..end];
        let known = found.len();
        found.extend(
            stretch
                .split_sentence_bound_indices()
                .skip(1)
                .map(|(offset, _)| start + offset),
        );
        if end == text.len() {
            break;
        }
        // The last sentence of a stretch may go on behind it: the next stretch begins with it.
        start = match found[known..].last() {
            Some(&last) => last,
            None => stretch
                .char_indices()
                .nth_back(SHARED_CHARS)
                .map_or(end, |(offset, _)| start + offset),
        };
    }
    found
}

/// To UAX #29 opening and closing marks are one class, so in `「行く。」「雨だ。」` it has the boundary behind the
/// second opening mark.
fn before_openers(text: &str, boundary: usize) -> usize {
    text[..boundary].trim_end_matches(opens_without_space).len()
}

/// French sets a space before the closing guillemet: `« Oui ! » Il part.` The sentence ends behind it.
fn behind_closers(text: &str, boundary: usize) -> usize {
    let after = text[boundary..].trim_start_matches(closes_behind_space);
    let behind = text.len() - after.len();
    match after.strip_prefix(' ') {
        Some(_) if behind > boundary => behind + 1,
        _ => boundary,
    }
}

/// Whether `before`, which reaches back to where the sentence begins, really is a whole sentence, given what
/// follows.
fn is_end(before: &str, following: &str) -> bool {
    let text = before.trim_end();
    let stem = text.trim_end_matches(|char| is_closer(char) || char == ' ');
    let (Some(terminator), Some(next)) = (
        stem.chars().next_back(),
        following.trim_start_matches(is_opener).chars().next(),
    ) else {
        return false;
    };
    if !matches!(terminator, '.' | '!' | '?') {
        return true;
    }
    let spaced = text.len() < before.len();
    let closed = stem.len() < text.len();
    // In `a?b=1`, `Yahoo!Inc` or `end.[1]` the sentence goes on; scripts without case may do without the
    // space.
    let goes_on = if spaced {
        closed && next.is_lowercase()
    } else {
        !is_caseless_letter(next)
    };
    if goes_on {
        return false;
    }
    match stem.strip_suffix('.') {
        Some(sentence) if sentence.ends_with('.') => !begins_with_pronoun(following),
        Some(sentence) => !abbreviation::keeps_full_stop(sentence, following),
        None => true,
    }
}

fn is_caseless_letter(char: char) -> bool {
    char.is_alphabetic() && !char.is_lowercase() && !char.is_uppercase()
}

/// English `I` is in upper case wherever it stands, so behind an ellipsis it does not tell of a new sentence.
fn begins_with_pronoun(following: &str) -> bool {
    following
        .strip_prefix('I')
        .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}
