//! The outcome of a request: preconditions first, then the range (RFC 9110 §13.2.2 and §14.2).

use std::ops::Range;

use http::{HeaderMap, Method};

use super::Representation;
use super::condition::{Verdict, if_range_holds, preconditions};
use super::multipart::{Coalesced, MultiRange, coalesce};
use super::range::{Requested, requested};

/// What of an object answers a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// 200: all of it.
    Full,
    /// 304: nothing, the client has it.
    NotModified,
    /// 412: nothing, a precondition failed.
    PreconditionFailed,
    /// 206: these bytes, half-open, never empty, within the object.
    Range(Range<u64>),
    /// 206 as `multipart/byteranges`.
    Multi(MultiRange),
    /// 416: nothing of what was asked for exists, or too much was asked for.
    NotSatisfiable,
}

/// Evaluates a request's conditional and range fields against an object that exists and is ready. `Range`
/// counts on GET only (RFC 9110 §14.2); conditions on every method but CONNECT, OPTIONS and TRACE (§13.2.1).
pub fn select(method: &Method, headers: &HeaderMap, of: &Representation) -> Selection {
    match preconditions(method, headers, of) {
        Verdict::NotModified => return Selection::NotModified,
        Verdict::Failed => return Selection::PreconditionFailed,
        Verdict::Proceed => {}
    }
    if *method != Method::GET {
        return Selection::Full;
    }
    match requested(headers, of.len) {
        Requested::Whole => Selection::Full,
        _ if !if_range_holds(headers, of) => Selection::Full,
        Requested::NotSatisfiable => Selection::NotSatisfiable,
        Requested::One(range) => Selection::Range(range),
        Requested::Several(ranges) => match coalesce(ranges) {
            Coalesced::One(range) => Selection::Range(range),
            Coalesced::Many(ranges) => Selection::Multi(ranges),
        },
    }
}
