//! Preconditions: whether a request is to be answered at all, in the order of RFC 9110 §13.2.2.

use http::header::{HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE};
use http::{HeaderMap, HeaderValue, Method};
use httpdate::HttpDate;

use super::Representation;
use super::etag::{self, Comparison};

/// What the preconditions say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Go on as if there were none.
    Proceed,
    /// 304: the client has it already.
    NotModified,
    /// 412: it is not what the client supposes.
    Failed,
}

/// Evaluates steps 1 to 4 of RFC 9110 §13.2.2; step 5 is [`if_range_holds`].
pub(super) fn preconditions(method: &Method, headers: &HeaderMap, of: &Representation) -> Verdict {
    // §13.2.1: no condition on a method that neither selects nor changes a representation.
    if matches!(*method, Method::CONNECT | Method::OPTIONS | Method::TRACE) {
        return Verdict::Proceed;
    }
    if !may_act(headers, of) {
        return Verdict::Failed;
    }
    let reads = matches!(*method, Method::GET | Method::HEAD);
    match (
        client_has_it(reads.then_some(IF_MODIFIED_SINCE), headers, of),
        reads,
    ) {
        (false, _) => Verdict::Proceed,
        (true, true) => Verdict::NotModified,
        (true, false) => Verdict::Failed,
    }
}

/// Steps 1 and 2: `If-Match`, and only without it `If-Unmodified-Since`.
fn may_act(headers: &HeaderMap, of: &Representation) -> bool {
    if headers.contains_key(IF_MATCH) {
        return etag::names(&headers.get_all(IF_MATCH), &of.etag, Comparison::Strong);
    }
    only_date(headers, &IF_UNMODIFIED_SINCE).is_none_or(|date| of.last_modified <= date)
}

/// Steps 3 and 4: `If-None-Match`, and only without it, on a method that reads, the field of the date.
fn client_has_it(date_field: Option<HeaderName>, headers: &HeaderMap, of: &Representation) -> bool {
    if headers.contains_key(IF_NONE_MATCH) {
        return etag::names(&headers.get_all(IF_NONE_MATCH), &of.etag, Comparison::Weak);
    }
    date_field
        .and_then(|field| only_date(headers, &field))
        .is_some_and(|date| of.last_modified <= date)
}

/// Step 5: whether the `Range` of this request may be honoured. True without `If-Range`; false for one that
/// is malformed, weak, out of date or repeated, because then the safe answer is the whole object (RFC 9110
/// §13.1.5).
pub(super) fn if_range_holds(headers: &HeaderMap, of: &Representation) -> bool {
    let mut lines = headers.get_all(IF_RANGE).iter();
    match (lines.next(), lines.next()) {
        (None, _) => true,
        (Some(only), None) => is_current(only, of),
        (Some(_), Some(_)) => false,
    }
}

fn is_current(validator: &HeaderValue, of: &Representation) -> bool {
    let validator = validator.as_bytes().trim_ascii();
    // §13.1.5: a tag has a double quote among its first three characters, a date has none there.
    if validator.iter().take(3).any(|&byte| byte == b'"') {
        return validator == of.etag.header_value().as_bytes();
    }
    date(validator) == Some(of.last_modified)
}

/// The field's date. Not one date: as if the field were not there (RFC 9110 §13.1.3 and §13.1.4).
fn only_date(headers: &HeaderMap, field: &HeaderName) -> Option<HttpDate> {
    let mut lines = headers.get_all(field).iter();
    match (lines.next(), lines.next()) {
        (Some(only), None) => date(only.as_bytes()),
        _ => None,
    }
}

/// Reads all three forms of RFC 9110 §5.6.7. Dates before 1970 are none to `httpdate`.
fn date(text: &[u8]) -> Option<HttpDate> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
