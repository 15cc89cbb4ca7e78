//! What a client is sent of an object: conditional requests and ranges as RFC 9110 has them. Free of I/O.
//!
//! Three steps, each a pure function, so that the object is fetched only when something of it is sent:
//!
//! 1. [`select`] reads the request's headers and names the outcome, a [`Selection`];
//! 2. [`Answer::new`] turns it into status, headers and a description of the content;
//! 3. [`Content::of`] cuts that content from the object's bytes, without copying them.
//!
//! Left to the caller: that the object exists and is ready, `Cache-Control` and `Date` (which RFC 9110
//! §15.4.5 wants on a 304 as on the 200), and the problem document in the body of a 412 or 416.
//!
//! Where RFC 9110 leaves the choice, this module chooses:
//!
//! - A malformed `Range`, one of an unknown unit, or several `Range` lines: ignored (§14.2), so 200.
//! - More than [`MAX_RANGES`] list elements: refused with 416 (§15.5.17), because the alternative, a whole
//!   object for each abusive request, is the dearer one for the server.
//! - Ranges that overlap, touch, or lie closer than the framing of a part: coalesced (§15.3.7.2). Nothing is
//!   sent twice, so a multipart body is at most the object and its framing. What is left keeps the request's
//!   order; when a single range is left it is sent as an ordinary 206.
//! - `If-Range` with a date: the date counts as strong (§8.8.2.2), because an object's bytes never change
//!   under its name.
//! - `If-Range` holds and the range is not satisfiable: 416, as without it (§13.1.5 has the range
//!   processed "as requested").
//! - A range of an object of no bytes: `Content-Range` cannot name an empty range, so a satisfiable one (a
//!   suffix) gets the whole, empty object with 200, any other 416.
//! - 206 after `If-Range` repeats `Content-Type` and `Last-Modified`, although §15.3.7 advises against it:
//!   with `X-Content-Type-Options: nosniff` a player would take audio without a type for something else.

mod answer;
mod condition;
mod etag;
mod fields;
mod multipart;
mod object;
mod range;
mod select;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use httpdate::HttpDate;

pub use answer::{Answer, Answered, Body, Content, WrongLength};
pub use etag::{ETag, InvalidETag};
pub use fields::Fields;
pub use multipart::MultiRange;
pub use object::{Object, Slice};
pub use range::MAX_RANGES;
pub use select::{Selection, select};

/// What is known of an object without reading it.
#[derive(Debug, Clone)]
pub struct Representation {
    etag: ETag,
    last_modified: HttpDate,
    /// Formatted once, because every answer carries it.
    last_modified_value: HeaderValue,
    content_type: HeaderValue,
    len: u64,
}

impl Representation {
    /// An object of `len` bytes. `last_modified` is cut to whole seconds, as `Last-Modified` has them, and
    /// into the years 1970 to 9999; it must not lie in the future (RFC 9110 §8.8.2.1).
    pub fn new(etag: ETag, last_modified: SystemTime, content_type: HeaderValue, len: u64) -> Self {
        let last_modified = http_date(last_modified);
        let last_modified_value = header_value(last_modified.to_string());
        Self {
            etag,
            last_modified,
            last_modified_value,
            content_type,
            len,
        }
    }

    /// The entity tag.
    pub const fn etag(&self) -> &ETag {
        &self.etag
    }

    /// The media type.
    pub const fn content_type(&self) -> &HeaderValue {
        &self.content_type
    }

    /// The object's length in bytes.
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether the object has no bytes.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// `HttpDate` panics outside of the years it can write, so the time is brought into them first.
fn http_date(time: SystemTime) -> HttpDate {
    const LAST_SECOND_OF_9999: Duration = Duration::from_secs(253_402_300_799);
    let last = SystemTime::UNIX_EPOCH + LAST_SECOND_OF_9999;
    HttpDate::from(time.clamp(SystemTime::UNIX_EPOCH, last))
}

/// A header value of text that this module wrote itself: digits, letters and ASCII punctuation.
fn header_value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).expect("visible ASCII is a legal header value")
}
