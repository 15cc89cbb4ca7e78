//! Runs as a suite would fill them, held to the rules of the report and to every rendering.
#![expect(clippy::unwrap_used, reason = "tests, and helpers of tests")]

mod compare_pages;
mod comparing;
mod flakes;
mod gating;
mod hostile;
mod loads;
mod pages;
mod proof_pages;
mod proofs;
mod proving;
mod renderings;
mod runs;
mod schema;
mod soaks;
mod verdicts;
