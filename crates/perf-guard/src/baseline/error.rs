//! Why a baseline's text is refused.

use super::SCHEMA_VERSION;
use crate::seconds::ValueError;

/// The shapes that can be read, for messages.
pub(super) const SHAPES: &str = "an object with schema_version, provenance and tests, or \
     {\"tests\": [{\"name\", \"timing_submit_to_complete_s\"}]}, {\"tests\": {name: seconds}}, {name: seconds}";

/// Why a baseline's text is refused. The path of the file is the caller's to name.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Nothing but white space.
    #[error("baseline is empty, legal is {SHAPES}")]
    Empty,
    /// Not JSON, cut off, a name that stands twice, or a field that the shape does not know; the position is given.
    #[error("baseline cannot be read at line {line} column {column}: {problem}")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// The parser's message, which names the legal fields where it can.
        problem: String,
    },
    /// JSON, but none of the shapes.
    #[error("baseline is {found}, legal is {SHAPES}")]
    Shape {
        /// What it is instead.
        found: &'static str,
    },
    /// Written by a newer version.
    #[error(
        "baseline has schema_version {found}, legal is 1 to {SCHEMA_VERSION}; \
         a newer version wrote it, use that version or record the baseline anew"
    )]
    FutureVersion {
        /// The version in the file.
        found: u64,
    },
    /// No version at all.
    #[error("baseline has schema_version {found}, legal is a whole number from 1 to {SCHEMA_VERSION}")]
    Version {
        /// The value in the file.
        found: String,
    },
    /// A field of the wrong kind, or a number out of range.
    #[error("baseline: {0}")]
    Value(#[from] ValueError),
    /// One test stands twice.
    #[error("baseline: {path} is a second {name} ({cache}), legal is each test once in each cache state")]
    Duplicate {
        /// Where the second one stands.
        path: String,
        /// Name of the test.
        name: String,
        /// Its cache state.
        cache: crate::CacheState,
    },
    /// No timed test in it.
    #[error("baseline holds no timed test, legal is one or more")]
    NoTests,
    /// The results of a failed run are no measure of how it should be.
    #[error("baseline: {path} is {found}, legal are only results of a run that passed")]
    FailedRun {
        /// The field that says so.
        path: String,
        /// Its value.
        found: String,
    },
    /// A baseline of ours must say where it comes from.
    #[error("baseline has no provenance, legal is a baseline recorded by an update")]
    NoProvenance,
}

impl From<serde_json::Error> for LoadError {
    fn from(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        // serde_json ends its message with the position, which stands in ours already.
        let position = format!(" at line {line} column {column}");
        let problem = text.strip_suffix(&position).unwrap_or(&text).to_owned();
        Self::Json {
            line,
            column,
            problem,
        }
    }
}
