//! Memory over a long run: what the generator has after a quarter of it, and the most it ever had.

use std::time::Duration;

use crate::{
    contest::Contest,
    rig::{Outcome, Unmeasured, setting},
};

/// The most that memory may grow after the first quarter, in bytes: a histogram may still meet a value of a new size.
const GROWTH: u64 = 1 << 20;

pub(crate) fn run(contest: &Contest) -> Result<Outcome, Unmeasured> {
    let probe = contest.generate(Duration::from_secs(2))?;
    let wanted = u64::from(setting::number("BENCH_LONG_THOUSANDS", 200)?) * 1_000;
    let time = Duration::from_secs_f64(2.0 * wanted as f64 / probe.requests as f64 * 1.3);
    let long = contest.generate(time)?;
    let grown = long.peak_bytes.saturating_sub(long.early_bytes);
    let outcome = Outcome::of(grown <= GROWTH && long.requests >= wanted);
    println!(
        "\n{} requests in {:.0} s: {:.1} MiB resident after a quarter, {:.1} MiB at most, {:.1} MiB may be added: {}",
        long.requests,
        time.as_secs_f64(),
        long.early_bytes as f64 / f64::from(1 << 20),
        long.peak_bytes as f64 / f64::from(1 << 20),
        GROWTH as f64 / f64::from(1 << 20),
        outcome.mark(),
    );
    Ok(outcome)
}
