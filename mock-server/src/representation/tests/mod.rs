//! Tables of requests and their answers, and properties over arbitrary ones.

mod answers;
mod conditions;
mod properties;
mod ranges;

use std::time::{Duration, SystemTime};

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, Method};

use super::{ETag, Representation, Selection, select};

/// Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110's examples.
const MODIFIED_UNIX_S: u64 = 784_111_777;

/// An object tagged `"abc"`, modified a little after the full second of [`MODIFIED_UNIX_S`].
fn object_of(len: u64) -> Representation {
    let modified = SystemTime::UNIX_EPOCH + Duration::from_millis(MODIFIED_UNIX_S * 1000 + 250);
    Representation::new(
        ETag::strong("abc").unwrap(),
        modified,
        HeaderValue::from_static("audio/ogg"),
        len,
    )
}

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

fn get(headers: &str, len: u64) -> Selection {
    select(&Method::GET, &header_map(headers), &object_of(len))
}
