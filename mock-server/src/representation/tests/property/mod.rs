//! The property that every request must have, whatever its headers: what is sent is what the answer's headers name,
//! it is what was asked for, and with the rest fetched as well it makes up the object.
//!
//! The fuzzer feeds it with bytes (`mock-server/fuzz`), the tests with the corpus that the fuzzer kept.

mod asked;
mod received;

use std::ops::Range;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{
    ETAG, HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use asked::Asked;
pub(crate) use received::received;

use crate::representation::{Answer, ETag, MAX_RANGES, Representation, Selection, select};

/// Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110's examples.
const MODIFIED_UNIX_S: u64 = 784_111_777;
/// Gaps shorter than this are sent along, because a part's framing is longer (RFC 9110 §15.3.7.2).
const MAX_GAP: usize = 80;
/// The framing that a part adds is shorter than this, in bytes.
const MAX_FRAMING: usize = 150;
/// Objects up to this length are made; of longer ones only the selection is looked at.
const MAX_OBJECT_BYTES: u64 = 20_000;

/// An object tagged `"abc"`, modified a little after the full second of [`MODIFIED_UNIX_S`].
pub(crate) fn object_of(len: u64) -> Representation {
    let modified = SystemTime::UNIX_EPOCH + Duration::from_millis(MODIFIED_UNIX_S * 1000 + 250);
    Representation::new(
        ETag::strong("abc").unwrap(),
        modified,
        HeaderValue::from_static("audio/ogg"),
        len,
    )
}

/// No two neighbours alike, and nothing that looks like a delimiter.
pub(crate) fn object(len: usize) -> Bytes {
    (0..len).map(|index| (index % 251) as u8).collect()
}

/// The header fields of a request with this `Range`.
pub(crate) fn ranged(range: &str) -> HeaderMap {
    HeaderMap::from_iter([(RANGE, HeaderValue::from_str(range).unwrap())])
}

/// A request for an object: `GET 10000` or `HEAD 10000` in the first line, header fields in the others.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    /// The object's length in bytes.
    pub(crate) len: u64,
}

