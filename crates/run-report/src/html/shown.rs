//! Texts in a page: what may stand there, and how much of it.

use std::fmt::{self, Write};

use askama::filters::{Escaper, Html};

use crate::escape::{Unseen, is_unseen};

/// The escaper of all templates. Markup becomes text, in elements and in quoted attributes; control characters and
/// direction overrides become visible escapes. Line ends and tabs stay.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shown;

impl Escaper for Shown {
    fn write_escaped_str<W: Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        for part in text.split_inclusive(is_escaped) {
            match part.chars().next_back().filter(|c| is_escaped(*c)) {
                None => Html.write_escaped_str(&mut dest, part)?,
                Some(unseen) => {
                    Html.write_escaped_str(&mut dest, &part[..part.len() - unseen.len_utf8()])?;
                    write!(dest, "{}", Unseen(unseen))?;
                }
            }
        }
        Ok(())
    }
}

/// The two noncharacters are legal in HTML, and in XML they are not.
fn is_escaped(c: char) -> bool {
    !matches!(c, '\n' | '\t') && (is_unseen(c) || matches!(c, '\u{fffe}' | '\u{ffff}'))
}

/// At most so many characters; what is left out is told.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!(
            "{}… ({} more characters)",
            &text[..end],
            text[end..].chars().count()
        ),
    }
}

/// For names and labels.
pub(super) fn name(text: &str) -> String {
    cut(text, 200)
}

/// For reasons and notices.
pub(super) fn sentence(text: &str) -> String {
    cut(text, 2_000)
}

/// A list of which a page shows a part only.
#[derive(Debug, Clone)]
pub(super) struct Part<T> {
    /// What is shown.
    pub(super) shown: Vec<T>,
    /// How many more there are.
    pub(super) left_out: usize,
}

impl<T> Part<T> {
    /// The first `most` of all.
    pub(super) fn first(mut all: Vec<T>, most: usize) -> Self {
        let left_out = all.len().saturating_sub(most);
        all.truncate(most);
        Self { shown: all, left_out }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }
}
