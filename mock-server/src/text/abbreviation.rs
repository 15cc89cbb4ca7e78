//! Full stops that belong to a word: abbreviations, initials, ordinals, enumerations.
//!
//! The lists hold what is frequent in running text of a few languages. Where a word both abbreviates and ends
//! sentences, the word after it decides; in doubt the sentence goes on, because two sentences read as one do
//! less harm than one torn apart.

use super::punctuation::{is_opener, is_word};

/// No word of the lists is longer, in characters; more need not be looked at.
const LONGEST_WORD_CHARS: usize = 16;

/// Before a name, so never at the end of a sentence.
const TITLES: &[&str] = &[
    "Mr",
    "Mrs",
    "Ms",
    "Mx",
    "Messrs",
    "Dr",
    "Drs",
    "Prof",
    "Rev",
    "Hon",
    "Gen",
    "Col",
    "Maj",
    "Capt",
    "Cpt",
    "Lt",
    "Sgt",
    "Cpl",
    "Pvt",
    "Adm",
    "Cmdr",
    "Gov",
    "Sen",
    "Rep",
    "Pres",
    "Supt",
    "Insp",
    "Mme",
    "Mlle",
    "Mgr",
    "Sra",
    "Srta",
    "Dra",
    "Sig",
    "Hr",
    "Fr",
    "Dipl",
    "Ing",
    "Sir",
    "Bp",
    "Abp",
    "डॉ",
    "प्रो",
];

/// Before something that belongs to them, whatever it is; in lower case.
const LEADING: &[&str] = &[
    "e.g", "eg", "i.e", "ie", "vs", "v", "viz", "cf", "resp", "approx", "ca", "esp", "incl", "bzw", "z.b",
    "d.h", "u.a", "sog", "inkl", "ggf", "evtl", "vgl", "p.ex", "p.ej", "т.е", "т.к", "напр", "ул", "гр",
];

/// Before a number; in lower case.
const NUMBERED: &[&str] = &[
    "no", "nos", "nr", "num", "fig", "figs", "eq", "eqs", "vol", "vols", "p", "pp", "art", "arts", "sec",
    "secs", "ch", "chs", "chap", "op", "ref", "refs", "tab", "abb", "abs", "ziff", "bd", "kap", "núm", "pág",
    "págs", "стр", "рис", "табл", "ver", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept",
    "oct", "nov", "dec",
];

/// Within a sentence more often than at its end.
const AMBIGUOUS: &[&str] = &[
    "St", "Ste", "Ft", "Mt", "Ave", "Blvd", "Rd", "al", "Inc", "Ltd", "Co", "Corp", "Bros", "Jr", "Sr",
    "Dept", "Univ", "Assn",
];

/// They begin sentences so often, and follow an abbreviation within one so seldom, that they decide.
const BEGINNINGS: &[&str] = &[
    "The", "A", "An", "This", "That", "These", "Those", "It", "I", "He", "She", "We", "They", "You", "His",
    "Her", "Its", "My", "Our", "Their", "Your", "There", "Here", "Then", "But", "And", "Or", "So", "If",
    "When", "While", "Where", "What", "Why", "How", "Who", "However", "In", "On", "At", "As", "For", "After",
    "Before", "Because", "Although", "Yet", "Now",
];

/// German dates have an ordinal before the month.
const GERMAN_MONTHS: &[&str] = &[
    "Januar",
    "Jänner",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// Whether the full stop after `sentence`, which has no such stop itself any more, belongs to its last word,
/// given what follows. `sentence` reaches back to where the sentence begins.
pub(super) fn keeps_full_stop(sentence: &str, following: &str) -> bool {
    let word = last_word(sentence);
    let next = first_word(following);
    let bare_next = next.trim_end_matches('.');
    let lower = word.to_lowercase();
    let begins = BEGINNINGS.contains(&next);
    is_enumeration(sentence)
        || TITLES.contains(&word)
        || LEADING.contains(&lower.as_str())
        || (NUMBERED.contains(&lower.as_str()) && is_number(bare_next))
        || (is_ordinal(word) && GERMAN_MONTHS.contains(&bare_next))
        || (AMBIGUOUS.contains(&word) && !begins)
        || (is_initials(word) && !begins)
}

fn last_word(text: &str) -> &str {
    let word = text
        .char_indices()
        .rev()
        .take(LONGEST_WORD_CHARS)
        .take_while(|(_, char)| is_word(*char));
    let start = word.last().map_or(text.len(), |(start, _)| start);
    &text[start..]
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start_matches(is_opener);
    let word = text
        .char_indices()
        .take(LONGEST_WORD_CHARS)
        .take_while(|(_, char)| is_word(*char));
    let end = word.last().map_or(0, |(start, last)| start + last.len_utf8());
    &text[..end]
}

/// `1.`, `12.`, `a.` or `IV.` with nothing before it numbers what follows.
fn is_enumeration(sentence: &str) -> bool {
    let number = sentence.trim_start_matches(is_opener);
    let digits = number.len() <= 3 && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let letter = number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_alphabetic());
    digits || letter || is_roman(number)
}

/// In digits, or a Roman numeral; a lone `I` is the pronoun.
fn is_number(word: &str) -> bool {
    word.starts_with(|first: char| first.is_numeric()) || (word != "I" && is_roman(word))
}

fn is_roman(word: &str) -> bool {
    (1..=7).contains(&word.len()) && word.bytes().all(|byte| b"IVXLCDM".contains(&byte))
}

fn is_ordinal(word: &str) -> bool {
    (1..=2).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// `J`, `U.S`, `Ph.D`, `a.m`, `พ.ศ`: a single letter, or parts of one or two letters between full stops.
fn is_initials(word: &str) -> bool {
    let longest = if word.contains('.') { 2 } else { 1 };
    word.split('.').all(|part| {
        let letters = part.chars().count();
        (1..=longest).contains(&letters) && part.chars().all(char::is_alphabetic)
    })
}
