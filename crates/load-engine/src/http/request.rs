//! One request, made before it is due: written out as it will be sent.

use std::io::Write as _;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, RANGE, TRANSFER_ENCODING},
    uri::PathAndQuery,
};

/// What becomes of an answer's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// It is counted and let go.
    #[default]
    Nothing,
    /// It is kept, up to so many bytes; what is longer breaks the exchange off.
    UpTo(usize),
    /// So many bytes of its beginning are kept, the rest is counted and let go.
    First(usize),
}

/// One request. Its body, if it has one, is shared by its clones.
#[derive(Debug, Clone)]
pub struct Request {
    method: Method,
    /// The request line and the fields, with the empty line behind them.
    head: Vec<u8>,
    body: Bytes,
    keep: Keep,
    closes: bool,
}

/// What all requests to a target have in common.
#[derive(Debug, Clone, Default)]
pub(super) struct Common {
    /// Stands before every path.
    prefix: String,
    /// Fields, written out.
    fields: Vec<u8>,
    closes: bool,
}

impl Common {
    pub(super) fn new(prefix: &str, headers: &HeaderMap) -> Self {
        let mut fields = Vec::new();
        for (name, value) in headers.iter().filter(|(name, _)| !is_framing(name)) {
            write_field(&mut fields, name, value);
        }
        Self {
            prefix: prefix.to_owned(),
            fields,
            closes: headers.get_all(CONNECTION).iter().any(says_close),
        }
    }
}

/// Room for a request's own fields.
const OWN_FIELDS: usize = 96;
const LINE_END: &[u8] = b"\r\n";

impl Request {
    /// None of these types lets a line end in.
    pub(super) fn new(method: Method, path: &PathAndQuery, common: &Common) -> Self {
        let Common {
            prefix,
            fields,
            closes,
        } = common;
        let room = prefix.len() + path.as_str().len() + fields.len() + OWN_FIELDS;
        let mut head = Vec::with_capacity(room);
        // Writing to memory does not fail.
        let _ = write!(head, "{method} {prefix}{path} HTTP/1.1\r\n");
        head.extend_from_slice(fields);
        head.extend_from_slice(LINE_END);
        let request = Self {
            head,
            body: Bytes::new(),
            keep: Keep::Nothing,
            closes: *closes,
            method,
        };
        if matches!(request.method, Method::POST | Method::PUT | Method::PATCH) {
            // These have content, if only an empty one (RFC 9110 §8.6).
            return request.field(&CONTENT_LENGTH, &HeaderValue::from_static("0"));
        }
        request
    }

    /// The same with one more header, in the place of one of the same name. How the body is framed is not for others to say:
    /// `Content-Length` and `Transfer-Encoding` are left out.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "made for this call, as a rule")]
    pub fn header(self, name: HeaderName, value: HeaderValue) -> Self {
        if is_framing(&name) {
            self
        } else {
            self.field(&name, &value)
        }
    }

    /// The same for the bytes from `first` to `last`, both included.
    #[must_use]
    pub fn range(self, first: u64, last: u64) -> Self {
        match HeaderValue::try_from(format!("bytes={first}-{last}")) {
            Ok(value) => self.field(&RANGE, &value),
            Err(_) => self,
        }
    }

    /// The same with a JSON body.
    #[must_use]
    pub fn json(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        let length = HeaderValue::from(self.body.len());
        self.field(&CONTENT_LENGTH, &length)
            .field(&CONTENT_TYPE, &HeaderValue::from_static("application/json"))
    }

    /// The same, with the answer's content kept.
    #[must_use]
    pub const fn keeping(mut self, keep: Keep) -> Self {
        self.keep = keep;
        self
    }

    /// Its method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// Its head, as it is sent: request line, headers by names in lower case, and the empty line.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    pub(super) const fn body(&self) -> &Bytes {
        &self.body
    }

    pub(super) const fn keep(&self) -> Keep {
        self.keep
    }

    /// Whether it says that the connection ends after it (RFC 9112 §9.6).
    pub(super) const fn closes(&self) -> bool {
        self.closes
    }

    fn field(mut self, name: &HeaderName, value: &HeaderValue) -> Self {
        if *name == CONNECTION {
            self.closes = says_close(value);
        }
        if fields(&self.head).any(|line| is_of(line, name)) {
            let lines = self.head.split_inclusive(|byte| *byte == b'\n');
            let kept = lines
                .enumerate()
                .filter(|(number, line)| *number == 0 || !is_of(line, name));
            self.head = kept.flat_map(|(_, line)| line).copied().collect();
        }
        self.head.truncate(self.head.len() - LINE_END.len());
        write_field(&mut self.head, name, value);
        self.head.extend_from_slice(LINE_END);
        self
    }
}

