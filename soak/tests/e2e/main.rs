//! The program over real servers: soaks that pass, soaks that go red on what is wrong, and soaks that cannot be made.
#![expect(clippy::unwrap_used, reason = "tests, and helpers of tests")]

mod cycling;
mod harness;
