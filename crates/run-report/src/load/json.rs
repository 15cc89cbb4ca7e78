//! `load-PROFILE.json` and its JSON Schema.

use std::io::{self, Write};

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::{LOAD_SCHEMA_VERSION, LoadResult};
use crate::{
    Json,
    exporter::Exporter,
    json::{missing_fields, version_of},
};

impl Exporter<LoadResult> for Json {
    fn export(&self, run: &LoadResult, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(run.to_json().map_err(io::Error::other)?.as_bytes())
    }
}

/// Why a text is no result of a load profile.
#[derive(Debug, thiserror::Error)]
pub enum LoadSchemaError {
    /// Not JSON, or a field of the wrong kind, or one that the schema does not know.
    #[error("the load result does not follow its schema")]
    Json(#[from] serde_json::Error),
    /// Fields that the schema needs.
    #[error("the load result lacks {}", .0.join(", "))]
    Missing(Vec<String>),
    /// Another version.
    #[error("the load result has schema_version {0}, legal is {LOAD_SCHEMA_VERSION}")]
    Version(Value),
}

impl LoadResult {
    /// Reads a `load-PROFILE.json`, strictly: no unknown field, and none left out.
    ///
    /// # Errors
    /// Every deviation from the schema; of another version first of all that it is one.
    pub fn from_json(text: &str) -> Result<Self, LoadSchemaError> {
        let given: Value = serde_json::from_str(text)?;
        if let Some(version) = version_of(&given).filter(|version| **version != LOAD_SCHEMA_VERSION) {
            return Err(LoadSchemaError::Version(version.clone()));
        }
        let run: Self = serde_json::from_value(given.clone())?;
        let missing = missing_fields(&serde_json::to_value(&run)?, &given);
        if missing.is_empty() {
            Ok(run)
        } else {
            Err(LoadSchemaError::Missing(missing))
        }
    }

    /// The text of `load-PROFILE.json`, indented, with a line end.
    ///
    /// # Errors
    /// Only what `serde_json` itself reports.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
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
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schema = generator.into_root_schema_for::<LoadResult>();
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}
