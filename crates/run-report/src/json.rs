//! `golden.json` and its JSON Schema.

use std::io::{self, Write};

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::{
    exporter::Exporter,
    golden_run::{GOLDEN_SCHEMA_VERSION, GoldenRun},
};

/// The run as `golden.json`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json;

impl Exporter for Json {
    fn export(&self, run: &GoldenRun, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(run.to_json().map_err(io::Error::other)?.as_bytes())
    }
}

/// Why a text is no `golden.json`.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Not JSON, or a field of the wrong kind, or one that the schema does not know.
    #[error("golden.json does not follow its schema")]
    Json(#[from] serde_json::Error),
    /// Fields that the schema needs.
    #[error("golden.json lacks {}", .0.join(", "))]
    Missing(Vec<String>),
    /// Another version.
    #[error("golden.json has schema_version {0}, legal is {GOLDEN_SCHEMA_VERSION}")]
    Version(u32),
}

impl GoldenRun {
    /// Reads a `golden.json`, strictly: no unknown field, and none left out.
    ///
    /// # Errors
    /// Every deviation from the schema.
    pub fn from_json(text: &str) -> Result<Self, SchemaError> {
        let run: Self = serde_json::from_str(text)?;
        if run.schema_version != GOLDEN_SCHEMA_VERSION {
            return Err(SchemaError::Version(run.schema_version));
        }
        let given: Value = serde_json::from_str(text)?;
        let missing = missing_fields(&serde_json::to_value(&run)?, &given);
        if missing.is_empty() {
            Ok(run)
        } else {
            Err(SchemaError::Missing(missing))
        }
    }

    /// The text of `golden.json`, indented, with a line end.
    ///
    /// # Errors
    /// Only what `serde_json` itself reports.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// The `schema_version` of a document; nothing if it has none.
pub(crate) fn version_of(given: &Value) -> Option<&Value> {
    given.get("schema_version")
}

/// The paths of fields that a document lacks. `serde` takes a missing optional field as null; a gate that reads the
/// file must not have to guess.
pub(crate) fn missing_fields(full: &Value, given: &Value) -> Vec<String> {
    let mut missing = Vec::new();
    collect_missing("", full, given, &mut missing);
    missing
}

fn collect_missing(path: &str, full: &Value, given: &Value, missing: &mut Vec<String>) {
    match (full, given) {
        (Value::Object(full), Value::Object(given)) => {
            for (name, value) in full {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                match given.get(name) {
                    Some(given) => collect_missing(&path, value, given, missing),
                    None => missing.push(path),
                }
            }
        }
        (Value::Array(full), Value::Array(given)) => {
            for (i, (full, given)) in full.iter().zip(given).enumerate() {
                collect_missing(&format!("{path}[{i}]"), full, given, missing);
            }
        }
        _ => {}
    }
}

/// The JSON Schema of `golden.json` (draft 2020-12), as the types have it, indented, with a line end. It describes what
/// is written, so every field is required.
///
/// # Errors
/// Only what `serde_json` itself reports.
pub fn golden_schema() -> Result<String, serde_json::Error> {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schema = generator.into_root_schema_for::<GoldenRun>();
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}
