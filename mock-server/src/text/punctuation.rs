//! What punctuation does to a sentence: closes a quotation, pauses, separates words.

/// What may stand between a full stop and the space after its sentence. Quotation marks close in one language
/// and open in another, so all of them count here.
pub(super) fn is_closer(char: char) -> bool {
    matches!(
        char,
        ')' | ']'
            | '}'
            | '"'
            | '\''
            | '’'
            | '‘'
            | '‚'
            | '”'
            | '“'
            | '„'
            | '»'
            | '«'
            | '›'
            | '‹'
            | '」'
            | '』'
            | '】'
            | '〉'
            | '》'
            | '〕'
            | '）'
            | '］'
            | '｝'
            | '＂'
            | '＇'
    )
}

/// What closes even behind a space, as the French write it; marks that also open are left out.
pub(super) fn closes_behind_space(char: char) -> bool {
    matches!(
        char,
        ')' | ']'
            | '}'
            | '»'
            | '›'
            | '”'
            | '’'
            | '」'
            | '』'
            | '】'
            | '〉'
            | '》'
            | '〕'
            | '）'
            | '］'
            | '｝'
    )
}

/// What opens even without a space before it, as brackets do and quotation marks in Chinese and Japanese.
pub(super) fn opens_without_space(char: char) -> bool {
    matches!(
        char,
        '(' | '[' | '{' | '“' | '‘' | '「' | '『' | '【' | '〈' | '《' | '〔' | '（' | '［' | '｛'
    )
}

/// What may stand before the first letter of a word.
pub(super) fn is_opener(char: char) -> bool {
    matches!(
        char,
        '(' | '['
            | '{'
            | '¿'
            | '¡'
            | '「'
            | '『'
            | '【'
            | '〈'
            | '《'
            | '〔'
            | '（'
            | '［'
            | '｛'
            | '"'
            | '\''
            | '‘'
            | '’'
            | '‚'
            | '“'
            | '”'
            | '„'
            | '«'
            | '»'
            | '‹'
            | '›'
    )
}

/// Whether a character is part of a word, for the look-up of abbreviations: the full stop is, hyphens and
/// slashes are not.
pub(super) fn is_word(char: char) -> bool {
    let separates = matches!(
        char,
        '-' | '–' | '—' | '/' | ',' | ';' | ':' | '!' | '?' | '…' | '、' | '，' | '。' | '；' | '：'
    );
    !(char.is_whitespace() || separates || is_closer(char) || is_opener(char))
}

/// A pause within a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    /// Only before a space: a comma stands in `1,000` too, a colon in `10:30`, a question mark in an address.
    BeforeSpace,
    /// Wherever it stands.
    Anywhere,
}

/// The pause that a character makes.
pub(super) fn pause(char: char) -> Option<Pause> {
    match char {
        ',' | ';' | ':' | '!' | '?' | '–' | '…' => Some(Pause::BeforeSpace),
        // Em dash and horizontal bar
        '—' | '―' => Some(Pause::Anywhere),
        // Full-width and ideographic forms
        '，' | '、' | '；' | '：' | '､' | '﹐' | '﹑' | '﹔' | '﹕' => Some(Pause::Anywhere),
        // Arabic, Ethiopic, Mongolian, Tibetan, Armenian
        '،' | '؛' | '፣' | '፤' | '፥' | '፦' | '᠂' | '᠄' | '།' | '༎' | '՝' => {
            Some(Pause::Anywhere)
        }
        _ => None,
    }
}