/// Whether a header says how the body is framed, which is for [`Request`] to know.
fn is_framing(name: &HeaderName) -> bool {
    matches!(*name, CONTENT_LENGTH | TRANSFER_ENCODING)
}

/// Writes one field with its line end.
fn write_field(to: &mut Vec<u8>, name: &HeaderName, value: &HeaderValue) {
    for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), LINE_END] {
        to.extend_from_slice(part);
    }
}

fn says_close(value: &HeaderValue) -> bool {
    let mut options = value.as_bytes().split(|byte| *byte == b',');
    options.any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"))
}

/// The lines of a head's fields.
fn fields(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split_inclusive(|byte| *byte == b'\n').skip(1)
}

fn is_of(line: &[u8], name: &HeaderName) -> bool {
    let rest = line.strip_prefix(name.as_str().as_bytes());
    rest.is_some_and(|rest| rest.first() == Some(&b':'))
}

#[cfg(test)]
mod tests {
    use http::header::{ACCEPT, HOST, IF_MATCH};
    use rstest::rstest;

    use super::*;

    fn request(method: Method, path: &'static str) -> Request {
        let headers = [(HOST, "a"), (ACCEPT, "*/*")];
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
        let common = Common::new("/base", &HeaderMap::from_iter(headers));
        Request::new(method, &PathAndQuery::from_static(path), &common)
    }

    fn text(request: &Request) -> &str {
        std::str::from_utf8(request.head()).unwrap()
    }

    #[rstest]
    #[case::plain(
        Method::GET,
        "/a?b=c",
        "GET /base/a?b=c HTTP/1.1\r\nhost: a\r\naccept: */*\r\n\r\n"
    )]
    #[case::a_query_alone(
        Method::DELETE,
        "?b",
        "DELETE /base/?b HTTP/1.1\r\nhost: a\r\naccept: */*\r\n\r\n"
    )]
    #[case::no_content_where_there_may_be_some(
        Method::POST,
        "/a",
        "POST /base/a HTTP/1.1\r\nhost: a\r\naccept: */*\r\ncontent-length: 0\r\n\r\n"
    )]
    fn a_request_is_written_out(#[case] method: Method, #[case] path: &'static str, #[case] head: &str) {
        assert_eq!(text(&request(method, path)), head);
    }

    #[test]
    fn a_header_takes_the_place_of_one_of_the_same_name() {
        let request = request(Method::GET, "/a")
            .header(ACCEPT, HeaderValue::from_static("audio/ogg"))
            .header(IF_MATCH, HeaderValue::from_static("*"))
            .range(0, 3)
            .range(4, 7);
        let fields = "host: a\r\naccept: audio/ogg\r\nif-match: *\r\nrange: bytes=4-7\r\n\r\n";
        assert_eq!(text(&request), format!("GET /base/a HTTP/1.1\r\n{fields}"));
    }

    #[test]
    fn a_body_has_its_length_once_whatever_others_say() {
        let request = request(Method::POST, "/a")
            .json("{}")
            .json("[1]")
            .header(CONTENT_LENGTH, HeaderValue::from_static("9"))
            .header(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        let fields = "host: a\r\naccept: */*\r\ncontent-length: 3\r\ncontent-type: application/json\r\n\r\n";
        assert_eq!(text(&request), format!("POST /base/a HTTP/1.1\r\n{fields}"));
        assert_eq!(request.body(), "[1]");
    }

    #[rstest]
    #[case::of_something_else(ACCEPT, "close", false)]
    #[case::another(CONNECTION, "closed", false)]
    #[case::said(CONNECTION, "Close", true)]
    #[case::among_others(CONNECTION, "te, close", true)]
    fn a_request_may_say_that_it_is_the_last(
        #[case] name: HeaderName,
        #[case] value: &'static str,
        #[case] closes: bool,
    ) {
        let request = request(Method::GET, "/a").header(name, HeaderValue::from_static(value));
        assert_eq!(request.closes(), closes);
    }
}
