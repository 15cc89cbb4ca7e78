//! The result of one run, and its renderings: terminal, JSON, JUnit, Markdown, HTML, GitHub annotations.
//!
//! A proof of the guard has a result and renderings of its own, from [`ProveRun`] on.
//!
//! A suite fills a [`GoldenRun`], closes it with [`GoldenRun::settle`], and hands it to an [`Exporter`]; so does a
//! comparison of two servers with a [`CompareRun`].

mod annotations;
mod arm;
mod compare;
mod escape;
mod exit;
mod exporter;
mod flake;
mod gate;
mod golden_run;
mod html;
mod json;
mod junit;
pub mod load;
mod markdown;
mod perf;
mod prove;
mod settle;
mod soak;
mod stored;
mod terminal;
mod test_result;
mod words;

pub use annotations::Annotations;
pub use arm::Arm;
pub use compare::{
    ArmInfo, ArmKind, COMPARE_SCHEMA_VERSION, CompareFailure, CompareHead, ComparePlan, CompareReason,
    CompareReasonKind, CompareRun, CompareSample, ComparedTest, Confirmation, Interleaved, PlannedLook,
    SameTexts, SelfCheck, compare_schema,
};
pub use exit::RunExit;
pub use exporter::Exporter;
pub use flake::{
    FLAKE_SCHEMA_VERSION, Flake, FlakeHead, FlakeRun, Phase, PhaseResult, Rate, Subject, flake_schema,
};
pub use gate::{GATE_SCHEMA_VERSION, GateEnding, GateMode, GateRow, GateRun, GateSide, gate_schema};
pub use golden_run::{BaselineInfo, FaultFired, GOLDEN_SCHEMA_VERSION, GoldenRun, RunHead};
pub use html::HtmlReport;
pub use json::{Json, SchemaError, golden_schema};
pub use junit::Junit;
pub use markdown::Markdown;
pub use perf::{Metric, PerfFailure, PerfReport};
pub use prove::{
    Alarm, BlindSpot, Breakage, CellOutcome, Control, ControlKind, FalseAlarms, FixedRule, MagnitudeMark,
    Mark, PROVE_SCHEMA_VERSION, ProveExtent, ProveHead, ProveJson, ProveJunit, ProveMarkdown, ProveReason,
    ProveRule, ProveRun, ProveTerminal, ProveThreshold, SlowdownCell, SmallestCaught, StageSlowdowns,
    StaleAllowance, StatisticalRule, TestMap, Witness, prove_schema, upper_bound_95,
};
pub use settle::{Ending, Quiescence, ReasonKind, VerdictReason};
pub use soak::{
    Invariant, InvariantTally, LeakCheck, SOAK_SCHEMA_VERSION, SoakFigure, SoakHead, SoakHistogram, SoakRun,
    SoakTally, SoakTrend, SoakWindow, Violation, WarmUp, soak_schema,
};
pub use stored::{StoredError, read_stored};
pub use terminal::{Style, Terminal};
pub use test_result::{Repeat, TestResult, TestStatus};