impl Request {
    /// Reads any bytes; what is not understood is left out.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut lines = bytes.split(|&byte| byte == b'\n');
        let first = lines.next().unwrap_or_default();
        let digits = first.iter().filter(|byte| byte.is_ascii_digit());
        Self {
            method: if first.starts_with(b"HEAD") {
                Method::HEAD
            } else {
                Method::GET
            },
            len: digits.fold(0, |len: u64, digit| {
                len.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
            }),
            headers: lines.filter_map(field).collect(),
        }
    }

    /// Panics if the request does not have the property.
    pub(crate) fn check(&self) {
        let of = object_of(self.len);
        let selection = select(&self.method, &self.headers, &of);
        self.check_selection(&selection);
        let answer = Answer::new(&self.method, selection, &of);
        self.check_status(answer.status);
        if self.len > MAX_OBJECT_BYTES {
            return;
        }
        let object = object(self.len as usize);
        if self.method == Method::HEAD {
            self.check_head(answer);
        } else {
            self.check_content(answer, &object);
        }
    }

    fn has(&self, names: &[HeaderName]) -> bool {
        names.iter().any(|name| self.headers.contains_key(name))
    }

    /// Whatever is selected lies within the object, in order where it must be, and apart.
    fn check_selection(&self, selection: &Selection) {
        let mut ranges = match selection {
            Selection::Range(range) => vec![range.clone()],
            Selection::Multi(ranges) => ranges.ranges().to_vec(),
            _ => return,
        };
        ranges.sort_unstable_by_key(|range| range.start);
        assert!(
            ranges
                .iter()
                .all(|range| range.start < range.end && range.end <= self.len),
            "{ranges:?}"
        );
        let apart = |pair: &[Range<u64>]| pair[1].start - pair[0].end >= MAX_GAP as u64;
        assert!(ranges.windows(2).all(apart), "{ranges:?}");
    }

    /// Each status has its reason in the request.
    fn check_status(&self, status: StatusCode) {
        let conditional = self.has(&[
            IF_MATCH,
            IF_UNMODIFIED_SINCE,
            IF_NONE_MATCH,
            IF_MODIFIED_SINCE,
            IF_RANGE,
        ]);
        let asked = if self.method == Method::GET {
            Asked::read(&self.headers)
        } else {
            Asked::Whole
        };
        let reason = match status {
            StatusCode::PRECONDITION_FAILED => self.has(&[IF_MATCH, IF_UNMODIFIED_SINCE]),
            StatusCode::NOT_MODIFIED => self.has(&[IF_NONE_MATCH, IF_MODIFIED_SINCE]),
            StatusCode::RANGE_NOT_SATISFIABLE => asked.is_refused(self.len),
            StatusCode::PARTIAL_CONTENT => asked.is_satisfiable(self.len),
            StatusCode::OK => conditional || !(asked.is_refused(self.len) || asked.is_satisfiable(self.len)),
            _ => false,
        };
        assert!(reason, "{status} for {asked:?}");
    }

    /// As a GET of the same without ranges, with no content.
    fn check_head(&self, head: Answer) {
        let mut plain = self.headers.clone();
        plain.remove(RANGE);
        let of = object_of(self.len);
        let get = Answer::new(&Method::GET, select(&Method::GET, &plain, &of), &of);
        assert_eq!((head.status, &head.headers), (get.status, &get.headers));
        assert_eq!(head.content.of(&Bytes::new()).unwrap().count(), 0);
    }

    fn check_content(&self, answer: Answer, object: &Bytes) {
        let status = answer.status;
        if status == StatusCode::NOT_MODIFIED {
            assert_eq!(answer.headers.get(&ETAG).unwrap(), "\"abc\"");
        }
        if matches!(status, StatusCode::NOT_MODIFIED | StatusCode::PRECONDITION_FAILED) {
            assert!(answer.content.is_empty());
            return;
        }
        assert!(answer.content.len() < (object.len() + MAX_FRAMING * (MAX_RANGES + 1)) as u64);
        let received = received(answer, object);
        let mut whole: Vec<Option<u8>> = vec![None; object.len()];
        for (range, bytes) in received {
            assert_eq!(bytes, object[range.clone()], "other bytes than the headers name");
            for (place, byte) in whole[range].iter_mut().zip(bytes) {
                assert_eq!(place.replace(byte), None, "sent twice");
            }
        }
        if status == StatusCode::PARTIAL_CONTENT {
            check_asked(&Asked::read(&self.headers).bytes(object.len()), &whole);
        }
        fetch_rest(&mut whole, object);
        assert!(
            whole
                .iter()
                .zip(object)
                .all(|(received, byte)| *received == Some(*byte)),
            "does not make up the object"
        );
    }
}

/// Every byte that was asked for came; what came besides lies in a short gap between two that were asked for.
fn check_asked(asked: &[bool], received: &[Option<u8>]) {
    let mut gap = MAX_GAP;
    for (index, (asked, received)) in asked.iter().zip(received).enumerate() {
        gap = if *asked { 0 } else { gap + 1 };
        assert!(received.is_some() || !asked, "byte {index} was asked for");
        assert!(
            received.is_none() || gap < MAX_GAP,
            "byte {index} was not asked for"
        );
    }
}

/// Asks for what is missing, one range a gap.
fn fetch_rest(whole: &mut [Option<u8>], object: &Bytes) {
    let of = object_of(object.len() as u64);
    while let Some(first) = whole.iter().position(Option::is_none) {
        let gap = whole[first..].iter().take_while(|byte| byte.is_none()).count();
        let headers = ranged(&format!("bytes={first}-{}", first + gap - 1));
        let answer = Answer::new(&Method::GET, select(&Method::GET, &headers, &of), &of);
        assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT);
        let bytes = answer.content.of(object).unwrap().flatten();
        whole[first..first + gap]
            .iter_mut()
            .zip(bytes)
            .for_each(|(place, byte)| *place = Some(byte));
    }
}

/// A field of those that matter here.
fn field(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let name = HeaderName::from_bytes(line[..colon].trim_ascii()).ok()?;
    let known = [
        RANGE,
        IF_RANGE,
        IF_MATCH,
        IF_NONE_MATCH,
        IF_MODIFIED_SINCE,
        IF_UNMODIFIED_SINCE,
    ];
    // As it comes from a connection: without the white space around it.
    let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
    known.contains(&name).then_some((name, value))
}
