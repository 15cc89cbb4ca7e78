//! Requests whose end two readers could see at different places (RFC 9112 §11.2), and bodies that lie about their length.

use super::get;
use crate::exchange::{Exchange, Target};

#[expect(clippy::too_many_lines, reason = "a table of cases, one after another")]
pub(super) fn exchanges(target: &Target) -> Vec<Exchange> {
    let cancel = "/v1/tts/jobs/no-such-job/cancel";
    let smuggled = get("/v1/admin/status", target, "");
    let framed = |name: &str, fields: &str, body: &str, status: u16| {
        let head = super::request("POST", cancel, target, fields);
        Exchange::new(name, format!("{head}{body}"), &[status]).closing()
    };
    let lengths = |value: &str| {
        framed(
            &format!("Content-Length {value:?}"),
            &format!("content-length: {value}\r\n"),
            "",
            400,
        )
    };
    let chunks = |name: &str, body: &str| {
        let fields = "content-type: application/json\r\ntransfer-encoding: chunked\r\n";
        let head = super::request("POST", "/v1/tts/jobs", target, fields);
        Exchange::new(name, format!("{head}{body}"), &[400]).closing()
    };
    let whole = "0\r\n\r\n";
    let trailers: String = (0..2_000).map(|n| format!("t{n}: 1\r\n")).collect();
    let mut all: Vec<_> = ["-1", "+4", "0x4", "4 4", "4, 4", "", "18446744073709551616"]
        .map(lengths)
        .into();
    all.extend([
        framed(
            "both, the length first",
            "content-length: 4\r\ntransfer-encoding: chunked\r\n",
            &format!("{whole}{smuggled}"),
            404,
        ),
        framed(
            "both, the coding first",
            "transfer-encoding: chunked\r\ncontent-length: 4\r\n",
            &format!("{whole}{smuggled}"),
            404,
        ),
        framed(
            "two different lengths",
            "content-length: 4\r\ncontent-length: 5\r\n",
            "12345",
            400,
        ),
        framed(
            "a length of 2^64 - 1",
            "content-length: 18446744073709551615\r\n",
            "",
            413,
        ),
        framed(
            "a coding that is none",
            "transfer-encoding: xchunked\r\n",
            whole,
            400,
        ),
        framed(
            "chunked, but not last",
            "transfer-encoding: chunked, gzip\r\n",
            whole,
            400,
        ),
        framed(
            "a coding that is not known",
            "transfer-encoding: gzip, chunked\r\n",
            whole,
            501,
        ),
        framed(
            "chunked twice",
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
            whole,
            501,
        ),
        framed(
            "a blank before the coding's colon",
            "transfer-encoding : chunked\r\n",
            whole,
            400,
        ),
        framed(
            "a folded coding",
            "transfer-encoding:\r\n chunked\r\n",
            whole,
            400,
        ),
        chunks("a chunk's size beyond 2^64", "fffffffffffffffff\r\n{}"),
        chunks("a chunk's size that is negative", "-2\r\n{}\r\n0\r\n\r\n"),
        chunks("a chunk's size that ends in a bare LF", "2\n{}\n0\n\n"),
        chunks("a chunk longer than it says", "2\r\n{}{}\r\n0\r\n\r\n"),
        chunks(
            "a chunk's extension of 100,000 bytes",
            &format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "e".repeat(100_000)),
        ),
        chunks("2,000 trailers", &format!("2\r\n{{}}\r\n0\r\n{trailers}\r\n")),
        Exchange::new(
            "chunked in HTTP/1.0",
            format!("POST {cancel} HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n{whole}"),
            &[400],
        )
        .closing(),
        Exchange::new(
            "a body where none is read",
            format!("{}hello", get("/health", target, "content-length: 5\r\n")),
            &[200],
        ),
        Exchange::new(
            "a body that never comes where none is read",
            get("/health", target, "content-length: 100000\r\n"),
            &[200],
        )
        .closing(),
    ]);
    all
}
