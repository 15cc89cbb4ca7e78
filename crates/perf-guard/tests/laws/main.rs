//! Laws of the guard, seen from outside: whatever a file holds, and whatever was counted.
#![expect(clippy::unwrap_used, reason = "tests, and helpers of tests")]

mod baselines;
mod proportion;
