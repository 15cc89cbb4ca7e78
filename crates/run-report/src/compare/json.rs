//! `compare.json` and its JSON Schema.

use std::io::{self, Write};

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::{COMPARE_SCHEMA_VERSION, CompareRun};
use crate::{
    Json,
    exporter::Exporter,
    json::{missing_fields, version_of},
};

impl Exporter<CompareRun> for Json {
    fn export(&self, run: &CompareRun, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(run.to_json().map_err(io::Error::other)?.as_bytes())
    }
}

/// Why a text is no `compare.json`.
#[derive(Debug, thiserror::Error)]
pub enum CompareSchemaError {
    /// Not JSON, or a field of the wrong kind, or one that the schema does not know.
    #[error("compare.json does not follow its schema")]
    Json(#[from] serde_json::Error),
    /// Fields that the schema needs.
    #[error("compare.json lacks {}", .0.join(", "))]
    Missing(Vec<String>),
    /// Another version.
    #[error("compare.json has schema_version {0}, legal is {COMPARE_SCHEMA_VERSION}")]
    Version(Value),
}

impl CompareRun {
    /// Reads a `compare.json`, strictly: no unknown field, and none left out.
    ///
    /// # Errors
    /// Every deviation from the schema; of another version first of all that it is one.
    pub fn from_json(text: &str) -> Result<Self, CompareSchemaError> {
        let given: Value = serde_json::from_str(text)?;
        if let Some(version) = version_of(&given).filter(|version| *version != COMPARE_SCHEMA_VERSION) {
            return Err(CompareSchemaError::Version(version.clone()));
        }
        let run: Self = serde_json::from_value(given.clone())?;
        let missing = missing_fields(&serde_json::to_value(&run)?, &given);
        if missing.is_empty() {
            Ok(run)
        } else {
            Err(CompareSchemaError::Missing(missing))
        }
    }

    /// The text of `compare.json`, indented, with a line end.
    ///
    /// # Errors
    /// Only what `serde_json` itself reports.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// The JSON Schema of `compare.json` (draft 2020-12), as the types have it, indented, with a line end. It describes what
/// is written, so every field is required.
///
/// # Errors
/// Only what `serde_json` itself reports.
pub fn compare_schema() -> Result<String, serde_json::Error> {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schema = generator.into_root_schema_for::<CompareRun>();
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}
