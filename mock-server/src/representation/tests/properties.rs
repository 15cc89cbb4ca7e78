//! Properties over arbitrary requests: what is sent is what the headers name.

use std::ops::Range;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use proptest::prelude::*;

use super::super::{Answer, MAX_RANGES, Selection, select};
use super::object_of;

/// No two neighbours alike, and nothing that looks like a delimiter.
fn object(len: usize) -> Bytes {
    (0..len).map(|index| (index % 251) as u8).collect()
}

fn ranged(range: &str) -> HeaderMap {
    HeaderMap::from_iter([(http::header::RANGE, HeaderValue::from_str(range).unwrap())])
}

/// Reads a body as a client would: each range the headers name, with the bytes sent for it.
fn received(answer: Answer, object: &Bytes) -> Vec<(Range<usize>, Vec<u8>)> {
    let headers = answer.headers.clone();
    let status = answer.status;
    let body: Vec<u8> = answer.content.of(object).unwrap().flatten().collect();
    if status == StatusCode::RANGE_NOT_SATISFIABLE {
        assert_eq!(headers[CONTENT_RANGE], format!("bytes */{}", object.len()));
        assert!(body.is_empty());
        return Vec::new();
    }
    assert_eq!(headers[CONTENT_LENGTH], body.len().to_string());
    let content_type = headers[CONTENT_TYPE].to_str().unwrap();
    match content_type.strip_prefix("multipart/byteranges; boundary=") {
        Some(boundary) => parts(&body, boundary, object.len()),
        None if status == StatusCode::OK => vec![(0..object.len(), body)],
        None => vec![(
            named(headers[CONTENT_RANGE].to_str().unwrap(), object.len()),
            body,
        )],
    }
}

/// `bytes first-last/len`
fn named(content_range: &str, len: usize) -> Range<usize> {
    let (range, total) = content_range
        .strip_prefix("bytes ")
        .unwrap()
        .split_once('/')
        .unwrap();
    let (first, last) = range.split_once('-').unwrap();
    assert_eq!(total.parse(), Ok(len));
    first.parse().unwrap()..last.parse::<usize>().unwrap() + 1
}

/// A small multipart reader, independent of the writer: it goes by the part's length, then expects the
/// delimiter.
fn parts(body: &[u8], boundary: &str, len: usize) -> Vec<(Range<usize>, Vec<u8>)> {
    let mut found = Vec::new();
    let mut rest = body.strip_prefix(format!("--{boundary}").as_bytes()).unwrap();
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let end = part.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let heading = std::str::from_utf8(&part[..end]).unwrap();
        let range = named(heading.rsplit_once("Content-Range: ").unwrap().1, len);
        let (bytes, after) = part[end + 4..].split_at(range.len());
        found.push((range, bytes.to_vec()));
        rest = after
            .strip_prefix(format!("\r\n--{boundary}").as_bytes())
            .unwrap();
    }
    assert_eq!(rest, b"--\r\n");
    found
}

/// A `Range` value that is mostly well-formed, around an object of a few thousand bytes.
fn plausible_range() -> impl Strategy<Value = String> {
    let spec = prop_oneof![
        4 => (0..4000_u64, 0..900_u64).prop_map(|(first, more)| format!("{first}-{}", first + more)),
        1 => (0..4000_u64).prop_map(|first| format!("{first}-")),
        1 => (0..4000_u64).prop_map(|length| format!("-{length}")),
        1 => any::<u64>().prop_map(|first| format!("{first}-99999999999999999999")),
        1 => Just(String::new()),
    ];
    prop::collection::vec(spec, 1..MAX_RANGES + 3).prop_map(|specs| format!("bytes={}", specs.join(",")))
}

