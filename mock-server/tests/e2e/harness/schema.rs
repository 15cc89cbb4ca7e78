//! Whether a value is what a schema of the document says. Knows the words that the document uses; one that is new is a
//! breach, so that no constraint goes unread.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Words that constrain nothing that is looked at here.
const SAID_ONLY: [&str; 4] = ["description", "examples", "format", "unevaluatedProperties"];

/// What is not as `schema` says, with the place in the value; a member that no part of the schema knows counts too.
pub(crate) fn check(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let reader = Reader { document };
    reader.check(schema, value, "")?;
    reader.unknown_members(schema, value, "")
}

struct Reader<'a> {
    document: &'a Value,
}

impl<'a> Reader<'a> {
    fn target(&self, reference: &Value) -> Result<&'a Value, String> {
        let pointer = reference.as_str().and_then(|target| target.strip_prefix('#'));
        let target = pointer.and_then(|pointer| self.document.pointer(pointer));
        target.ok_or_else(|| format!("{reference} leads nowhere"))
    }

    fn check(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let words = schema
            .as_object()
            .ok_or_else(|| format!("{at}: {schema} is no schema"))?;
        words
            .iter()
            .try_for_each(|(word, said)| self.word(words, (word, said), value, at))
    }

    fn word(
        &self,
        words: &Map<String, Value>,
        (word, said): (&str, &Value),
        value: &Value,
        at: &str,
    ) -> Result<(), String> {
        let holds = match word {
            "$ref" => return self.check(self.target(said)?, value, at),
            "allOf" => return list(said).try_for_each(|part| self.check(part, value, at)),
            "oneOf" => {
                let fits = list(said).filter(|part| self.check(part, value, at).is_ok());
                fits.count() == 1
            }
            "properties" => return self.members(said, value, at),
            "items" => {
                let mut items = list(value).enumerate();
                return items.try_for_each(|(index, item)| self.check(said, item, &format!("{at}/{index}")));
            }
            "additionalProperties" => return self.additional(words, said, value, at),
            "required" => list(said).all(|name| value.get(name.as_str().unwrap_or_default()).is_some()),
            "type" => list_or_one(said).any(|kind| is_a(value, kind.as_str().unwrap_or_default())),
            "enum" => list(said).any(|legal| legal == value),
            "const" => said == value,
            "minimum" => number(value) >= number(said),
            "maximum" => number(value) <= number(said),
            "exclusiveMinimum" => number(value) > number(said),
            "exclusiveMaximum" => number(value) < number(said),
            "minItems" => value
                .as_array()
                .is_none_or(|items| items.len() as f64 >= number(said)),
            "maxItems" => value
                .as_array()
                .is_none_or(|items| items.len() as f64 <= number(said)),
            "minLength" => value
                .as_str()
                .is_none_or(|text| text.chars().count() as f64 >= number(said)),
            "maxLength" => value
                .as_str()
                .is_none_or(|text| text.chars().count() as f64 <= number(said)),
            "pattern" => prefix(said)
                .is_some_and(|begins| value.as_str().is_some_and(|text| text.starts_with(&begins))),
            known if SAID_ONLY.contains(&known) => true,
            unknown => return Err(format!("{at}: the word {unknown} is not read")),
        };
        holds
            .then_some(())
            .ok_or_else(|| format!("{at}: {value} is not {word} {said}"))
    }

    fn members(&self, schemas: &Value, value: &Value, at: &str) -> Result<(), String> {
        for (name, schema) in schemas.as_object().into_iter().flatten() {
            if let Some(member) = value.get(name) {
                self.check(schema, member, &format!("{at}/{name}"))?;
            }
        }
        Ok(())
    }

    /// `additionalProperties` looks at the `properties` beside it alone.
    fn additional(
        &self,
        words: &Map<String, Value>,
        said: &Value,
        value: &Value,
        at: &str,
    ) -> Result<(), String> {
        for (name, member) in value.as_object().into_iter().flatten() {
            if words
                .get("properties")
                .is_some_and(|known| known.get(name).is_some())
            {
                continue;
            }
            match said {
                Value::Bool(true) => {}
                Value::Bool(false) => return Err(format!("{at}: no member {name} is documented")),
                schema => self.check(schema, member, &format!("{at}/{name}"))?,
            }
        }
        Ok(())
    }

    /// Additions to the API are additive, and documented: nowhere in an answer a member stands that no part of its schema
    /// names, unless a part is open.
    fn unknown_members(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let mut inner = Inner::default();
        self.gather(schema, &mut inner)?;
        for (index, item) in list(value).enumerate() {
            self.known_by_one_of(&inner.items, item, &format!("{at}/{index}"))?;
        }
        for (name, member) in value.as_object().into_iter().flatten() {
            match inner.members.get(name.as_str()) {
                Some(schemas) => self.known_by_one_of(schemas, member, &format!("{at}/{name}"))?,
                None if inner.open => {}
                None => return Err(format!("{at}: no member {name} is documented")),
            }
        }
        Ok(())
    }

    /// Alternatives may say different things of one member; no schema at all says nothing of what is inside.
    fn known_by_one_of(&self, schemas: &[&Value], value: &Value, at: &str) -> Result<(), String> {
        let mut said = Ok(());
        for schema in schemas {
            said = self.unknown_members(schema, value, at);
            if said.is_ok() {
                break;
            }
        }
        said
    }

    /// Gathers what all parts of a schema say of a value's members and items.
    fn gather<'s>(&self, schema: &'s Value, inner: &mut Inner<'s>) -> Result<(), String>
    where
        'a: 's,
    {
        if schema.get("$ref").is_some() {
            return self.gather(self.target(&schema["$ref"])?, inner);
        }
        let parts: Vec<_> = ["allOf", "oneOf"]
            .into_iter()
            .flat_map(|word| list(&schema[word]))
            .collect();
        for part in &parts {
            self.gather(part, inner)?;
        }
        let own = schema["properties"].as_object();
        for (name, member) in own.into_iter().flatten() {
            inner.members.entry(name).or_default().push(member);
        }
        inner.items.extend(schema.get("items"));
        inner.open |= (own.is_none() && parts.is_empty()) || schema.get("additionalProperties").is_some();
        Ok(())
    }
}

/// What a schema says of what is inside a value.
#[derive(Default)]
struct Inner<'s> {
    members: BTreeMap<&'s str, Vec<&'s Value>>,
    items: Vec<&'s Value>,
    /// Other members may stand beside those.
    open: bool,
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn list_or_one(value: &Value) -> impl Iterator<Item = &Value> {
    let one = (!value.is_array()).then_some(value);
    list(value).chain(one)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

/// What a pattern like `^3\.1\.` asks for; other patterns do not stand in the document.
fn prefix(pattern: &Value) -> Option<String> {
    let plain = pattern.as_str()?.strip_prefix('^')?.replace("\\.", ".");
    plain
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '.')
        .then_some(plain)
}
