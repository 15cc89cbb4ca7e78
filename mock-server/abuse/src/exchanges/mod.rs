//! The table of exchanges: everything that can be said in one piece and must be refused, bounded or borne.

mod bodies;
mod faults;
mod fields;
mod framing;
mod lines;
mod numbers;
mod pipelines;
mod ranges;

use crate::exchange::{Exchange, Target};

/// Exchanges of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// The kind.
    pub name: &'static str,
    /// What is sent, in short.
    pub sends: &'static str,
    /// What must come back, in short.
    pub expects: &'static str,
    /// The exchanges.
    pub of: fn(&Target) -> Vec<Exchange>,
}

/// Every kind.
pub const GROUPS: [Group; 11] = [
    Group {
        name: "request lines",
        sends: "overlong, NUL, bad UTF-8, traversal, encoded CR LF, odd forms and methods",
        expects: "414, 400, 404, 405",
        of: lines::targets,
    },
    Group {
        name: "other protocols",
        sends: "HTTP/0.9, 1.0, 1.9, 2 and 3, TLS, noise",
        expects: "400, 505; 1.0 served",
        of: lines::protocols,
    },
    Group {
        name: "head fields",
        sends: "overlong names and values, too many, NUL, folded, bare CR, no or wrong Host",
        expects: "431, 400",
        of: fields::malformed,
    },
    Group {
        name: "repeated fields",
        sends: "Host, Authorization, Content-Type, tokens, Range, Idempotency-Key twice; huge keys",
        expects: "400; Range ignored",
        of: fields::repeated,
    },
    Group {
        name: "smuggling",
        sends: "Content-Length with Transfer-Encoding, two lengths, odd codings, chunk overflow",
        expects: "400, 501, or one answer and closed",
        of: framing::exchanges,
    },
    Group {
        name: "bodies",
        sends: "oversize with length and chunked, 20,001 characters, no JSON, bad UTF-8",
        expects: "413, 400, 415",
        of: bodies::sizes,
    },
    Group {
        name: "JSON",
        sends: "deep nesting, many keys, surrogates, repeated keys, huge numbers",
        expects: "400, or borne",
        of: bodies::json,
    },
    Group {
        name: "ranges",
        sends: "thousands, tiny overlapping ones, beyond 2^64, twice",
        expects: "416, one object at most, or ignored",
        of: ranges::exchanges,
    },
    Group {
        name: "numbers and cursors",
        sends: "limits and cursors beyond all bounds, or no numbers",
        expects: "400",
        of: numbers::exchanges,
    },
    Group {
        name: "fault rules",
        sends: "NaN, 1e308, negative and huge numbers; wrong admin tokens",
        expects: "400, 401",
        of: faults::exchanges,
    },
    Group {
        name: "pipelining",
        sends: "hundreds of requests in one write, a broken one among them",
        expects: "answered in order; 400 and closed at the broken one",
        of: pipelines::exchanges,
    },
];

/// A request without a body.
fn request(method: &str, path: &str, target: &Target, fields: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nhost: {}\r\n{fields}\r\n",
        target.address
    )
}

/// A GET.
fn get(path: &str, target: &Target, fields: &str) -> String {
    request("GET", path, target, fields)
}

/// A POST of JSON with its length.
fn post(path: &str, target: &Target, fields: &str, body: &[u8]) -> Vec<u8> {
    let fields = format!(
        "content-type: application/json\r\ncontent-length: {}\r\n{fields}",
        body.len()
    );
    [request("POST", path, target, &fields).as_bytes(), body].concat()
}
