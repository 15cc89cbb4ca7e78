//! What is said on a connection whose request never reached a route, and how such a connection is closed.

use std::{fmt::Write as _, time::Duration, time::SystemTime};

use audio_api::{PROBLEM_CONTENT_TYPE, Problem};
use http::StatusCode;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time,
};
use uuid::Uuid;

use crate::http::{body::MAX_BODY_BYTES, message::MAX_TARGET_BYTES, problem::kind};

/// How long a closed connection is read on, and how many bytes at most: closed over unread bytes it would be reset, and
/// the peer, still sending, might never see the answer.
const LINGER: Duration = Duration::from_secs(1);
const MAX_LINGER_BYTES: usize = 8 << 20;
/// How long a refusal may take to be sent.
const SEND: Duration = Duration::from_secs(1);

/// Why a connection is closed by an answer that no route gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// What came is no HTTP/1 request.
    Unreadable,
    /// Another version of HTTP.
    Version,
    /// The request's line is too long.
    Target,
    /// The head has too many fields, or too many bytes.
    Head { max_head_bytes: usize },
    /// The body's announced length is beyond what can be counted.
    Length,
    /// The head did not become whole in time.
    Slow { within: Duration },
    /// As many connections are open as may be.
    Full { max_connections: usize },
}

/// What came of a request that could not be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Came<'a> {
    /// How many bytes.
    pub(super) bytes: usize,
    /// Those of them that the HTTP machinery has not taken.
    pub(super) unread: &'a [u8],
}

