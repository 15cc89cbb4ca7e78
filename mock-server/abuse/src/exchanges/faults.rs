//! Fault rules with impossible numbers, and tokens that are guessed.

use super::{get, post};
use crate::exchange::{Exchange, Target};

const ROUTE: &str = "/v1/admin/faults";

pub(super) fn exchanges(target: &Target) -> Vec<Exchange> {
    let token = format!("x-admin-token: {}\r\n", target.admin_token);
    let rule = |rest: &str| {
        let body = format!(r#"{{"stage": "synth", {rest}}}"#);
        Exchange::new(body.clone(), post(ROUTE, target, &token, body.as_bytes()), &[400])
    };
    let kinds = [
        r#""kind": {"sleep_ms": NaN}"#,
        r#""kind": {"sleep_ms": -1}"#,
        r#""kind": {"sleep_ms": 1e308}"#,
        r#""kind": {"sleep_ms": 18446744073709551615}"#,
        r#""kind": {"sleep_ms": 18446744073709551616}"#,
        r#""kind": {"sleep_ms": {"lognormal": [1e308, 1e308]}}"#,
        r#""kind": {"sleep_ms": {"lognormal": [100, -1]}}"#,
        r#""kind": {"error": 99}"#,
        r#""kind": {"error": 70000}"#,
        r#""kind": {"stall": true}, "when": {"p": 1e308}"#,
        r#""kind": {"stall": true}, "when": {"p": -0.5}"#,
        r#""kind": {"stall": true}, "when": {"p": NaN}"#,
        r#""kind": {"stall": true}, "when": {"every_n": 0}"#,
        r#""kind": {"stall": true}, "when": {"count": -1}"#,
        r#""kind": {"stall": true}, "when": {"count": 18446744073709551616}"#,
        r#""kind": {"stall": true}, "ttl_ms": -1"#,
        r#""kind": {"stall": true}, "ttl_ms": 18446744073709551616"#,
        r#""kind": {"stall": true}, "match": {"segment_index": 99999999999}"#,
    ];
    let guess = |name: &str, fields: &str, path: &str| Exchange::new(name, get(path, target, fields), &[401]);
    let right = &target.admin_token;
    let mut all: Vec<_> = kinds.map(rule).into();
    all.extend([
        guess("no admin token", "", ROUTE),
        guess("an empty admin token", "x-admin-token:\r\n", ROUTE),
        guess(
            "the admin token but for its end",
            &format!("x-admin-token: {}\r\n", &right[..right.len() - 1]),
            ROUTE,
        ),
        guess(
            "the admin token and more",
            &format!("x-admin-token: {right}{right}\r\n"),
            ROUTE,
        ),
        guess(
            "an admin token of 20,000 bytes",
            &format!("x-admin-token: {}\r\n", "t".repeat(20_000)),
            ROUTE,
        ),
        guess(
            "an admin token that is no ASCII",
            "x-admin-token: \u{fc}\r\n",
            ROUTE,
        ),
        guess(
            "the admin token in the query",
            "",
            &format!("{ROUTE}?x-admin-token={right}"),
        ),
        guess(
            "the admin token as a bearer's",
            &format!("authorization: Bearer {right}\r\n"),
            ROUTE,
        ),
    ]);
    all
}
