//! What came on a connection, as far as it must be understood to answer audio without the HTTP machinery, and to know
//! when the machinery has read its request to the end. Pure; the parser is the machinery's own, so that both see the same
//! request.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        AUTHORIZATION, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE,
    },
};
use httparse::{EMPTY_HEADER, Request, Status};

use super::request::X_REQUEST_ID;

/// A head with more fields than this is left to the machinery.
const MAX_FIELDS: usize = 32;

/// The fields that an answer with audio may depend on.
const KEPT: [HeaderName; 8] = [
    RANGE,
    IF_RANGE,
    IF_NONE_MATCH,
    IF_MODIFIED_SINCE,
    IF_MATCH,
    IF_UNMODIFIED_SINCE,
    AUTHORIZATION,
    X_REQUEST_ID,
];

/// Fields with which a request is not plain: those that it may have once only beside `Host` and `Authorization`.
const SPECIAL: [&str; 2] = ["content-type", "x-admin-token"];

/// What came at once, at a place where a request begins.
#[derive(Debug)]
pub(super) enum Came<'a> {
    /// One whole GET without a body, and nothing after it.
    Plain(Plain<'a>),
    /// One whole head and maybe some of its body, of which so many bytes are yet to come, and nothing after it.
    Request {
        /// The bytes to come.
        body_left: u64,
    },
    /// Anything else: part of a head, several requests, or what only the machinery knows the end of.
    Other,
}

/// A GET that says nothing but which audio it wants.
#[derive(Debug)]
pub(super) struct Plain<'a> {
    /// Its target.
    pub(super) path: &'a str,
    /// Its fields that an answer with audio may depend on.
    pub(super) headers: HeaderMap,
}

impl<'a> Came<'a> {
    /// Reads what came.
    pub(super) fn read(bytes: &'a [u8]) -> Self {
        let mut fields = [EMPTY_HEADER; MAX_FIELDS];
        let mut request = Request::new(&mut fields);
        let Ok(Status::Complete(head_bytes)) = request.parse(bytes) else {
            return Self::Other;
        };
        let (Some(method), Some(path), Some(1)) = (request.method, request.path, request.version) else {
            return Self::Other;
        };
        let Some(body_bytes) = body_bytes(method, request.headers) else {
            return Self::Other;
        };
        let Some(body_left) = body_bytes.checked_sub((bytes.len() - head_bytes) as u64) else {
            return Self::Other;
        };
        if method == "GET"
            && body_bytes == 0
            && let Some(headers) = kept(request.headers)
        {
            return Self::Plain(Plain { path, headers });
        }
        Self::Request { body_left }
    }
}

/// The length of the body; `None` where it is not known from the head, or what follows may not be a request.
fn body_bytes(method: &str, fields: &[httparse::Header<'_>]) -> Option<u64> {
    if method == "CONNECT" {
        return None;
    }
    let mut length = None;
    for field in fields {
        match field.name.len() {
            6 if field.name.eq_ignore_ascii_case("expect") => return None,
            7 if field.name.eq_ignore_ascii_case("upgrade") => return None,
            10 if field.name.eq_ignore_ascii_case("connection")
                && !field.value.eq_ignore_ascii_case(b"keep-alive") =>
            {
                return None;
            }
            14 if field.name.eq_ignore_ascii_case("content-length") => {
                let digits = std::str::from_utf8(field.value).ok()?;
                if length.is_some() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    return None;
                }
                length = Some(digits.parse().ok()?);
            }
            17 if field.name.eq_ignore_ascii_case("transfer-encoding") => return None,
            _ => {}
        }
    }
    Some(length.unwrap_or_default())
}

