//! `gate.json` and its JSON Schema.

use std::io::{self, Write};

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::{GATE_SCHEMA_VERSION, GateRun};
use crate::{
    Json,
    exporter::Exporter,
    json::{missing_fields, version_of},
};

impl Exporter<GateRun> for Json {
    fn export(&self, run: &GateRun, out: &mut dyn Write) -> io::Result<()> {
        let text = serde_json::to_string_pretty(run).map_err(io::Error::other)? + "\n";
        out.write_all(text.as_bytes())
    }
}

/// Why a text is no `gate.json`.
#[derive(Debug, thiserror::Error)]
pub enum GateSchemaError {
    /// Not JSON, or a field of the wrong kind, or one that the schema does not know.
    #[error("gate.json does not follow its schema")]
    Json(#[from] serde_json::Error),
    /// Fields that the schema needs.
    #[error("gate.json lacks {}", .0.join(", "))]
    Missing(Vec<String>),
    /// Another version.
    #[error("gate.json has schema_version {0}, legal is {GATE_SCHEMA_VERSION}")]
    Version(Value),
}

impl GateRun {
    /// Reads a `gate.json`, strictly: no unknown field, and none left out.
    ///
    /// # Errors
    /// Every deviation from the schema; of another version first of all that it is one.
    pub fn from_json(text: &str) -> Result<Self, GateSchemaError> {
        let given: Value = serde_json::from_str(text)?;
        if let Some(version) = version_of(&given).filter(|version| *version != GATE_SCHEMA_VERSION) {
            return Err(GateSchemaError::Version(version.clone()));
        }
        let run: Self = serde_json::from_value(given.clone())?;
        let missing = missing_fields(&serde_json::to_value(&run)?, &given);
        if missing.is_empty() {
            Ok(run)
        } else {
            Err(GateSchemaError::Missing(missing))
        }
    }
}

/// The JSON Schema of `gate.json` (draft 2020-12), as the types have it, indented, with a line end. It describes what is written,
/// so every field is required.
///
/// # Errors
/// Only what `serde_json` itself reports.
pub fn gate_schema() -> Result<String, serde_json::Error> {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schema = generator.into_root_schema_for::<GateRun>();
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}
