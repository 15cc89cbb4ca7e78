//! Entity tags: one's own, and the comparison with those a request names (RFC 9110 §8.8.3).

use http::HeaderValue;
use http::header::GetAll;

/// A strong entity tag, quoted once when it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ETag(HeaderValue);

/// Text that cannot stand in an entity tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entity tag {0:?} has a character other than visible ASCII without the double quote")]
pub struct InvalidETag(String);

impl ETag {
    /// A strong tag of the given opaque text, which is without its quotes.
    ///
    /// # Errors
    /// If the text has anything but visible ASCII, or a double quote (RFC 9110 §8.8.3, without the obsolete
    /// bytes).
    pub fn strong(opaque: &str) -> Result<Self, InvalidETag> {
        let invalid = || InvalidETag(opaque.to_owned());
        if !opaque.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"') {
            return Err(invalid());
        }
        // Of the right size from the start, so that the text becomes the value without being copied.
        let mut quoted = String::with_capacity(opaque.len() + 2);
        quoted.extend(["\"", opaque, "\""]);
        HeaderValue::try_from(quoted).map(Self).map_err(|_| invalid())
    }

    /// The tag as the `ETag` field carries it, quotes included.
    pub const fn header_value(&self) -> &HeaderValue {
        &self.0
    }
}

/// How two tags compare (RFC 9110 §8.8.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    /// Neither may be weak: `If-Match`, `If-Range`.
    Strong,
    /// The opaque texts decide: `If-None-Match`.
    Weak,
}

/// Whether the lines of an `If-Match` or `If-None-Match` field name this tag, or are the one member `*`.
///
/// What cannot be read as a tag names nothing, nor does what follows it on its line. So a malformed
/// `If-Match` fails and a malformed `If-None-Match` gets the full object: the safe side of both.
pub(super) fn names(lines: &GetAll<'_, HeaderValue>, etag: &ETag, comparison: Comparison) -> bool {
    let mut all = lines.iter();
    if let (Some(only), None) = (all.next(), all.next())
        && only.as_bytes().trim_ascii() == b"*"
    {
        return true;
    }
    lines.iter().any(|line| {
        Tags {
            rest: line.as_bytes(),
        }
        .any(|tag| tag.is(etag, comparison))
    })
}

/// A tag as a request writes it, quotes included.
struct Tag<'a> {
    strength: Strength,
    quoted: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strength {
    Strong,
    /// Marked by `W/`, in upper case only.
    Weak,
}

impl Tag<'_> {
    fn is(&self, etag: &ETag, comparison: Comparison) -> bool {
        let comparable = comparison == Comparison::Weak || self.strength == Strength::Strong;
        comparable && self.quoted == etag.0.as_bytes()
    }
}

/// The tags of one field line. A comma may stand inside of a tag, so it is read tag by tag, not split.
struct Tags<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Tags<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Tag<'a>> {
        let line = std::mem::take(&mut self.rest);
        let start = line
            .iter()
            .position(|byte| !matches!(byte, b',' | b' ' | b'\t'))?;
        let member = &line[start..];
        let (strength, quoted) = match member.strip_prefix(b"W/") {
            Some(quoted) => (Strength::Weak, quoted),
            None => (Strength::Strong, member),
        };
        let opaque = quoted.strip_prefix(b"\"")?;
        let end = opaque.iter().position(|&byte| byte == b'"')? + 2;
        let (quoted, after) = quoted.split_at(end);
        match after.trim_ascii_start() {
            [] => {}
            [b',', rest @ ..] => self.rest = rest,
            _ => return None,
        }
        Some(Tag { strength, quoted })
    }
}
