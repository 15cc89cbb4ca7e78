//! The `Range` field: read, and resolved against a length (RFC 9110 §14.1.2 and §14.2).

use std::cmp::Ordering;
use std::ops::Range;

use http::HeaderMap;
use http::header::RANGE;

/// How many list elements a `Range` field may have, empty ones included; more is refused with 416. Readers of
/// documents and media ask for a handful, a few dozen at most.
pub const MAX_RANGES: usize = 64;

/// What the field asks for, as byte ranges within the object: half-open, never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Requested {
    /// No field, or one that is to be ignored: the whole object.
    Whole,
    /// Nothing of it can be sent, or it asks for too much: 416.
    NotSatisfiable,
    /// A single range; the usual case, without allocation.
    One(Range<u64>),
    /// At least two ranges in the request's order, maybe overlapping.
    Several(Vec<Range<u64>>),
}

/// Reads the `Range` field of a request for an object of `len` bytes.
pub(super) fn requested(headers: &HeaderMap, len: u64) -> Requested {
    let mut lines = headers.get_all(RANGE).iter();
    match (lines.next(), lines.next()) {
        (Some(only), None) => byte_ranges(only.as_bytes()).map_or(Requested::Whole, |set| resolve(set, len)),
        // `Range` is no list: repeated, it is as malformed as its lines joined by a comma would be.
        _ => Requested::Whole,
    }
}

/// What follows `bytes=`. The unit's name is case-insensitive (RFC 9110 §14.1).
fn byte_ranges(value: &[u8]) -> Option<&[u8]> {
    let (unit, set) = value.trim_ascii_start().split_at_checked(b"bytes=".len())?;
    unit.eq_ignore_ascii_case(b"bytes=").then_some(set)
}

/// Element by element; a single malformed one makes the whole field malformed.
fn resolve(set: &[u8], len: u64) -> Requested {
    let mut valid = 0_usize;
    let mut first = None;
    let mut others = Vec::new();
    for (index, element) in set
        .split(|&byte| byte == b',')
        .map(<[u8]>::trim_ascii)
        .enumerate()
    {
        if index == MAX_RANGES {
            return Requested::NotSatisfiable;
        }
        // §5.6.1.2: a recipient ignores empty list elements.
        if element.is_empty() {
            continue;
        }
        let Some(spec) = Spec::parse(element) else {
            return Requested::Whole;
        };
        valid += 1;
        match spec.within(len) {
            // Satisfiable, but of an object without bytes: no `Content-Range` can say so.
            Some(range) if range.is_empty() => return Requested::Whole,
            Some(range) if first.is_none() => first = Some(range),
            Some(range) => others.push(range),
            None => {}
        }
    }
    match first {
        _ if valid == 0 => Requested::Whole,
        None => Requested::NotSatisfiable,
        Some(only) if others.is_empty() => Requested::One(only),
        Some(first) => {
            others.insert(0, first);
            Requested::Several(others)
        }
    }
}

/// One valid member of the set. Numbers beyond 64 bits are held at the largest, which no object reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spec {
    /// `first-` or `first-last`, both inclusive.
    Positions { first: u64, last: u64 },
    /// `-length`: the last so many bytes.
    Suffix { length: u64 },
}

impl Spec {
    fn parse(element: &[u8]) -> Option<Self> {
        let dash = element.iter().position(|&byte| byte == b'-')?;
        let (left, right) = (&element[..dash], &element[dash + 1..]);
        match (left, right) {
            ([], length) => Some(Self::Suffix {
                length: number(length)?,
            }),
            (first, []) => Some(Self::Positions {
                first: number(first)?,
                last: u64::MAX,
            }),
            (first, last) => {
                let spec = Self::Positions {
                    first: number(first)?,
                    last: number(last)?,
                };
                // As written, not as saturated: 2^70-2^69 is invalid, 2^69-2^70 is valid and not satisfiable.
                (compare(first, last) != Ordering::Greater).then_some(spec)
            }
        }
    }

    /// `None` if not satisfiable. Empty only for a suffix of an object without bytes, which RFC 9110 §14.1.2
    /// calls satisfiable.
    fn within(self, len: u64) -> Option<Range<u64>> {
        match self {
            Self::Positions { first, last } => (first < len).then(|| first..last.saturating_add(1).min(len)),
            Self::Suffix { length } => (length > 0).then(|| len.saturating_sub(length)..len),
        }
    }
}

/// `1*DIGIT`, saturating.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0_u64, |sum, digit| {
        sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
    }))
}

/// Compares two strings of digits of any length by value.
fn compare(left: &[u8], right: &[u8]) -> Ordering {
    let (left, right) = (significant(left), significant(right));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

fn significant(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    &digits[zeros..]
}
