//! What came, read as a client would.

use std::ops::Range;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};

use crate::representation::Answer;

/// Reads a body as a client would: each range the headers name, with the bytes sent for it.
pub(crate) fn received(answer: Answer, object: &Bytes) -> Vec<(Range<usize>, Vec<u8>)> {
    let headers = HeaderMap::from(answer.headers.clone());
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
