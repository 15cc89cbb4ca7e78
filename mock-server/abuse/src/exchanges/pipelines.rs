//! Many requests in one write.

use super::get;
use crate::exchange::{Exchange, Target};

pub(super) fn exchanges(target: &Target) -> Vec<Exchange> {
    let health = get("/health", target, "");
    let merged = get(&format!("/v1/tts/jobs/{}/audio.ogg", target.job), target, "");
    let broken = "GET /health HTTP/1.1\r\nhost : a\r\n\r\n";
    vec![
        Exchange::new("1,000 requests in one write", health.repeat(1_000), &[200; 1_000]),
        Exchange::new(
            "a broken one after three",
            format!("{}{broken}{health}", health.repeat(3)),
            &[200, 200, 200, 400],
        )
        .closing(),
        Exchange::new(
            "a broken one after audio",
            format!("{merged}{broken}{health}"),
            &[200, 400],
        )
        .closing(),
        Exchange::new(
            "one that closes before others",
            format!(
                "{}{health}{health}",
                get("/health", target, "connection: close\r\n")
            ),
            &[200],
        )
        .closing(),
        Exchange::new(
            "HTTP/2's preface after a request",
            format!("{health}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
            &[200, 505],
        )
        .closing(),
    ]
}
