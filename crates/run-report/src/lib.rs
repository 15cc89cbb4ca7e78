//! The result of one run, and its renderings: terminal, JSON, JUnit, Markdown, GitHub annotations.
//!
//! A suite fills a [`GoldenRun`], closes it with [`GoldenRun::settle`], and hands it to an [`Exporter`].

mod exit;
mod exporter;
mod golden_run;
mod json;
mod perf;
mod settle;
mod test_result;

pub use exit::RunExit;
pub use exporter::Exporter;
pub use golden_run::{BaselineInfo, FaultFired, GOLDEN_SCHEMA_VERSION, GoldenRun, RunHead};
pub use json::{Json, SchemaError, golden_schema};
pub use perf::{Metric, PerfFailure, PerfReport};
pub use settle::{Ending, Quiescence};
pub use test_result::{Repeat, TestResult, TestStatus};
