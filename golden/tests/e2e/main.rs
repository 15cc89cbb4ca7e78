//! End-to-end tests of the golden suite: the real program against the real server, and against servers that lie.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test whose surroundings cannot be set up fails"
)]

mod baselines;
mod comparing;
mod endings;
mod flaking;
mod guarding;
mod harness;
mod hostile;
mod pages;
mod proving;
mod reaching;
mod schema;
mod tamper;
mod whole;
