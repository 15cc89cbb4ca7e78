//! A sentence that is too long into pieces: at a clause, else between words, else between grapheme clusters.

use unicode_segmentation::UnicodeSegmentation;

use super::punctuation::{Pause, is_closer, pause};

/// A clause is worth a cut if it fills at least this part of a piece; `So, …` does not.
const SMALLEST_CLAUSE: usize = 4;

/// Pieces of at most `max_chars` characters, trimmed, none of them empty; one piece if the sentence, which is
/// trimmed and has single spaces only, fits.
pub(super) fn pieces(sentence: &str, max_chars: usize) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = sentence;
    while let Some((limit, first_beyond)) = rest.char_indices().nth(max_chars) {
        // One character more than fits, because it decides whether there may be a cut before it.
        let window = &rest[..limit + first_beyond.len_utf8()];
        let (piece, others) = rest.split_at(best_cut(window, limit, max_chars));
        found.push(piece);
        rest = others.trim_start();
    }
    found.push(rest);
    found
}

/// Where to cut a text of which only the first `limit` bytes, `max_chars` characters, fit: as late as
/// possible at the best kind of place. A single cluster that does not fit is cut at `limit`, between two of
/// its characters.
fn best_cut(window: &str, limit: usize, max_chars: usize) -> usize {
    let (mut clause, mut word, mut cluster) = (None, None, None);
    let mut paused = None;
    let mut chars = 0;
    for (start, text) in window.grapheme_indices(true) {
        let end = start + text.len();
        if end > limit {
            break;
        }
        let (Some(first), Some(next)) = (text.chars().next(), window[end..].chars().next()) else {
            break;
        };
        chars += text.chars().count();
        paused = pause(first).or(paused.filter(|_| is_closer(first)));
        if is_clause_end(paused, next) {
            clause = Some((end, chars));
        }
        if next == ' ' {
            word = Some(end);
        }
        cluster = Some(end);
    }
    let any_clause = clause.map(|(end, _)| end);
    let clause = clause
        .filter(|(_, chars)| chars * SMALLEST_CLAUSE >= max_chars)
        .map(|(end, _)| end);
    clause.or(word).or(any_clause).or(cluster).unwrap_or(limit)
}

/// Whether the clause that paused is over before `next`: not before more punctuation that belongs to it.
fn is_clause_end(paused: Option<Pause>, next: char) -> bool {
    match paused {
        Some(Pause::BeforeSpace) => next == ' ',
        Some(Pause::Anywhere) => !is_closer(next) && pause(next).is_none(),
        None => false,
    }
}
