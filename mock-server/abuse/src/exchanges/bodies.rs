//! Bodies: their size, and what is in them.

use super::post;
use crate::exchange::{Exchange, Target};

const SUBMIT: &str = "/v1/reader/synthesize";

pub(super) fn sizes(target: &Target) -> Vec<Exchange> {
    let submit =
        |name: &str, body: &[u8], status: u16| Exchange::new(name, post(SUBMIT, target, "", body), &[status]);
    let text = |text: &str| format!(r#"{{"text": "{text}"}}"#).into_bytes();
    let typed = |name: &str, content_type: &str| {
        let fields = format!("{content_type}content-length: 13\r\n");
        let head = super::request("POST", SUBMIT, target, &fields);
        Exchange::new(name, format!(r#"{head}{{"text": "a"}}"#), &[415])
    };
    let announced = super::request(
        "POST",
        SUBMIT,
        target,
        "content-type: application/json\r\ncontent-length: 1000000000000000000\r\nexpect: 100-continue\r\n",
    );
    let mut chunked = super::request(
        "POST",
        SUBMIT,
        target,
        "content-type: application/json\r\ntransfer-encoding: chunked\r\n",
    )
    .into_bytes();
    for _ in 0..16 {
        chunked.extend_from_slice(format!("10000\r\n{}\r\n", " ".repeat(1 << 16)).as_bytes());
    }
    // Each more than half as long as a segment may be, so that none shares one.
    let segments = (0..121).map(|n| {
        format!(
            "In part {n} the reader hears about limits at some length, because no two sentences of this text may ever \
             share a single segment of it. "
        )
    });
    let segments: String = segments.collect();
    let broken = [&b"{\"text\": \"\xff\xfe\"}"[..]].concat();
    vec![
        submit("a text of 20,001 characters", &text(&"a".repeat(20_001)), 413),
        submit(
            "a text of 20,001 characters of four bytes",
            &text(&"\u{1f600}".repeat(20_001)),
            413,
        ),
        submit("a text of 121 segments", &text(&segments), 413),
        submit("a body of 1 MiB", &[b' '; 1 << 20], 413).closing(),
        Exchange::new("a body of 10^18 bytes, announced", announced, &[413]).closing(),
        Exchange::new("a body of 1 MiB in chunks", chunked, &[413]).closing(),
        submit("an empty body", b"", 400),
        submit("a text that is no UTF-8", &broken, 400),
        submit("NUL in a body", b"{\"text\": \"a\0b\"}", 400),
        submit("no JSON", b"text=a", 400),
        typed("no type", ""),
        typed("a form", "content-type: application/x-www-form-urlencoded\r\n"),
    ]
}

pub(super) fn json(target: &Target) -> Vec<Exchange> {
    let submit = |name: &str, body: &str, status: u16| {
        Exchange::new(name, post(SUBMIT, target, "", body.as_bytes()), &[status])
    };
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let keys: String = (0..20_000).map(|n| format!(r#","k{n}":0"#)).collect();
    let list = "0,".repeat(100_000);
    vec![
        submit("a list nested 190,000 deep", &nested(190_000), 400),
        submit(
            "nested 1,000 deep in a field that is ignored",
            &format!(r#"{{"text": "a", "x": {}}}"#, nested(1_000)),
            200,
        ),
        submit(
            "nested 1,000 deep in a profile",
            &format!(
                r#"{{"text": "a", "reading_profile": {{"x": {}}}}}"#,
                nested(1_000)
            ),
            400,
        ),
        submit(
            "20,000 fields that are ignored",
            &format!(r#"{{"text": "Many keys."{keys}}}"#),
            200,
        ),
        submit(
            "20,000 keys in a profile",
            &format!(r#"{{"text": "A wide profile.", "reading_profile": {{"x": 0{keys}}}}}"#),
            200,
        ),
        submit(
            "100,000 numbers in a profile",
            &format!(r#"{{"text": "A long profile.", "reading_profile": {{"x": [{list}0]}}}}"#),
            200,
        ),
        submit("half of a surrogate pair", r#"{"text": "\ud800"}"#, 400),
        submit("one key twice", r#"{"text": "a", "text": "b"}"#, 400),
        submit("a number for a text", r#"{"text": 1e999}"#, 400),
        submit("a list for an object", r#"["a"]"#, 400),
        submit("null", "null", 400),
        submit("NaN", r#"{"text": NaN}"#, 400),
        submit("an object that breaks off", r#"{"text": "a""#, 400),
    ]
}
