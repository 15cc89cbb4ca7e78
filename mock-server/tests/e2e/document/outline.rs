//! The document as an outline: a line for each thing that a client's code depends on, so that a person can hold it to the
//! contract, and whatever changes in it stands in the difference of two short texts.

use serde_json::{Map, Value};

use crate::harness::contract;

/// What is said to people only.
const PROSE: [&str; 3] = ["description", "summary", "examples"];
/// What stands there a second time, under the alias.
const ALIAS: &str = "/api/tts/jobs";

#[test]
fn the_document_is_as_outlined() {
    insta::assert_snapshot!(outline(contract::document()));
}

#[test]
fn the_alias_is_documented_as_what_it_stands_for() {
    let document = contract::document();
    let aliased: Vec<_> = operations(document)
        .filter_map(|(path, method, operation)| Some((path.strip_prefix(ALIAS)?, method, operation)))
        .collect();
    assert_eq!(aliased.len(), 11);
    for (rest, method, alias) in aliased {
        let original = &document["paths"][format!("/v1/tts/jobs{rest}")][method];
        assert!(!original.to_string().contains("ByAlias"));
        assert_eq!(
            alias.to_string().replace("ByAlias", ""),
            original.to_string(),
            "{method} {rest}"
        );
    }
}

/// Seen failing: whatever is taken out of the document is missing in its outline.
#[test]
fn the_outline_leaves_nothing_out_but_prose() {
    let mut taken = 0;
    for (name, part) in parts(contract::document()) {
        let whole = lines(&name, part);
        for place in leaves(part) {
            let mut damaged = part.clone();
            take(&mut damaged, &place);
            assert_ne!(lines(&name, &damaged), whole, "{name} without {place:?}");
            taken += 1;
        }
    }
    assert!(taken > 1000, "{taken} places");
}

fn outline(document: &Value) -> String {
    let parts = parts(document).into_iter();
    let about = ["openapi", "servers"].map(|word| format!("{word} {}\n", document[word]));
    about
        .into_iter()
        .chain(parts.map(|(name, part)| lines(&name, part)))
        .collect()
}

/// Operations but those of the alias, and components, by name.
fn parts(document: &Value) -> Vec<(String, &Value)> {
    let operations = operations(document)
        .filter(|(path, ..)| !path.starts_with(ALIAS))
        .map(|(path, method, operation)| (format!("{} {path}", method.to_uppercase()), operation));
    let components = object(&document["components"]).flat_map(|(kind, components)| {
        object(components).map(move |(name, component)| (format!("{kind} {name}"), component))
    });
    operations.chain(components).collect()
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    object(&document["paths"])
        .flat_map(|(path, item)| object(item).map(move |(method, operation)| (path, method, operation)))
}

fn object(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let members = value.as_object().into_iter().flatten();
    members.map(|(name, member)| (name.as_str(), member))
}

/// A part: what it is, then its members, answers and whatever else, a line each.
fn lines(name: &str, part: &Value) -> String {
    let mut said = part.as_object().cloned().unwrap_or_default();
    said.retain(|word, _| !PROSE.contains(&word.as_str()));
    let mut lines = members(&mut said);
    for (status, answer) in said.remove("responses").iter().flat_map(object) {
        lines.push(format!("{status} {}", words(answer)));
    }
    if let Some(Value::Array(parameters)) = said.remove("parameters") {
        lines.insert(
            0,
            format!(
                "takes {}",
                parameters.iter().map(words).collect::<Vec<_>>().join(", ")
            ),
        );
    }
    let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    format!("\n{name}: {}\n{lines}", words(&Value::Object(said)))
}

