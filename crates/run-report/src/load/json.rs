//! `load-PROFILE.json` and its JSON Schema.

use std::io::{self, Write};

use super::{LOAD_SCHEMA_VERSION, LoadResult};
use crate::{
    Json,
    exporter::Exporter,
    json::{SchemaError, read, render, schema_of},
};

impl Exporter<LoadResult> for Json {
    fn export(&self, run: &LoadResult, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(run.to_json().map_err(io::Error::other)?.as_bytes())
    }
}

impl LoadResult {
    /// Reads a `load-PROFILE.json`, strictly: no unknown field, and none left out.
    ///
    /// # Errors
    /// Every deviation from the schema; of another version first of all that it is one.
    pub fn from_json(text: &str) -> Result<Self, SchemaError> {
        read("the load result", LOAD_SCHEMA_VERSION, text)
    }

    /// The text of `load-PROFILE.json`, indented, with a line end.
    ///
    /// # Errors
    /// Only what `serde_json` itself reports.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        render(self)
    }

    /// How the run went over time as NDJSON: an object a line, `{"load": …}` or `{"server": …}`, each in the order of time.
    ///
    /// # Errors
    /// Only what `serde_json` itself reports.
    pub fn timeline_ndjson(&self) -> Result<String, serde_json::Error> {
        let mut lines = String::new();
        for point in &self.timeline.load {
            lines += &serde_json::to_string(&serde_json::json!({ "load": point }))?;
            lines.push('\n');
        }
        for point in &self.timeline.server {
            lines += &serde_json::to_string(&serde_json::json!({ "server": point }))?;
            lines.push('\n');
        }
        Ok(lines)
    }
}

/// The JSON Schema of `load-PROFILE.json` (draft 2020-12), as the types have it, indented, with a line end. It describes what is
/// written, so every field is required.
///
/// # Errors
/// Only what `serde_json` itself reports.
pub fn load_schema() -> Result<String, serde_json::Error> {
    schema_of::<LoadResult>()
}
