//! The result of a load profile: latency from due times by step and outcome, thresholds, invariants, the generator's doubts about
//! itself, and how it all went over time. It stands in `load-PROFILE.json`.

mod annotations;
mod json;
mod judged;
mod junit;
mod leaks;
mod markdown;
mod measured;
mod model;
mod settle;
mod terminal;
mod timeline;
pub(crate) mod words;

pub use json::load_schema;
pub use judged::{EndpointResult, Invariant, LoadReason, LoadReasonKind, ThresholdResult};
pub use leaks::LeakWatch;
pub use measured::{
    CheckResult, GeneratorResult, Journeys, KeyFigure, OutcomeTimes, PhaseTimes, StepTimes, Times, TrendTimes,
};
pub use model::{
    LOAD_SCHEMA_VERSION, LoadHead, LoadPlan, LoadResult, LoadStage, MixShare, PerformanceBaseline,
};
pub use timeline::{LoadPoint, Overlay, ServerPoint, Timeline};
