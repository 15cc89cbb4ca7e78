//! Several ranges in one answer: which are left after coalescing, and how `multipart/byteranges` frames them
//! (RFC 9110 §14.6 and §15.3.7.2).

use std::fmt::Write as _;
use std::ops::Range;

use bytes::Bytes;
use http::HeaderValue;
use sha2::{Digest, Sha256};

use super::{Representation, header_value};

/// Ranges closer than this many bytes are sent as one: RFC 9110 §15.3.7.2 puts the framing of a part at about
/// 80 bytes.
const PART_OVERHEAD: u64 = 80;

/// At least two ranges of an object in the order to send them: not empty, at least `PART_OVERHEAD` bytes
/// apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultiRange(Vec<Range<u64>>);

/// What is left of several ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Coalesced {
    One(Range<u64>),
    Many(MultiRange),
}

impl MultiRange {
    /// The ranges, in the order to send them.
    pub fn ranges(&self) -> &[Range<u64>] {
        &self.0
    }
}

/// Joins what overlaps or lies close. A joined range takes the place of the first of its members in the
/// request's order.
pub(super) fn coalesce(requested: Vec<Range<u64>>) -> Coalesced {
    let mut by_start: Vec<(usize, Range<u64>)> = requested.into_iter().enumerate().collect();
    by_start.sort_unstable_by_key(|(place, range)| (range.start, *place));
    by_start.dedup_by(|(next_place, next), (place, range)| {
        let close = next.start < range.end.saturating_add(PART_OVERHEAD);
        if close {
            *place = (*place).min(*next_place);
            range.end = range.end.max(next.end);
        }
        close
    });
    by_start.sort_unstable_by_key(|(place, _)| *place);
    let mut ranges: Vec<Range<u64>> = by_start.into_iter().map(|(_, range)| range).collect();
    match (ranges.pop(), ranges.is_empty()) {
        (Some(only), true) => Coalesced::One(only),
        (last, _) => {
            ranges.extend(last);
            Coalesced::Many(MultiRange(ranges))
        }
    }
}

/// A framed body before its bytes are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Multipart {
    boundary: String,
    parts: Vec<(Bytes, Range<u64>)>,
    closing: Bytes,
}

impl Multipart {
    pub(super) fn new(ranges: MultiRange, of: &Representation) -> Self {
        let boundary = boundary(&ranges, of);
        let closing = Bytes::from(format!("\r\n--{boundary}--\r\n"));
        let parts = ranges.0.into_iter().enumerate();
        // The line break before a delimiter belongs to the delimiter; nothing stands before the first.
        let parts = parts.map(|(index, range)| {
            let line_break = if index == 0 { "" } else { "\r\n" };
            (heading(line_break, &boundary, &range, of), range)
        });
        Self {
            parts: parts.collect(),
            boundary,
            closing,
        }
    }

    /// The answer's `Content-Type`.
    pub(super) fn content_type(&self) -> HeaderValue {
        header_value(format!("multipart/byteranges; boundary={}", self.boundary))
    }

    /// Bytes of the whole body, framing included.
    pub(super) fn len(&self) -> u64 {
        let parts = self
            .parts
            .iter()
            .map(|(heading, range)| heading.len() as u64 + (range.end - range.start));
        parts.sum::<u64>() + self.closing.len() as u64
    }

    /// The body in order: each part's heading and its slice of the object, then the closing delimiter.
    pub(super) fn chunks<S: From<Bytes>>(self, slice: impl Fn(Range<u64>) -> S) -> Vec<S> {
        let parts = self
            .parts
            .into_iter()
            .flat_map(|(heading, range)| [heading.into(), slice(range)]);
        parts.chain([self.closing.into()]).collect()
    }
}

fn heading(line_break: &str, boundary: &str, range: &Range<u64>, of: &Representation) -> Bytes {
    let mut text = format!("{line_break}--{boundary}\r\nContent-Type: ").into_bytes();
    text.extend_from_slice(of.content_type.as_bytes());
    text.extend_from_slice(format!("\r\nContent-Range: {}\r\n\r\n", content_range(range, of.len)).as_bytes());
    Bytes::from(text)
}

/// `bytes first-last/length` of a range that is not empty (RFC 9110 §14.4).
pub(super) fn content_range(range: &Range<u64>, len: u64) -> String {
    format!("bytes {}-{}/{len}", range.start, range.end - 1)
}

/// The same for the same object and ranges, so that repeated requests get identical bytes. 128 bits of a
/// digest: no audio contains it but by a chance that can be left out of account.
fn boundary(ranges: &MultiRange, of: &Representation) -> String {
    let mut digest = Sha256::new();
    digest.update(of.etag.header_value().as_bytes());
    digest.update(of.len.to_be_bytes());
    for range in &ranges.0 {
        digest.update(range.start.to_be_bytes());
        digest.update(range.end.to_be_bytes());
    }
    digest
        .finalize()
        .iter()
        .take(16)
        .fold(String::with_capacity(32), |mut hex, byte| {
            // Writing to a `String` cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}
