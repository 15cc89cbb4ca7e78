//! `prove.json` and its JSON Schema.

use std::io::{self, Write};

use super::{PROVE_SCHEMA_VERSION, ProveRun};
use crate::Exporter;
use crate::json::{SchemaError, read, render, schema_of};

/// The proof as `prove.json`.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProveJson;

impl Exporter<ProveRun> for ProveJson {
    fn export(&self, proof: &ProveRun, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(proof.to_json().map_err(io::Error::other)?.as_bytes())
    }
}

impl ProveRun {
    /// Reads a `prove.json`, strictly: no unknown field, and none left out.
    ///
    /// # Errors
    /// Every deviation from the schema; of another version first of all that it is one.
    pub fn from_json(text: &str) -> Result<Self, SchemaError> {
        read("prove.json", PROVE_SCHEMA_VERSION, text)
    }

    /// The text of `prove.json`, indented, with a line end.
    ///
    /// # Errors
    /// Only what `serde_json` itself reports.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        render(self)
    }
}

/// The JSON Schema of `prove.json` (draft 2020-12), as the types have it, indented, with a line end. It describes what is
/// written, so every field is required.
///
/// # Errors
/// Only what `serde_json` itself reports.
pub fn prove_schema() -> Result<String, serde_json::Error> {
    schema_of::<ProveRun>()
}
