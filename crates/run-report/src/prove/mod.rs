//! The result of one `golden prove`: which faults which tests notice, and its renderings.
//!
//! A proof fills a [`ProveRun`], closes it with [`ProveRun::settle`], and hands it to a [`Exporter`](crate::Exporter).

mod breakage;
mod control;
mod json;
mod junit;
mod markdown;
mod prove_run;
mod settle;
mod slowdown;
mod summary;
mod terminal;

pub use breakage::{Breakage, Witness};
pub use control::{Alarm, Control, ControlKind, FalseAlarms, upper_bound_95};
pub use json::{ProveJson, prove_schema};
pub use junit::ProveJunit;
pub use markdown::ProveMarkdown;
pub use prove_run::{
    BlindSpot, FixedRule, PROVE_SCHEMA_VERSION, ProveExtent, ProveHead, ProveRule, ProveRun, ProveThreshold,
    StaleAllowance, StatisticalRule,
};
pub use settle::ProveReason;
pub use slowdown::{CellOutcome, MagnitudeMark, Mark, SlowdownCell, SmallestCaught, StageSlowdowns, TestMap};
pub use terminal::ProveTerminal;
