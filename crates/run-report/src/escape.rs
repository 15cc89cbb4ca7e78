//! Texts from elsewhere made harmless for where they go: test names, reasons and evidence may hold anything.

use std::fmt::{self, Write as _};

/// Length in characters beyond which a text is cut in renderings for people.
const LONGEST: usize = 500;

/// One line for a terminal or a log: control characters, line ends and direction overrides become visible escapes, so
/// that nothing can draw, move the cursor, or start a line of its own.
pub(crate) fn line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (i, c) in text.chars().enumerate() {
        if i == LONGEST {
            shown.push('…');
            break;
        }
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push(' '),
            c if is_unseen(c) => {
                let _ = write!(shown, "{}", Unseen(c));
            }
            c => shown.push(c),
        }
    }
    shown
}

/// A character that draws nothing of its own, or draws what others do not expect.
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control() || is_invisible(c)
}

/// Such a character as an escape that can be seen.
pub(crate) struct Unseen(pub(crate) char);

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\\u{{{:x}}}", u32::from(self.0))
    }
}

/// Line and paragraph separators, and what turns or isolates the direction of writing (Unicode TR9).
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// For Markdown as GitHub has it, in a table cell or anywhere else: one line inside `<code>`, where nobody is mentioned
/// and nothing is linked, with every character that could be markup as an entity.
pub(crate) fn markdown(text: &str) -> String {
    let mut shown = String::from("<code>");
    let line = line(text);
    let chars: Vec<char> = line.chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        let inside_word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric());
        match c {
            '_' if i > 0 && inside_word(chars.get(i - 1)) && inside_word(chars.get(i + 1)) => shown.push('_'),
            '|' | '<' | '>' | '&' | '`' | '*' | '_' | '[' | ']' | '\\' | '~' | '!' | '"' | '$' | '@'
            | '#' => {
                let _ = write!(shown, "&#{};", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown.push_str("</code>");
    shown
}

/// For the message of a workflow command ("Workflow commands for GitHub Actions", toolkit `command.ts`).
pub(crate) fn command_message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// For a property of a workflow command.
pub(crate) fn command_property(text: &str) -> String {
    command_message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line_and_draws_nothing() {
        assert_eq!(
            line("a\nb\rc\td\u{1b}[31me\u{9b}f\u{202e}g\u{2028}h"),
            "a\\nb\\rc d\\u{1b}[31me\\u{9b}f\\u{202e}g\\u{2028}h"
        );
        assert_eq!(line("ünïcödé 日本"), "ünïcödé 日本");
        assert_eq!(line(&"x".repeat(9000)).chars().count(), LONGEST + 1);
    }

    #[test]
    fn markup_in_markdown_is_text() {
        assert_eq!(markdown("multi_segment"), "<code>multi_segment</code>");
        assert_eq!(
            markdown("_a_|<b>`*[x](y)@me\n"),
            "<code>&#95;a&#95;&#124;&#60;b&#62;&#96;&#42;&#91;x&#93;(y)&#64;me&#92;n</code>"
        );
    }

    #[test]
    fn a_command_cannot_be_left() {
        assert_eq!(command_message("50%\r\n::error::x"), "50%25%0D%0A::error::x");
        assert_eq!(command_property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
    }
}
