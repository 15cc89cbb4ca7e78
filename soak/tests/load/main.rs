//! `soak load` and `soak merge` over real processes and sockets.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its evidence fails")]

mod ending;
mod harness;
mod held;
mod merging;
mod targets;
