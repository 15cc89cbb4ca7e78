//! Results as they were stored, of whatever kind.

use serde_json::{Map, Value};

use crate::{
    compare::{COMPARE_SCHEMA_VERSION, CompareRun},
    golden_run::{GOLDEN_SCHEMA_VERSION, GoldenRun},
    html::HtmlReport,
    json::SchemaError,
    load::{LOAD_SCHEMA_VERSION, LoadResult},
    prove::{PROVE_SCHEMA_VERSION, ProveRun},
    soak::{SOAK_SCHEMA_VERSION, SoakRun},
};

/// Why a text is no stored result.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// No JSON.
    #[error("it is no JSON")]
    NoJson(#[source] serde_json::Error),
    /// JSON of another kind.
    #[error("it is no result of a kind that is known here: legal is a {LEGAL}")]
    UnknownKind,
    /// A result without its version, or of another one.
    #[error("{kind} has schema_version {found}, legal is {legal}")]
    Version {
        /// The kind of file.
        kind: &'static str,
        /// Its version, `missing` without one.
        found: String,
        /// What is known here.
        legal: u32,
    },
    /// It does not follow its schema.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

const LEGAL: &str = "golden.json, compare.json, prove.json, load-PROFILE.json or soak.json";

/// One kind of stored result.
struct Kind {
    name: &'static str,
    /// Fields that this kind has, and no other has all of them.
    fields: &'static [&'static str],
    version: u32,
    read: fn(&str) -> Result<Box<dyn HtmlReport>, StoredError>,
}

const KINDS: &[Kind] = &[
    Kind {
        name: "golden.json",
        fields: &["perf_checks", "status_end", "tests"],
        version: GOLDEN_SCHEMA_VERSION,
        read: |text| Ok(Box::new(GoldenRun::from_json(text)?)),
    },
    Kind {
        name: "compare.json",
        fields: &["plan", "base", "head", "self_checks"],
        version: COMPARE_SCHEMA_VERSION,
        read: |text| Ok(Box::new(CompareRun::from_json(text)?)),
    },
    Kind {
        name: "prove.json",
        fields: &["slowdowns", "breakages", "controls"],
        version: PROVE_SCHEMA_VERSION,
        read: |text| Ok(Box::new(ProveRun::from_json(text)?)),
    },
    Kind {
        name: "load-PROFILE.json",
        fields: &["profile", "thresholds", "timeline"],
        version: LOAD_SCHEMA_VERSION,
        read: |text| Ok(Box::new(LoadResult::from_json(text)?)),
    },
    Kind {
        name: "soak.json",
        fields: &["cancel_every", "trends", "warm_up"],
        version: SOAK_SCHEMA_VERSION,
        read: |text| Ok(Box::new(SoakRun::from_json(text)?)),
    },
];

/// Reads a stored result of any kind, strictly: its version and every field of its schema.
///
/// # Errors
/// No JSON, another kind, another version, or a deviation from the schema.
pub fn read_stored(text: &str) -> Result<Box<dyn HtmlReport>, StoredError> {
    let value: Value = serde_json::from_str(text).map_err(StoredError::NoJson)?;
    let members = value.as_object().ok_or(StoredError::UnknownKind)?;
    let is_it = |kind: &&Kind| kind.fields.iter().all(|field| members.contains_key(*field));
    let kind = KINDS.iter().find(is_it).ok_or(StoredError::UnknownKind)?;
    check_version(kind, members)?;
    (kind.read)(text)
}

/// Before anything else: of a file of another version nothing else can be expected to fit.
fn check_version(kind: &Kind, members: &Map<String, Value>) -> Result<(), StoredError> {
    let found = members.get("schema_version");
    if found.and_then(Value::as_u64) == Some(kind.version.into()) {
        return Ok(());
    }
    Err(StoredError::Version {
        kind: kind.name,
        found: found.map_or_else(|| "missing".to_owned(), ToString::to_string),
        legal: kind.version,
    })
}