/// A schema, or anything that holds some, in a line.
fn words(value: &Value) -> String {
    let said = match value {
        Value::Object(said) => said,
        Value::Array(all) => return format!("[{}]", all.iter().map(words).collect::<Vec<_>>().join(", ")),
        plain => return plain.to_string(),
    };
    let mut said = said.clone();
    said.retain(|word, _| !PROSE.contains(&word.as_str()));
    if said.is_empty() {
        return "anything".to_owned();
    }
    let members = members(&mut said);
    let mut words: Vec<_> = said.iter().map(|(word, said)| phrase(word, said)).collect();
    if !members.is_empty() {
        words.push(format!("{{ {} }}", members.join(", ")));
    }
    words.join(" ")
}

fn phrase(word: &str, said: &Value) -> String {
    let all = |between: &str| {
        let parts = said.as_array().into_iter().flatten().map(words);
        parts.collect::<Vec<_>>().join(between)
    };
    match (word, said) {
        ("$ref", Value::String(target)) => target.rsplit('/').next().unwrap_or_default().to_owned(),
        ("type", Value::String(kind)) => kind.clone(),
        ("enum", _) => all(" | "),
        ("oneOf", _) => format!("({})", all(") | (")),
        ("allOf", _) => format!("({})", all(") & (")),
        ("items", _) => format!("of {}", words(said)),
        ("content", Value::Object(by_type)) => {
            let by_type = by_type.iter().map(|(name, content)| match content.get("schema") {
                Some(schema) if object(content).count() == 1 => format!("{name} {}", words(schema)),
                _ => format!("{name} {content}"),
            });
            by_type.collect::<Vec<_>>().join(", ")
        }
        // A header's reference says whether it may be absent; its name is said by that already.
        ("headers", Value::Object(headers)) => {
            let headers = headers.iter().map(|(name, header)| match words(header) {
                component if component == *name => component,
                component => format!("{name}={component}"),
            });
            format!("with {}", headers.collect::<Vec<_>>().join(", "))
        }
        _ => format!("{word}={}", words(said)),
    }
}

/// Takes the members of an object out of a schema: `name: kind`, or `name?: kind` where it may be absent.
fn members(said: &mut Map<String, Value>) -> Vec<String> {
    let Some(Value::Object(properties)) = said.remove("properties") else {
        return Vec::new();
    };
    let required = said.remove("required").unwrap_or_default();
    let required: Vec<_> = required.as_array().into_iter().flatten().collect();
    let unknown = required
        .iter()
        .filter_map(|name| name.as_str().filter(|name| !properties.contains_key(*name)));
    let unknown: Vec<_> = unknown.map(|name| format!("{name}: unknown")).collect();
    let known = properties.iter().map(|(name, schema)| {
        let optional = if required.iter().any(|known| *known == name) {
            ""
        } else {
            "?"
        };
        format!("{name}{optional}: {}", words(schema))
    });
    known.chain(unknown).collect()
}

/// Where something stands that is no prose and holds nothing further.
fn leaves(value: &Value) -> Vec<Vec<String>> {
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(name, member)| {
                // A property may well be named like a word for prose.
                !PROSE.contains(&name.as_str()) || member.is_object()
            });
            members.map(|(name, member)| (name.clone(), member)).collect()
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, item)| (at.to_string(), item))
            .collect(),
        _ => Vec::new(),
    };
    let places = members.into_iter().flat_map(|(name, member)| {
        let mut below = leaves(member);
        if below.is_empty() {
            below.push(Vec::new());
        }
        below.into_iter().map(move |place| {
            let mut whole = vec![name.clone()];
            whole.extend(place);
            whole
        })
    });
    places.collect()
}

fn take(value: &mut Value, place: &[String]) {
    let (last, way) = place.split_last().expect("a place");
    let holder = way.iter().fold(value, |value, name| match value {
        Value::Object(members) => &mut members[name],
        Value::Array(items) => &mut items[name.parse::<usize>().expect("an index")],
        plain => panic!("{plain} holds nothing"),
    });
    match holder {
        Value::Object(members) => drop(members.remove(last)),
        Value::Array(items) => drop(items.remove(last.parse().expect("an index"))),
        plain => panic!("{plain} holds nothing"),
    }
}
