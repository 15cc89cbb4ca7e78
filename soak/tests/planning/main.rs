//! Data and planning, as programs: jobs loaded into a real server, objectives and plans from stored results.
#![expect(clippy::unwrap_used, reason = "tests, and helpers of tests")]

mod capacity;
mod objectives;
mod program;
mod real;
mod seeding;
