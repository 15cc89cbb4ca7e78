//! White space and control characters: paragraphs of words with one space between them.

/// What a character is to the layout of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Stays as it is.
    Text,
    /// Separates words.
    Space,
    /// Ends a line; the second in a row ends the paragraph.
    Line,
    /// Ends the paragraph.
    Paragraph,
    /// Is left out without separating anything.
    Nothing,
}

/// What stands between the last character that was kept and the next one; the greater wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Line,
    Paragraph,
}

/// The paragraphs of a text, none of them empty: no white space but single spaces between words, no control
/// characters.
pub(super) fn paragraphs(text: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut open = String::new();
    let mut gap = Gap::None;
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        // Carriage return and line feed are one end of line.
        if char == '\r' && chars.peek() == Some(&'\n') {
            continue;
        }
        match layout(char) {
            Layout::Nothing => {}
            Layout::Space => gap = gap.max(Gap::Space),
            Layout::Line => {
                gap = if gap < Gap::Line {
                    Gap::Line
                } else {
                    Gap::Paragraph
                }
            }
            Layout::Paragraph => gap = Gap::Paragraph,
            Layout::Text => {
                match std::mem::replace(&mut gap, Gap::None) {
                    _ if open.is_empty() => {}
                    Gap::None => {}
                    Gap::Space | Gap::Line => open.push(' '),
                    Gap::Paragraph => done.push(std::mem::take(&mut open)),
                }
                open.push(char);
            }
        }
    }
    done.extend(Some(open).filter(|open| !open.is_empty()));
    done
}

fn layout(char: char) -> Layout {
    match char {
        // U+0085 next line, U+2028 line separator
        '\n' | '\r' | '\u{85}' | '\u{2028}' => Layout::Line,
        '\u{2029}' => Layout::Paragraph,
        // The zero-width space separates words where a script writes no other: it must not join them.
        '\u{200b}' => Layout::Space,
        _ if char.is_whitespace() => Layout::Space,
        // Zero-width no-break space (byte order mark) and word joiner join words: leaving them out does just
        // that.
        '\u{feff}' | '\u{2060}' => Layout::Nothing,
        _ if char.is_control() => Layout::Nothing,
        _ => Layout::Text,
    }
}

/// Whether a character of a normalised text shows: not a space, and not one that only acts on its neighbours
/// (joiners, direction marks, variation selectors, fillers, tags; after Unicode's
/// Default_Ignorable_Code_Point).
pub(super) fn is_visible(char: char) -> bool {
    !matches!(
        char,
        ' ' | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}
