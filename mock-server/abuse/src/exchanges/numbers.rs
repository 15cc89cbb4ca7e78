//! Numbers and cursors in queries.

use super::get;
use crate::exchange::{Exchange, Target};

pub(super) fn exchanges(target: &Target) -> Vec<Exchange> {
    let listed = |query: String| {
        let bytes = get(&format!("/v1/tts/jobs?{query}"), target, "");
        let name = if query.len() > 60 {
            format!("{}…", &query[..60])
        } else {
            query
        };
        Exchange::new(name, bytes, &[400])
    };
    let values = [
        "0",
        "-1",
        "201",
        "1e3",
        "18446744073709551616",
        "NaN",
        "",
        "%00",
        "0x10",
        "1.5",
    ];
    let cursors = [
        "junk",
        "%00",
        "..%2f..",
        "-1",
        "99999999999999999999",
        "%f0%9f%98%80",
    ];
    let mut all: Vec<_> = values.map(|value| listed(format!("limit={value}"))).into();
    all.extend(cursors.map(|cursor| listed(format!("cursor={cursor}"))));
    all.push(listed(format!("cursor={}", "A".repeat(7_000))));
    all.push(listed("limit=1&limit=2".to_owned()));
    all.push(listed("status=everything".to_owned()));
    all
}
