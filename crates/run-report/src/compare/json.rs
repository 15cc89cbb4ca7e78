//! `compare.json` and its JSON Schema.

use std::io::{self, Write};

use super::{COMPARE_SCHEMA_VERSION, CompareRun};
use crate::{
    Json,
    exporter::Exporter,
    json::{SchemaError, read, render, schema_of},
};

impl Exporter<CompareRun> for Json {
    fn export(&self, run: &CompareRun, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(run.to_json().map_err(io::Error::other)?.as_bytes())
    }
}

impl CompareRun {
    /// Reads a `compare.json`, strictly: no unknown field, and none left out.
    ///
    /// # Errors
    /// Every deviation from the schema; of another version first of all that it is one.
    pub fn from_json(text: &str) -> Result<Self, SchemaError> {
        read("compare.json", COMPARE_SCHEMA_VERSION, text)
    }

    /// The text of `compare.json`, indented, with a line end.
    ///
    /// # Errors
    /// Only what `serde_json` itself reports.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        render(self)
    }
}

/// The JSON Schema of `compare.json` (draft 2020-12), as the types have it, indented, with a line end. It describes what
/// is written, so every field is required.
///
/// # Errors
/// Only what `serde_json` itself reports.
pub fn compare_schema() -> Result<String, serde_json::Error> {
    schema_of::<CompareRun>()
}
