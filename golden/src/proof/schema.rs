//! The JSON Schema of `golden-red.json`.

use schemars::generate::SchemaSettings;

use super::Proof;

/// The JSON Schema of `golden-red.json` (draft 2020-12), as the types have it, indented, with a line end. It describes what
/// is written, so every field is required.
///
/// # Errors
/// Only what `serde_json` itself reports.
pub fn proof_schema() -> Result<String, serde_json::Error> {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schema = generator.into_root_schema_for::<Proof>();
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}
