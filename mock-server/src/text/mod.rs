//! Text into segments: Unicode sentences, packed to a bounded length. Free of I/O; the cost is linear in the
//! text.
//!
//! [`segments`] goes four steps, each in a module of its own: white space and control characters are
//! normalised and blank lines end paragraphs (`normal`); a paragraph is cut into sentences (`sentence`, with
//! the abbreviations of `abbreviation`); a sentence that is too long is cut at clauses, words or grapheme
//! clusters (`cut`); and what results is packed here, in order and greedily.
//!
//! Nothing is lost but white space, control characters, U+FEFF and U+2060. Text without letters or digits is
//! text: `"..."` or an emoji is a segment like any other, which a voice renders as a pause. Only text without
//! any visible character has no segments, and the server refuses it as empty.

mod abbreviation;
mod cut;
mod normal;
mod punctuation;
mod sentence;
#[cfg(test)]
mod tests;

/// The most characters (Unicode scalars) that a segment has.
pub const MAX_SEGMENT_CHARS: usize = 240;

/// Cuts a text into segments: never empty or blank, in the text's order, at most [`MAX_SEGMENT_CHARS`]
/// characters each, with one space between sentences. The same text always gives the same segments. Empty if
/// the text has no visible character.
pub fn segments(text: &str) -> Vec<String> {
    let paragraphs = normal::paragraphs(text);
    if !paragraphs
        .iter()
        .flat_map(|paragraph| paragraph.chars())
        .any(normal::is_visible)
    {
        return Vec::new();
    }
    let mut packer = Packer::default();
    for paragraph in &paragraphs {
        for sentence in sentence::sentences(paragraph) {
            packer.add(sentence);
        }
    }
    packer.finish()
}

/// Fills one segment after the other.
#[derive(Default)]
struct Packer {
    full: Vec<String>,
    open: String,
    open_chars: usize,
}

impl Packer {
    /// A sentence joins the open segment if it fits. One that fits in no segment starts its own, and only its
    /// last piece stays open: joined to each other, its pieces would get spaces that the text does not have.
    fn add(&mut self, sentence: &str) {
        let chars = sentence.chars().count();
        if !self.open.is_empty() && self.open_chars + 1 + chars <= MAX_SEGMENT_CHARS {
            self.open.push(' ');
            self.open.push_str(sentence);
            self.open_chars += 1 + chars;
            return;
        }
        for piece in cut::pieces(sentence, MAX_SEGMENT_CHARS) {
            self.close();
            self.open.push_str(piece);
            self.open_chars = piece.chars().count();
        }
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.full.push(std::mem::take(&mut self.open));
        }
    }

    fn finish(mut self) -> Vec<String> {
        self.close();
        self.full
    }
}
