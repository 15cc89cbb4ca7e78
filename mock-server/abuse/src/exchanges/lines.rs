//! Request lines.

use super::get;
use crate::exchange::{Exchange, Target};

#[expect(clippy::too_many_lines, reason = "a table of cases, one after another")]
pub(super) fn targets(target: &Target) -> Vec<Exchange> {
    let long = |bytes: usize| format!("/{}", "x".repeat(bytes));
    let job = &target.job;
    let asked = |name: &str, path: &str, status: u16| Exchange::new(name, get(path, target, ""), &[status]);
    let raw = |name: &str, bytes: &[u8], status: u16| {
        let line = [b"GET ", bytes, b" HTTP/1.1\r\nhost: a\r\n\r\n"].concat();
        Exchange::new(name, line, &[status]).closing()
    };
    let method = |name: &str, method: &str, path: &str, status: u16| {
        Exchange::new(name, super::request(method, path, target, ""), &[status])
    };
    vec![
        asked("a target of 9,000 bytes", &long(9_000), 414),
        Exchange::new(
            "a line of 200,000 bytes",
            format!("GET {}", long(200_000)),
            &[414],
        )
        .closing(),
        raw("NUL in a path", b"/v1/\0", 400),
        raw("a tab in a path", b"/v1/\t/", 400),
        raw("bytes that are no UTF-8 in a path", b"/v1/tts/jobs/\xff\xfe", 400),
        raw(
            "bytes that are no UTF-8 in a query",
            b"/v1/tts/jobs?cursor=\xff\xfe",
            400,
        ),
        asked(
            "encoded bytes that are no UTF-8 in a path",
            "/v1/tts/jobs/%ff%fe",
            400,
        ),
        asked(
            "encoded bytes that are no UTF-8 in a query",
            "/v1/tts/jobs?limit=%ff",
            400,
        ),
        asked("an encoding that is none", "/v1/tts/jobs/%zz%", 404),
        asked("encoded NUL in an id", "/v1/tts/jobs/%00", 404),
        asked(
            "encoded CR LF in an id",
            "/v1/tts/jobs/a%0d%0aset-cookie:%20a=b",
            404,
        ),
        asked(
            "encoded CR LF in a query",
            "/v1/tts/jobs?cursor=%0d%0aset-cookie:%20a=b",
            400,
        ),
        asked("two dots in a path", "/v1/tts/jobs/../../../etc/passwd", 404),
        asked("encoded dots in an id", "/v1/tts/jobs/%2e%2e", 404),
        asked(
            "an encoded path in an id",
            "/v1/tts/jobs/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
            404,
        ),
        asked(
            "an encoded path in a segment's id",
            &format!("/v1/tts/jobs/{job}/segments/..%2f..%2fhealth"),
            404,
        ),
        asked(
            "an absolute path of the system",
            &format!("/v1/tts/jobs/{job}/segments/%2fetc%2fpasswd"),
            404,
        ),
        asked(
            "a segment's number beyond all bounds",
            &format!("/v1/tts/jobs/{job}/segments/seg-99999999999999999999"),
            404,
        ),
        asked("a target with its origin", "http://elsewhere.example/health", 200),
        method("a method that no route knows", "BREW", "/health", 405),
        method("a method in lower case", "get", "/health", 405),
        method("a method of 1,000 letters", &"X".repeat(1_000), "/health", 405),
        method("TRACE", "TRACE", "/health", 405),
        method("CONNECT", "CONNECT", "elsewhere.example:443", 404),
        method("OPTIONS of everything", "OPTIONS", "*", 404),
    ]
}

pub(super) fn protocols(target: &Target) -> Vec<Exchange> {
    let said = |name: &str, bytes: &[u8], status: u16| Exchange::new(name, bytes, &[status]).closing();
    let hello = [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], &[7; 512]].concat();
    let noise: Vec<u8> = (0..4_096_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 | 0x80)
        .collect();
    vec![
        said("HTTP/0.9", b"GET /health\r\n", 400),
        said("HTTP/1.0", b"GET /health HTTP/1.0\r\n\r\n", 200),
        Exchange::new(
            "HTTP/1.0 that stays",
            "GET /health HTTP/1.0\r\nconnection: keep-alive\r\n\r\n",
            &[200],
        ),
        said("HTTP/1.9", b"GET /health HTTP/1.9\r\nhost: a\r\n\r\n", 400),
        said(
            "HTTP/3.0 in a line",
            b"GET /health HTTP/3.0\r\nhost: a\r\n\r\n",
            505,
        ),
        said(
            "the preface of HTTP/2",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
            505,
        ),
        Exchange::new(
            "an upgrade to HTTP/2",
            get(
                "/health",
                target,
                "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n",
            ),
            &[200],
        ),
        said("a TLS hello", &hello, 400),
        said("noise", &noise, 400),
        said("a line of another protocol", b"EHLO elsewhere.example\r\n", 400),
        said("nothing but line ends", "\r\n".repeat(50_000).as_bytes(), 431),
    ]
}
