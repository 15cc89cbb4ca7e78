//! The freeze: a frozen performance contract, and a policy that says how far a candidate may lie from it.
//!
//! Everything that could let a candidate through unseen is refused: a metric that is missing, null or no number, a rule without
//! a limit, a relative rule over a baseline of zero, a policy without rules. Nothing is ever filled in with 0.

mod check;
mod document;
mod error;
mod policy;

pub use check::{File, FreezeReport, FreezeRow, Limit, TOLD_ENV, check_freeze};
pub use document::{FREEZE_SCHEMA_VERSION, FrozenRun, Origin, Parsed};
pub use error::FreezeError;
pub use policy::{Absolute, FreezePolicy, GateOptions, MetricRule, Relative};
