//! The gate's program, as it is used: files, flags, exit codes, and a real server where it measures one.
#![expect(clippy::unwrap_used, reason = "tests, and helpers of tests")]

mod bumping;
mod checking;
mod harness;
mod measuring;
mod verifying;
