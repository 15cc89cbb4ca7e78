//! `soak.json` and its JSON Schema.

use super::{SOAK_SCHEMA_VERSION, SoakRun};
use crate::json::{SchemaError, read, render, schema_of};

impl SoakRun {
    /// Reads a `soak.json`, strictly: no unknown field, and none left out.
    ///
    /// # Errors
    /// Every deviation from the schema; of another version first of all that it is one.
    pub fn from_json(text: &str) -> Result<Self, SchemaError> {
        read("soak.json", SOAK_SCHEMA_VERSION, text)
    }

    /// The text of `soak.json`, indented, with a line end.
    ///
    /// # Errors
    /// Only what `serde_json` itself reports.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        render(self)
    }
}

/// The JSON Schema of `soak.json` (draft 2020-12), as the types have it, indented, with a line end. It describes what is
/// written, so every field is required.
///
/// # Errors
/// Only what `serde_json` itself reports.
pub fn soak_schema() -> Result<String, serde_json::Error> {
    schema_of::<SoakRun>()
}
