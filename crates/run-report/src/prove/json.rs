//! `prove.json` and its JSON Schema.

use std::io::{self, Write};

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::{PROVE_SCHEMA_VERSION, ProveRun};
use crate::Exporter;
use crate::json::missing_fields;

/// The proof as `prove.json`.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProveJson;

impl Exporter<ProveRun> for ProveJson {
    fn export(&self, proof: &ProveRun, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(proof.to_json().map_err(io::Error::other)?.as_bytes())
    }
}

/// Why a text is no `prove.json`.
#[derive(Debug, thiserror::Error)]
pub enum ProveSchemaError {
    /// Not JSON, or a field of the wrong kind, or one that the schema does not know.
    #[error("prove.json does not follow its schema")]
    Json(#[from] serde_json::Error),
    /// Fields that the schema needs.
    #[error("prove.json lacks {}", .0.join(", "))]
    Missing(Vec<String>),
    /// Another version.
    #[error("prove.json has schema_version {0}, legal is {PROVE_SCHEMA_VERSION}")]
    Version(u32),
}

impl ProveRun {
    /// Reads a `prove.json`, strictly: no unknown field, and none left out.
    ///
    /// # Errors
    /// Every deviation from the schema.
    pub fn from_json(text: &str) -> Result<Self, ProveSchemaError> {
        let proof: Self = serde_json::from_str(text)?;
        if proof.schema_version != PROVE_SCHEMA_VERSION {
            return Err(ProveSchemaError::Version(proof.schema_version));
        }
        let given: Value = serde_json::from_str(text)?;
        let missing = missing_fields(&serde_json::to_value(&proof)?, &given);
        if missing.is_empty() {
            Ok(proof)
        } else {
            Err(ProveSchemaError::Missing(missing))
        }
    }

    /// The text of `prove.json`, indented, with a line end.
    ///
    /// # Errors
    /// Only what `serde_json` itself reports.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// The JSON Schema of `prove.json` (draft 2020-12), as the types have it, indented, with a line end. It describes what is
/// written, so every field is required.
///
/// # Errors
/// Only what `serde_json` itself reports.
pub fn prove_schema() -> Result<String, serde_json::Error> {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schema = generator.into_root_schema_for::<ProveRun>();
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}
