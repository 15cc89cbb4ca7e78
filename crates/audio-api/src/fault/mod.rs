//! Fault rules: one typed rule at a stage of the pipeline, as JSON, as TOML, or as a flag.
//!
//! This module says what a rule is and refuses one that could never fire; whether a rule fires on a given request or
//! segment is decided by the engine that keeps its counters.

mod flag;
mod kind;
mod object;
mod record;
mod rule;
#[cfg(feature = "openapi")]
mod schema;
mod stage;
mod window;

pub use flag::FlagError;
pub use kind::{Kind, Sleep};
pub use record::{FaultList, FaultRecord};
pub use rule::{FaultRule, Match, RuleError};
pub use stage::{Stage, UnknownStage};
pub use window::When;
