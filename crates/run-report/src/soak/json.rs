//! `soak.json` and its JSON Schema.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::{SOAK_SCHEMA_VERSION, SoakRun};
use crate::json::{missing_fields, version_of};

/// Why a text is no `soak.json`.
#[derive(Debug, thiserror::Error)]
pub enum SoakSchemaError {
    /// Not JSON, or a field of the wrong kind, or one that the schema does not know.
    #[error("soak.json does not follow its schema")]
    Json(#[from] serde_json::Error),
    /// Fields that the schema needs.
    #[error("soak.json lacks {}", .0.join(", "))]
    Missing(Vec<String>),
    /// Another version.
    #[error("soak.json has schema_version {0}, legal is {SOAK_SCHEMA_VERSION}")]
    Version(Value),
}

impl SoakRun {
    /// Reads a `soak.json`, strictly: no unknown field, and none left out.
    ///
    /// # Errors
    /// Every deviation from the schema; of another version first of all that it is one.
    pub fn from_json(text: &str) -> Result<Self, SoakSchemaError> {
        let given: Value = serde_json::from_str(text)?;
        if let Some(version) = version_of(&given).filter(|version| **version != SOAK_SCHEMA_VERSION) {
            return Err(SoakSchemaError::Version(version.clone()));
        }
        let run: Self = serde_json::from_value(given.clone())?;
        let missing = missing_fields(&serde_json::to_value(&run)?, &given);
        if missing.is_empty() {
            Ok(run)
        } else {
            Err(SoakSchemaError::Missing(missing))
        }
    }

    /// The text of `soak.json`, indented, with a line end.
    ///
    /// # Errors
    /// Only what `serde_json` itself reports.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// The JSON Schema of `soak.json` (draft 2020-12), as the types have it, indented, with a line end. It describes what is
/// written, so every field is required.
///
/// # Errors
/// Only what `serde_json` itself reports.
pub fn soak_schema() -> Result<String, serde_json::Error> {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schema = generator.into_root_schema_for::<SoakRun>();
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}
