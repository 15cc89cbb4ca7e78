//! The reader of schemas that every answer goes through, seen failing.

use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::schema::check;

fn document() -> Value {
    json!({"components": {"schemas": {
        "Count": {"type": "integer", "minimum": 0},
        "Named": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 3}}},
    }}})
}

fn schema() -> Value {
    json!({
        "allOf": [
            {"$ref": "#/components/schemas/Named"},
            {"type": "object", "properties": {
                "count": {"$ref": "#/components/schemas/Count"},
                "state": {"enum": ["on", "off"]},
                "kind": {"oneOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": ["string", "null"]}]},
                "all": {"type": "array", "maxItems": 2, "items": {"const": "x"}},
                "inner": {"$ref": "#/components/schemas/Named"},
                "named": {"type": "array", "items": {"$ref": "#/components/schemas/Named"}},
                "by_name": {"type": "object", "additionalProperties": {"type": "boolean"}},
                "version": {"type": "string", "pattern": "^3\\.1\\."},
            }},
        ],
    })
}

#[test]
fn a_value_as_the_schema_says_passes() {
    let value = json!({
        "name": "abc", "count": 0, "state": "on", "kind": null, "all": ["x", "x"], "inner": {"name": "b"}, "named": [{"name": "c"}],
        "by_name": {"a": true}, "version": "3.1.0",
    });
    assert_eq!(check(&document(), &schema(), &value), Ok(()));
}

#[rstest]
#[case::missing(json!({"count": 1}), "required")]
#[case::of_another_type(json!({"name": 1}), "/name")]
#[case::too_long(json!({"name": "abcd"}), "maxLength")]
#[case::too_small(json!({"name": "a", "count": -1}), "minimum")]
#[case::a_fraction(json!({"name": "a", "count": 0.5}), "integer")]
#[case::none_of_the_legal(json!({"name": "a", "state": "maybe"}), "enum")]
#[case::neither_form(json!({"name": "a", "kind": 0}), "oneOf")]
#[case::an_item(json!({"name": "a", "all": ["y"]}), "/all/0")]
#[case::too_many_items(json!({"name": "a", "all": ["x", "x", "x"]}), "maxItems")]
#[case::a_member_by_name(json!({"name": "a", "by_name": {"b": 1}}), "/by_name/b")]
#[case::another_version(json!({"name": "a", "version": "3.0.0"}), "pattern")]
#[case::a_member_too_many(json!({"name": "a", "secret": 1}), "no member secret")]
#[case::a_member_too_many_within(json!({"name": "a", "inner": {"name": "b", "secret": 1}}), "/inner: no member secret")]
#[case::a_member_too_many_of_an_item(json!({"name": "a", "named": [{"name": "b"}, {"name": "b", "secret": 1}]}), "/named/1: no member secret")]
#[case::no_object(json!([]), "required")]
fn a_value_that_differs_is_refused(#[case] value: Value, #[case] says: &str) {
    let breach = check(&document(), &schema(), &value).expect_err("must be refused");
    assert!(breach.contains(says), "{breach}");
}

#[rstest]
#[case::a_word_that_is_not_read(json!({"multipleOf": 2}), "multipleOf")]
#[case::a_dangling_reference(json!({"$ref": "#/nowhere"}), "leads nowhere")]
fn a_schema_that_cannot_be_read_is_refused(#[case] schema: Value, #[case] says: &str) {
    let breach = check(&document(), &schema, &json!(1)).expect_err("must be refused");
    assert!(breach.contains(says), "{breach}");
}
