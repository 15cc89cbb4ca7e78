//! `golden.json` and its JSON Schema.

use std::io::{self, Write};

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Serialize, de::DeserializeOwned};
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

/// Why a text is no result of a kind.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Not JSON, or a field of the wrong kind, or one that the schema does not know.
    #[error("{file} does not follow its schema")]
    Json {
        /// The kind of file.
        file: &'static str,
        /// What is wrong, and where.
        #[source]
        source: serde_json::Error,
    },
    /// Fields that the schema needs.
    #[error("{file} lacks {}", .fields.join(", "))]
    Missing {
        /// The kind of file.
        file: &'static str,
        /// Their paths.
        fields: Vec<String>,
    },
    /// Another version.
    #[error("{file} has schema_version {found}, legal is {legal}")]
    Version {
        /// The kind of file.
        file: &'static str,
        /// Its version.
        found: Value,
        /// What is known here.
        legal: u32,
    },
}

impl GoldenRun {
    /// Reads a `golden.json`, strictly: no unknown field, and none left out.
    ///
    /// # Errors
    /// Every deviation from the schema; of another version first of all that it is one.
    pub fn from_json(text: &str) -> Result<Self, SchemaError> {
        read("golden.json", GOLDEN_SCHEMA_VERSION, text)
    }

    /// The text of `golden.json`, indented, with a line end.
    ///
    /// # Errors
    /// Only what `serde_json` itself reports.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        render(self)
    }
}

/// Reads a result strictly: no unknown field, and none left out. Of another version it is said first of all that it is one.
pub(crate) fn read<T: Serialize + DeserializeOwned>(
    file: &'static str,
    legal: u32,
    text: &str,
) -> Result<T, SchemaError> {
    let no_json = |source| SchemaError::Json { file, source };
    let given: Value = serde_json::from_str(text).map_err(no_json)?;
    if let Some(found) = version_of(&given).filter(|found| **found != legal) {
        let found = found.clone();
        return Err(SchemaError::Version { file, found, legal });
    }
    // From the text once more, so that an error has its line.
    let run: T = serde_json::from_str(text).map_err(no_json)?;
    let fields = missing_fields(&serde_json::to_value(&run).map_err(no_json)?, &given);
    if fields.is_empty() {
        Ok(run)
    } else {
        Err(SchemaError::Missing { file, fields })
    }
}

/// A result as text, indented, with a line end.
pub(crate) fn render(run: &impl Serialize) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(run)? + "\n")
}

/// The JSON Schema of a result (draft 2020-12), as its types have it, indented, with a line end. It describes what is written, so
/// every field is required.
pub(crate) fn schema_of<T: JsonSchema>() -> Result<String, serde_json::Error> {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    render(&generator.into_root_schema_for::<T>())
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
    schema_of::<GoldenRun>()
}

#[cfg(test)]
mod tests {
    /// A page that is made again from a stored run must say what the first one said, to the last digit.
    #[test]
    fn numbers_come_back_as_they_were_stored() {
        for n in 1_u32..10_000 {
            let value = f64::from(n).sqrt() * 1.3;
            let stored = serde_json::to_string(&value).unwrap();
            let read: f64 = serde_json::from_str(&stored).unwrap();
            assert_eq!(read.to_bits(), value.to_bits(), "{stored}");
        }
    }
}
