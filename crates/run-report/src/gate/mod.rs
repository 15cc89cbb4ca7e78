//! The result of the freeze gate, as it stands in `gate.json`, and its renderings.

mod annotations;
mod json;
mod junit;
mod markdown;
mod model;
mod settle;
mod terminal;

pub use json::gate_schema;
pub use model::{GATE_SCHEMA_VERSION, GateMode, GateRow, GateRun, GateSide};
pub use settle::GateEnding;
