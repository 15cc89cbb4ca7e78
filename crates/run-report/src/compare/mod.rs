//! The result of comparing two servers, as it stands in `compare.json`, and its renderings.

mod annotations;
mod json;
mod junit;
mod markdown;
mod model;
mod settle;
mod terminal;
mod test;
pub(crate) mod words;

pub use json::compare_schema;
pub use model::{
    ArmInfo, ArmKind, COMPARE_SCHEMA_VERSION, CompareFailure, CompareHead, ComparePlan, CompareRun,
    Confirmation, Interleaved, PlannedLook, SameTexts, SelfCheck,
};
pub use settle::{CompareReason, CompareReasonKind};
pub use test::{CompareSample, ComparedTest};
