//! `Range` on audio.

use super::get;
use crate::exchange::{Exchange, Target};

/// Far more than a segment of one short sentence and the heads of its parts have.
const ONE_OBJECT_BYTES: usize = 512 << 10;

pub(super) fn exchanges(target: &Target) -> Vec<Exchange> {
    let segment = format!("/v1/tts/jobs/{}/segments/seg-0000", target.job);
    let ranged = |name: &str, range: &str, status: u16| {
        let fields = format!("range: {range}\r\n");
        Exchange::new(name, get(&segment, target, &fields), &[status]).at_most(ONE_OBJECT_BYTES)
    };
    let repeated = |element: &str, count: usize| format!("bytes={}", vec![element; count].join(","));
    let tiny = (0..64)
        .map(|n| format!("{n}-{}", n + 1))
        .collect::<Vec<_>>()
        .join(",");
    let apart = (0..64)
        .map(|n| format!("{0}-{0}", n * 90))
        .collect::<Vec<_>>()
        .join(",");
    vec![
        ranged("7,000 ranges", &repeated("0-0", 7_000), 416),
        ranged(
            "20,000 empty elements",
            &format!("bytes={}", ",".repeat(20_000)),
            416,
        ),
        ranged("64 times everything", &repeated("0-", 64), 206).at_most(ONE_OBJECT_BYTES),
        ranged("64 tiny ranges that overlap", &format!("bytes={tiny}"), 206),
        ranged("64 tiny ranges apart", &format!("bytes={apart}"), 206),
        ranged("a start of 10^40", &format!("bytes={}-", "9".repeat(40)), 416),
        ranged("an end of 10^40", &format!("bytes=0-{}", "9".repeat(40)), 206),
        ranged("a suffix of 10^40", &format!("bytes=-{}", "9".repeat(40)), 206),
        ranged("a suffix of nothing", "bytes=-0", 416),
        ranged("an end before its start", "bytes=5-2", 200),
        ranged("a negative start", "bytes=--5", 200),
        ranged("an unknown unit", "seconds=1-2", 200),
        ranged("noise", "bytes=\u{7f}", 400).closing(),
    ]
}