/// Which bytes a well-formed value asks for, found the slow way.
fn asked(range: &str, len: usize) -> Vec<bool> {
    let mut asked = vec![false; len];
    for spec in range["bytes=".len()..].split(',').filter(|spec| !spec.is_empty()) {
        let (first, last) = spec.split_once('-').unwrap();
        let number = |digits: &str| digits.parse::<usize>().unwrap_or(usize::MAX);
        let span = match (first, last) {
            ("", length) => len.saturating_sub(number(length))..len,
            (first, "") => number(first)..len,
            (first, last) => number(first)..number(last).saturating_add(1).min(len),
        };
        asked
            .get_mut(span)
            .into_iter()
            .flatten()
            .for_each(|byte| *byte = true);
    }
    asked
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn the_bytes_sent_are_those_the_headers_name(range in plausible_range(), len in 0_usize..4000) {
        let (object, of) = (object(len), object_of(len as u64));
        let answer = Answer::new(&Method::GET, select(&Method::GET, &ranged(&range), &of), &of);
        for (range, bytes) in received(answer, &object) {
            prop_assert_eq!(&bytes[..], &object[range]);
        }
    }

    #[test]
    fn every_byte_asked_for_is_sent_exactly_once_and_framing_is_all_that_is_added(
        range in plausible_range(),
        len in 1_usize..4000,
    ) {
        let of = object_of(len as u64);
        let selection = select(&Method::GET, &ranged(&range), &of);
        let refused = range.split(',').count() > MAX_RANGES;
        prop_assert!(!refused || selection == Selection::NotSatisfiable);
        let partial = matches!(selection, Selection::Range(_) | Selection::Multi(_));
        let answer = Answer::new(&Method::GET, selection, &of);
        prop_assert!(answer.content.len() < (len + 150 * (MAX_RANGES + 1)) as u64);
        let mut times = vec![0; len];
        for (range, _) in received(answer, &object(len)) {
            times[range].iter_mut().for_each(|times| *times += 1);
        }
        let wanted = asked(&range, len);
        if partial {
            prop_assert!(times.iter().zip(&wanted).all(|(times, wanted)| *times <= 1 && (*times == 1 || !wanted)));
        } else if !refused && wanted.contains(&true) {
            prop_assert!(false, "{range} of {len} bytes is satisfiable and was not answered by a 206");
        }
    }

    #[test]
    fn pieces_fetched_one_by_one_make_up_the_object(len in 1_usize..3000, step in 1_usize..400) {
        let (object, of) = (object(len), object_of(len as u64));
        let mut whole = Vec::new();
        for first in (0..len).step_by(step) {
            let headers = ranged(&format!("bytes={first}-{}", first + step - 1));
            let answer = Answer::new(&Method::GET, select(&Method::GET, &headers, &of), &of);
            prop_assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT);
            whole.extend(answer.content.of(&object).unwrap().flatten());
        }
        prop_assert_eq!(&whole[..], &object[..]);
    }

    #[test]
    fn pieces_fetched_together_make_up_the_object(len in 4_usize..3000, cuts in prop::collection::vec(0.0..1.0, 2)) {
        let object = object(len);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut: &f64| 1 + (cut * (len - 1) as f64) as usize).collect();
        cuts.sort_unstable();
        let (low, high) = (cuts[0], cuts[1].max(cuts[0] + 1));
        let of = object_of(len as u64);
        // From the back, so that order matters.
        let headers = ranged(&format!("bytes={high}-,{low}-{},0-{}", high - 1, low - 1));
        let answer = Answer::new(&Method::GET, select(&Method::GET, &headers, &of), &of);
        let mut received = received(answer, &object);
        received.sort_by_key(|(range, _)| range.start);
        let whole: Vec<u8> = received.into_iter().flat_map(|(_, bytes)| bytes).collect();
        prop_assert_eq!(&whole[..], &object[..]);
    }

    #[test]
    fn no_header_bytes_make_it_panic(
        lines in prop::collection::vec((0..6_usize, prop::collection::vec(any::<u8>(), 0..60)), 0..6),
        spec in "bytes=[-0-9, ]{0,40}",
        len in prop_oneof![Just(0), Just(u64::MAX), any::<u64>()],
    ) {
        const NAMES: [&str; 6] =
            ["range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];
        let lines = lines.into_iter().filter_map(|(name, value)| {
            Some((http::HeaderName::from_static(NAMES[name]), HeaderValue::from_bytes(&value).ok()?))
        });
        let arbitrary: HeaderMap = lines.collect();
        for headers in [arbitrary, ranged(&spec)] {
            if let Selection::Range(range) = select(&Method::GET, &headers, &object_of(len)) {
                prop_assert!(range.start < range.end && range.end <= len);
            }
        }
    }
}
