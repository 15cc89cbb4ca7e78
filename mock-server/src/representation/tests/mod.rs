//! Tables of requests and their answers, and properties over arbitrary ones.

mod answers;
mod conditions;
mod corpus;
mod properties;
mod property;
mod ranges;

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, Method};

use super::{Selection, select};
use property::object_of;

/// Header lines, one `name: value` a line.
fn header_map(lines: &str) -> HeaderMap {
    let lines = lines
        .lines()
        .map(|line| line.trim_start().split_once(':').unwrap());
    lines
        .map(|(name, value)| {
            let name = HeaderName::try_from(name).unwrap();
            (name, HeaderValue::try_from(value.trim()).unwrap())
        })
        .collect()
}

/// What a GET selects of an object of `len` bytes. Each such case is one of the fuzzer's seeds.
fn get(headers: &str, len: u64) -> Selection {
    outcome_of(&Method::GET, headers, len)
}

/// As [`get`], for any method; GET and HEAD are what the fuzzer's seeds have.
fn outcome_of(method: &Method, headers: &str, len: u64) -> Selection {
    if matches!(*method, Method::GET | Method::HEAD) {
        corpus::assert_seeded(&format!("{method} {len}\n{headers}"));
    }
    select(method, &header_map(headers), &object_of(len))
}
