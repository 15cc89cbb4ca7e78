//! A baseline's text as JSON, and which of the shapes it has.

use serde_json::Value;

use super::{LoadError, SCHEMA_VERSION, Shape};
use crate::unique_json;

/// Parses text as JSON and refuses a name that stands twice in one object.
pub(super) fn parse(text: &str) -> Result<Value, LoadError> {
    if text.trim().is_empty() {
        return Err(LoadError::Empty);
    }
    Ok(unique_json::parse(text)?)
}

/// Which shape the document has; says nothing yet about whether it is legal in that shape.
pub(super) fn shape(document: &Value) -> Result<Shape, LoadError> {
    let Some(object) = document.as_object() else {
        return Err(LoadError::Shape {
            found: unique_json::kind(document),
        });
    };
    match (object.get("tests"), object.get("schema_version")) {
        (Some(Value::Array(_)), _) => Ok(Shape::Results),
        (_, Some(version)) => check_version(version).map(|()| Shape::Own),
        (Some(Value::Object(_)), None) => Ok(Shape::NamedTests),
        (Some(_) | None, None) => Ok(Shape::Flat),
    }
}

fn check_version(version: &Value) -> Result<(), LoadError> {
    match version.as_u64() {
        Some(found) if found > u64::from(SCHEMA_VERSION) => Err(LoadError::FutureVersion { found }),
        Some(found) if found > 0 => Ok(()),
        _ => Err(LoadError::Version {
            found: version.to_string(),
        }),
    }
}
