//! The committed schema of `golden-red.json`.

use golden::proof::proof_schema;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/golden-red.schema.json");

/// `UPDATE_SCHEMA=1 cargo test -p golden --test e2e schema` writes the file anew after the types changed.
#[test]
fn the_committed_schema_is_what_the_types_say() {
    let generated = proof_schema().unwrap();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(FILE, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        committed == generated,
        "{FILE} is out of date: UPDATE_SCHEMA=1 cargo test -p golden --test e2e schema"
    );
}

#[test]
fn the_schema_requires_every_field_and_allows_no_other() {
    let schema: serde_json::Value = serde_json::from_str(&proof_schema().unwrap()).unwrap();
    let mut required: Vec<&str> = schema["required"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|v| v.as_str())
        .collect();
    let mut known: Vec<&str> = schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    required.sort_unstable();
    known.sort_unstable();
    assert_eq!(required, known);
    assert!(known.contains(&"expected") && known.contains(&"fired_total") && known.contains(&"run"));
    assert_eq!(schema["additionalProperties"], false);
}