/// The fields that matter; `None` for a head that the routes have to look at.
fn kept(fields: &[httparse::Header<'_>]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    let mut hosts = 0;
    for field in fields {
        if field.name.eq_ignore_ascii_case("host") {
            hosts += 1;
            if !is_plain_host(field.value) {
                return None;
            }
        } else if SPECIAL.iter().any(|name| field.name.eq_ignore_ascii_case(name)) {
            return None;
        } else if let Some(name) = KEPT
            .iter()
            .find(|name| field.name.eq_ignore_ascii_case(name.as_str()))
        {
            // Several ranges take several slices, and a token must not come twice.
            if (*name == RANGE && field.value.contains(&b','))
                || (*name == AUTHORIZATION && headers.contains_key(name))
            {
                return None;
            }
            headers.append(name, HeaderValue::from_bytes(field.value).ok()?);
        }
    }
    (hosts == 1).then_some(headers)
}

/// `NAME` or `NAME:PORT`, in letters, digits, dots and dashes.
fn is_plain_host(host: &[u8]) -> bool {
    let mut parts = host.splitn(2, |byte| *byte == b':');
    let name = parts.next().unwrap_or_default();
    let port = parts.next().unwrap_or(b"0");
    !name.is_empty()
        && name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(byte))
        && (1..=5).contains(&port.len())
        && port.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// `None` for a plain request, else the bytes to come if they are known.
    fn of(text: &str) -> Option<Option<u64>> {
        match Came::read(text.as_bytes()) {
            Came::Plain(_) => None,
            Came::Request { body_left } => Some(Some(body_left)),
            Came::Other => Some(None),
        }
    }

    #[rstest]
    #[case::the_least("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")]
    #[case::an_address("GET /a HTTP/1.1\r\nhost: 127.0.0.1:80\r\nConnection: Keep-Alive\r\n\r\n")]
    #[case::a_range("GET /a HTTP/1.1\r\nhost: a\r\nRange: bytes=1-2\r\nIf-Range: \"a\"\r\n\r\n")]
    #[case::fields_that_do_not_matter("GET /a HTTP/1.1\r\nhost: a\r\naccept: */*\r\nuser-agent: b\r\n\r\n")]
    #[case::an_empty_line_before("\r\nGET /a HTTP/1.1\r\nhost: a\r\n\r\n")]
    #[case::bare_line_ends("GET /a HTTP/1.1\nhost: a\n\n")]
    #[case::an_announced_body_of_nothing("GET /a HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n")]
    fn a_get_that_says_nothing_else_is_plain(#[case] text: &str) {
        assert_eq!(of(text), None);
    }

    #[rstest]
    #[case::head("HEAD /a HTTP/1.1\r\nhost: a\r\n\r\n", 0)]
    #[case::no_host("GET /a HTTP/1.1\r\n\r\n", 0)]
    #[case::two_hosts("GET /a HTTP/1.1\r\nhost: a\r\nHost: a\r\n\r\n", 0)]
    #[case::an_odd_host("GET /a HTTP/1.1\r\nhost: u@a\r\n\r\n", 0)]
    #[case::an_empty_host("GET /a HTTP/1.1\r\nhost: \r\n\r\n", 0)]
    #[case::several_ranges("GET /a HTTP/1.1\r\nhost: a\r\nrange: bytes=1-2,4-5\r\n\r\n", 0)]
    #[case::two_tokens(
        "GET /a HTTP/1.1\r\nhost: a\r\nauthorization: b\r\nauthorization: b\r\n\r\n",
        0
    )]
    #[case::a_type("GET /a HTTP/1.1\r\nhost: a\r\ncontent-type: a/b\r\n\r\n", 0)]
    #[case::an_admin_token("GET /a HTTP/1.1\r\nhost: a\r\nx-admin-token: b\r\n\r\n", 0)]
    #[case::a_body_to_come("POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nab", 3)]
    #[case::a_whole_body("POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nab", 0)]
    #[case::a_get_with_a_body("GET /a HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nab", 0)]
    fn of_another_request_it_is_known_what_is_to_come(#[case] text: &str, #[case] body_left: u64) {
        assert_eq!(of(text), Some(Some(body_left)));
    }

    #[rstest]
    #[case::nothing("")]
    #[case::a_part("GET /a HTTP/1.1\r\nhost: a\r\n")]
    #[case::a_second_request("GET /a HTTP/1.1\r\nhost: a\r\n\r\nGET")]
    #[case::more_than_the_body("POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nabc")]
    #[case::two_lengths("GET /a HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nab")]
    #[case::a_signed_length("POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: +2\r\n\r\nab")]
    #[case::no_length("POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: \r\n\r\n")]
    #[case::chunks("POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")]
    #[case::the_last_one("GET /a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")]
    #[case::an_upgrade("GET /a HTTP/1.1\r\nhost: a\r\nupgrade: b\r\n\r\n")]
    #[case::a_tunnel("CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n")]
    #[case::an_expectation(
        "POST /a HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n"
    )]
    #[case::an_older_version("GET /a HTTP/1.0\r\nhost: a\r\n\r\n")]
    #[case::no_request("\x16\x03\x01\r\n\r\n")]
    #[case::a_blank_before_the_colon("GET /a HTTP/1.1\r\nhost : a\r\n\r\n")]
    fn what_only_the_machinery_understands_is_left_to_it(#[case] text: &str) {
        assert_eq!(of(text), Some(None));
    }

    #[test]
    fn the_fields_that_matter_are_kept() {
        let text = "GET /a HTTP/1.1\r\nhost: a\r\nRANGE: bytes=1-\r\nx-request-id: b\r\nif-match: \"c\"\r\nif-match: \"d\"\r\n\r\n";
        let Came::Plain(plain) = Came::read(text.as_bytes()) else {
            panic!("it is plain");
        };
        assert_eq!((plain.path, plain.headers.len()), ("/a", 4));
        assert_eq!(plain.headers[RANGE], "bytes=1-");
        assert_eq!(plain.headers.get_all(IF_MATCH).iter().count(), 2);
    }
}
