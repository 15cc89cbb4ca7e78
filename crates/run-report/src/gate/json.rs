//! `gate.json` and its JSON Schema.

use std::io::{self, Write};

use super::{GATE_SCHEMA_VERSION, GateRun};
use crate::{
    Json,
    exporter::Exporter,
    json::{SchemaError, read, render, schema_of},
};

impl Exporter<GateRun> for Json {
    fn export(&self, run: &GateRun, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(render(run).map_err(io::Error::other)?.as_bytes())
    }
}

impl GateRun {
    /// Reads a `gate.json`, strictly: no unknown field, and none left out.
    ///
    /// # Errors
    /// Every deviation from the schema; of another version first of all that it is one.
    pub fn from_json(text: &str) -> Result<Self, SchemaError> {
        read("gate.json", GATE_SCHEMA_VERSION, text)
    }
}

/// The JSON Schema of `gate.json` (draft 2020-12), as the types have it, indented, with a line end. It describes what is written,
/// so every field is required.
///
/// # Errors
/// Only what `serde_json` itself reports.
pub fn gate_schema() -> Result<String, serde_json::Error> {
    schema_of::<GateRun>()
}
