//! How fast segments are merged, through the library, and that the cost is linear in their bytes.
//!
//! `cargo bench -p mock-server --bench merge` prints, for 10, 100 and 1,000 segments, the merged size, the median of
//! interleaved rounds in MB/s, and the time a byte as a ratio to the smallest. Linear leaves that ratio near 1; a merge
//! that copied what it has for each segment would make it 100. Ends with 1 if it is above 4.

#![expect(
    clippy::print_stdout,
    reason = "a table for people is what this program is for"
)]

mod rig;

use std::{hint::black_box, process::ExitCode, time::Instant};

use bytes::Bytes;
use mock_server::{
    audio::{encode, merge},
    voice::{Model, synthesise},
};
use rig::{Outcome, median};

const SEGMENTS: [usize; 3] = [10, 100, 1_000];
/// Merges of 1,000 segments that are timed; smaller ones are repeated to as many segments in a round.
const ROUNDS: usize = 11;
/// How much more a byte may cost among 1,000 segments than among 10. Memory that no longer fits into the processor's caches,
/// and that is taken anew for each merge, costs more; a cost that grows with the number of segments is far above.
const LIMIT: f64 = 4.0;

fn main() -> ExitCode {
    let made = made();
    let inputs = SEGMENTS.map(|count| made.iter().cycle().take(count).cloned().collect::<Vec<Bytes>>());
    let mut times = SEGMENTS.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        for (input, times) in inputs.iter().zip(&mut times) {
            times.push(round(input));
        }
    }
    println!(
        "{:<10} {:>12} {:>10} {:>12} {:>26}",
        "segments", "bytes", "MB/s", "ns a byte", "ratio of it to 10 segments"
    );
    let ns_a_byte = times.map(median);
    for ((count, input), ns) in SEGMENTS.iter().zip(&inputs).zip(ns_a_byte) {
        let bytes: usize = input.iter().map(Bytes::len).sum();
        let (rate, ratio) = (1e3 / ns, ns / ns_a_byte[0]);
        println!("{count:<10} {bytes:>12} {rate:>10.0} {ns:>12.3} {ratio:>26.2}");
    }
    let steepest = ns_a_byte.iter().map(|ns| ns / ns_a_byte[0]).fold(0.0, f64::max);
    let outcome = Outcome::of(steepest <= LIMIT);
    println!("linear, a ratio of {LIMIT} at most: {}", outcome.mark());
    outcome.into()
}

/// Ten segments as the server makes them, of different lengths.
fn made() -> Vec<Bytes> {
    let sentence = "A touchstone is a dark stone, and gold that is rubbed on it leaves a streak. ";
    let segments = (0..10).map(|n| {
        let text = format!("Segment {n}. {}", sentence.repeat(1 + n % 3));
        let encoded = encode(&synthesise(&text, "anna", Model::Default));
        encoded.expect("the voice's audio can be encoded").bytes
    });
    segments.collect()
}

/// Nanoseconds a byte.
fn round(segments: &[Bytes]) -> f64 {
    let repeats = SEGMENTS[SEGMENTS.len() - 1] / segments.len();
    let bytes: usize = segments.iter().map(Bytes::len).sum();
    let start = Instant::now();
    for _ in 0..repeats {
        black_box(merge(black_box(segments)).expect("sound segments"));
    }
    start.elapsed().as_nanos() as f64 / (bytes * repeats) as f64
}
