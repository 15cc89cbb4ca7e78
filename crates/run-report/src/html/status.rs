//! The status snapshots before and after a run, field by field.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::shown::{Part, cut, name};

/// Rows of the table.
const MOST_ROWS: usize = 200;
/// How deep objects are taken apart.
const DEEPEST: usize = 6;

/// One field.
#[derive(Debug)]
pub(super) struct StatusRow {
    pub(super) field: String,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) changed: bool,
}

/// All fields of both snapshots; nothing where neither was taken.
pub(super) fn rows(before: Option<&Value>, after: Option<&Value>) -> Part<StatusRow> {
    let (before, after) = (flat(before), flat(after));
    let fields: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let of = |side: &BTreeMap<String, String>, field: &String| {
        side.get(field)
            .map_or_else(|| "missing".to_owned(), String::clone)
    };
    let rows = fields.into_iter().map(|field| {
        let (before, after) = (of(&before, field), of(&after, field));
        StatusRow {
            field: name(field),
            changed: before != after,
            before,
            after,
        }
    });
    Part::first(rows.collect(), MOST_ROWS)
}

/// Fields with dotted names.
fn flat(snapshot: Option<&Value>) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    if let Some(value) = snapshot {
        take_apart("", value, DEEPEST, &mut fields);
    }
    fields
}

fn take_apart(path: &str, value: &Value, depth: usize, fields: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) if depth > 0 && !members.is_empty() => {
            for (name, value) in members {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                take_apart(&path, value, depth - 1, fields);
            }
        }
        Value::String(text) => {
            fields.insert(path.to_owned(), cut(text, 200));
        }
        value => {
            fields.insert(path.to_owned(), cut(&value.to_string(), 200));
        }
    }
}
