//! Fields of a request's head.

use super::{get, post};
use crate::exchange::{Exchange, Target};

pub(super) fn malformed(target: &Target) -> Vec<Exchange> {
    let asked = |name: &str, fields: &str, status: u16| {
        Exchange::new(name, get("/health", target, fields), &[status]).closing()
    };
    let served = |name: &str, fields: &[u8]| {
        let head = [b"GET /health HTTP/1.1\r\nhost: a\r\n", fields, b"\r\n"].concat();
        Exchange::new(name, head, &[200])
    };
    let raw = |name: &str, head: &str, status: u16| Exchange::new(name, head, &[status]).closing();
    let many = |count: usize| (0..count).map(|n| format!("f{n}: 1\r\n")).collect::<String>();
    vec![
        asked(
            "a value of 200,000 bytes",
            &format!("x: {}\r\n", "v".repeat(200_000)),
            431,
        ),
        asked(
            "a name of 200,000 bytes",
            &format!("{}: x\r\n", "n".repeat(200_000)),
            431,
        ),
        asked("a field that never ends", &"v".repeat(100_000), 431),
        asked("101 fields", &many(100), 431),
        asked("10,000 fields", &many(10_000), 431),
        asked("NUL in a value", "x: a\0b\r\n", 400),
        asked("NUL in a name", "x\0: a\r\n", 400),
        asked("a blank before the colon", "x : a\r\n", 400),
        asked("a folded value", "x: a\r\n b\r\n", 400),
        asked("a bare CR in a value", "x: a\rset-cookie: b\r\n", 400),
        asked("a line without a colon", "nonsense\r\n", 400),
        served("bytes that are no ASCII in a value", b"x: \xff\xfe\r\n"),
        served(
            "CR LF, encoded, in an id that is sent back",
            b"x-request-id: a%0d%0aset-cookie:b\r\n",
        ),
        served(
            "bytes that are no ASCII in an id that is sent back",
            b"x-request-id: \xff\xfe\r\n",
        ),
        Exchange::new(
            "lines that end in a bare LF (RFC 9112 2.2)",
            "GET /health HTTP/1.1\nhost: a\n\n",
            &[200],
        ),
        Exchange::new(
            "empty lines before a request (RFC 9112 2.2)",
            get("/health", target, "").replacen("GET", "\r\n\r\nGET", 1),
            &[200],
        ),
        Exchange::new("no Host", "GET /health HTTP/1.1\r\n\r\n", &[400]),
        Exchange::new(
            "a Host that is none",
            "GET /health HTTP/1.1\r\nhost: a/b@c\r\n\r\n",
            &[400],
        ),
        raw(
            "a head that breaks off in noise",
            "GET /health HTTP/1.1\r\nhost: a\r\n\x01\x02\x03\r\n\r\n",
            400,
        ),
    ]
}

pub(super) fn repeated(target: &Target) -> Vec<Exchange> {
    let asked = |name: &str, path: &str, fields: &str, status: u16| {
        Exchange::new(name, get(path, target, fields), &[status])
    };
    let segment = format!("/v1/tts/jobs/{}/segments/seg-0000", target.job);
    let key = |bytes: usize| {
        let field = format!("idempotency-key: {}\r\n", "k".repeat(bytes));
        let body = br#"{"text": "A key."}"#;
        post("/v1/tts/jobs", target, &field, body)
    };
    let twice = post(
        "/v1/tts/jobs",
        target,
        "idempotency-key: a\r\nidempotency-key: b\r\n",
        br#"{"text": "Two keys."}"#,
    );
    let types = post(
        "/v1/tts/jobs",
        target,
        "content-type: text/plain\r\n",
        br#"{"text": "Two types."}"#,
    );
    let tokens = format!("x-admin-token: {}\r\nx-admin-token: b\r\n", target.admin_token);
    vec![
        asked("Host twice", "/health", "host: b\r\n", 400),
        asked(
            "Authorization twice",
            "/health",
            "authorization: Bearer a\r\nauthorization: Bearer b\r\n",
            400,
        ),
        asked("X-Admin-Token twice, one right", "/v1/admin/faults", &tokens, 400),
        Exchange::new("Content-Type twice", types, &[400]),
        asked(
            "Range twice",
            &segment,
            "range: bytes=0-0\r\nrange: bytes=1-1\r\n",
            200,
        ),
        Exchange::new("Idempotency-Key twice", twice, &[400]),
        Exchange::new("an Idempotency-Key of 256 bytes", key(256), &[400]),
        Exchange::new("an Idempotency-Key of 30,000 bytes", key(30_000), &[400]),
        Exchange::new("an Idempotency-Key of 200,000 bytes", key(200_000), &[431]).closing(),
    ]
}
