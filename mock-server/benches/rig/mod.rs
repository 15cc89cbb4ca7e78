//! What the benches of the real binary share: servers on a core of their own, loads, and what it all cost.
//!
//! Whatever a bench needs beyond Rust is looked for and never installed; without it the bench says what is missing and
//! how to get it ([`Unmeasured`]), and does not end as if it had measured ([`Outcome`]).

#![allow(
    dead_code,
    reason = "every bench is a program of its own and uses a part of this"
)]

pub(crate) mod again;
pub(crate) mod child;
pub(crate) mod cores;
pub(crate) mod load;
pub(crate) mod nginx;
pub(crate) mod object;
pub(crate) mod outcome;
pub(crate) mod server;
pub(crate) mod setting;
pub(crate) mod usage;
pub(crate) mod wrk;

use std::time::Duration;

pub(crate) use outcome::{Outcome, Unmeasured};

/// Waits.
#[expect(
    clippy::disallowed_methods,
    reason = "a bench does one thing at a time and has no runtime to hold up"
)]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// The middle of an odd number of values, the mean of the middle two of an even one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    assert!(!values.is_empty(), "a median needs a value");
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 {
        values[half]
    } else {
        f64::midpoint(values[half - 1], values[half])
    }
}
