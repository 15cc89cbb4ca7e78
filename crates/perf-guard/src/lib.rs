//! Samples, rules, baselines and verdicts of the performance guard. Pure: no clock, no network, no files.
//!
//! The way through it: [`Baseline::parse`] a file's text, [`refuse_unfireable`] before anything is timed,
//! [`check`] the [`Measurement`]s of the run, and for a new baseline [`update`] and [`Baseline::render`].
//! Two servers run side by side are judged by [`comparison`] instead, which needs no baseline, and what a server holds over a
//! long run by [`trend`].

mod baseline;
mod cache;
pub mod capacity;
mod check;
pub mod comparison;
mod environment;
mod explain;
pub mod freeze;
mod limits;
mod measurement;
mod proportion;
mod rule;
mod samples;
mod seconds;
mod stages;
pub mod trend;
mod unique_json;
mod update;
mod verdict;

pub use baseline::{Baseline, LoadError, Provenance, Recorded, SCHEMA_VERSION, Shape, TimedTest};
pub use cache::{CacheState, TimedKey};
pub use check::{
    BaselineMode, CheckError, Comparison, EnvMismatch, Extra, Failure, Outcome, Policy, Skipped, TimedCase,
    check, refuse_unfireable,
};
pub use environment::{Context, Difference, Environment};
pub use explain::{Attribution, Explanation, explain};
pub use limits::{AddSeconds, LimitOverrides, Limits, Multiplier};
pub use measurement::{CounterDeltas, Measurement, Rounds};
pub use proportion::upper_bound_95;
pub use rule::{Threshold, threshold};
pub use samples::{Samples, median};
pub use seconds::{Seconds, ValueError};
pub use stages::{StageTimes, stage};
pub use update::{
    DirtyTree, MIN_REPEATS, Recording, RunResult, Unmeasured, Update, UpdateError, UpdateOptions, UpdateRow,
    update,
};
pub use verdict::Verdict;