impl Reason {
    /// What is wrong with a head that the HTTP machinery refused with `status`, given what came of it.
    pub(super) fn of(status: u16, came: &Came<'_>, max_head_bytes: usize) -> Self {
        let unread = came.unread;
        let line = unread.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let whole = line.len() < unread.len();
        let version = line
            .trim_ascii_end()
            .rsplit(|byte| *byte == b' ')
            .next()
            .unwrap_or_default();
        if line.len() > MAX_TARGET_BYTES || status == StatusCode::URI_TOO_LONG.as_u16() {
            Self::Target
        } else if status == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.as_u16() {
            let fields = unread.iter().filter(|byte| **byte == b'\n').count();
            if came.bytes >= max_head_bytes || fields > super::MAX_FIELDS {
                Self::Head { max_head_bytes }
            } else {
                // The machinery has the same words for it, once it has taken the head.
                Self::Length
            }
        } else if whole && version.starts_with(b"HTTP/") && !version.starts_with(b"HTTP/1.") {
            Self::Version
        } else {
            Self::Unreadable
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::Version => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            Self::Target => StatusCode::URI_TOO_LONG,
            Self::Head { .. } => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Length => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::Full { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn problem(self, request_id: String) -> Problem {
        let (code, title, detail) = match self {
            Self::Unreadable => (
                "bad_request",
                "The request is not valid",
                "what came is no HTTP/1.1 request; this port speaks HTTP/1.1 without TLS".to_owned(),
            ),
            Self::Version => (
                "version_not_supported",
                "The version of HTTP is not supported",
                "legal: HTTP/1.1 and HTTP/1.0".to_owned(),
            ),
            Self::Target => (
                "uri_too_long",
                "The request's target is too long",
                format!("legal: at most {MAX_TARGET_BYTES} bytes"),
            ),
            Self::Head { max_head_bytes } => (
                "head_too_large",
                "The request's head is too large",
                format!(
                    "legal: at most {max_head_bytes} bytes in at most {} fields",
                    super::MAX_FIELDS
                ),
            ),
            Self::Length => (
                "body_too_large",
                "The request is too large",
                format!("a body has at most {MAX_BODY_BYTES} bytes"),
            ),
            Self::Slow { within } => (
                "head_timeout",
                "The request is too slow",
                format!("its head did not arrive within {within:?}"),
            ),
            Self::Full { max_connections } => (
                "too_many_connections",
                "The server cannot do this now",
                format!("{max_connections} connections are open, and more are not served"),
            ),
        };
        Problem {
            kind: kind(code),
            title: title.to_owned(),
            status: self.status().as_u16(),
            detail,
            code: code.to_owned(),
            request_id,
            extensions: serde_json::Map::new(),
        }
    }

    /// The whole answer.
    fn answer(self) -> Vec<u8> {
        let id = Uuid::now_v7().to_string();
        let status = self.status();
        let body = serde_json::to_vec(&self.problem(id.clone())).unwrap_or_default();
        let mut head = format!(
            "HTTP/1.1 {} {}\r\n",
            status.as_u16(),
            status.canonical_reason().unwrap_or("Refused")
        );
        let date = httpdate::fmt_http_date(SystemTime::now());
        let retry = if status == StatusCode::SERVICE_UNAVAILABLE {
            "retry-after: 1\r\n"
        } else {
            ""
        };
        // Writing to a string does not fail.
        let _ = write!(
            head,
            "content-type: {PROBLEM_CONTENT_TYPE}\r\ncontent-length: {}\r\ncache-control: no-store\r\n{retry}\
             connection: close\r\nx-request-id: {id}\r\ndate: {date}\r\n\r\n",
            body.len()
        );
        [head.into_bytes(), body].concat()
    }
}

/// Says why, and closes the connection.
pub(super) async fn refuse(mut stream: TcpStream, reason: Reason) {
    tracing::debug!(?reason, "connection refused");
    let sent = time::timeout(SEND, stream.write_all(&reason.answer())).await;
    if matches!(sent, Ok(Ok(()))) {
        linger(stream).await;
    }
}

/// Ends this side of the connection, and reads on until the peer has ended too, within bounds.
pub(super) async fn linger(mut stream: TcpStream) {
    // It may have ended already.
    let _ = stream.shutdown().await;
    let mut left = MAX_LINGER_BYTES;
    let mut scratch = [0; 4 << 10];
    let reading = async {
        while let Ok(read @ 1..) = stream.read(&mut scratch).await {
            left = left.saturating_sub(read);
            if left == 0 {
                break;
            }
        }
    };
    // Whether or not the peer ended in time, the connection is closed.
    let _ = time::timeout(LINGER, reading).await;
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const HEAD: Reason = Reason::Head { max_head_bytes: 9 };

    const fn all(unread: &[u8]) -> Came<'_> {
        Came {
            bytes: unread.len(),
            unread,
        }
    }

    #[rstest]
    #[case::no_http(400, b"\x16\x03\x01\x02\x00", Reason::Unreadable)]
    #[case::http_0_9(400, b"GET /health\r\n", Reason::Unreadable)]
    #[case::http_2(400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Reason::Version)]
    #[case::http_3_in_a_line_without_end(400, b"GET / HTTP/3.0", Reason::Unreadable)]
    #[case::a_broken_field(400, b"GET / HTTP/1.1\r\na b: c\r\n\r\n", Reason::Unreadable)]
    #[case::many_bytes(431, b"GET / HTTP/1.1\r\na: b\r\n", HEAD)]
    #[case::a_length_beyond_counting(431, b"", Reason::Length)]
    #[case::a_target_that_is_refused(414, b"GET / HTTP/1.1\r\n", Reason::Target)]
    fn a_refusal_says_what_is_wrong(#[case] status: u16, #[case] came: &[u8], #[case] reason: Reason) {
        assert_eq!(Reason::of(status, &all(came), 9), reason);
    }

    #[test]
    fn a_line_that_never_ends_is_too_long_rather_than_a_head_too_large() {
        let line = [b"GET /", "x".repeat(MAX_TARGET_BYTES).as_bytes()].concat();
        assert_eq!(Reason::of(431, &all(&line), 9), Reason::Target);
    }

    #[test]
    fn an_answer_names_its_length_and_its_id_twice() {
        let answer = String::from_utf8(Reason::Full { max_connections: 3 }.answer()).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        assert!(
            head.contains(&format!("content-length: {}\r\n", body.len())),
            "{head}"
        );
        let problem: Problem = serde_json::from_str(body).expect("a problem");
        assert!(
            head.contains(&format!("x-request-id: {}\r\n", problem.request_id)),
            "{head}"
        );
        assert_eq!(
            (problem.status, problem.code.as_str()),
            (503, "too_many_connections")
        );
    }
}
