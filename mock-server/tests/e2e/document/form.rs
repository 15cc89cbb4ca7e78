//! Whether a document is well-formed OpenAPI 3.1, as far as a client generator relies on it.

use std::collections::BTreeSet;

use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::contract;

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

#[test]
fn the_document_is_well_formed() {
    let flaws = flaws(contract::document());
    assert!(flaws.is_empty(), "{flaws:#?}");
}

#[rstest]
#[case::version("/openapi", json!("3.0.3"), "openapi is")]
#[case::dangling_reference(
    "/components/schemas/Problem",
    Value::Null,
    "#/components/schemas/Problem leads nowhere"
)]
#[case::unused_component("/components/schemas/Idle", json!({}), "#/components/schemas/Idle is used by nothing")]
#[case::operation_id_twice("/paths/~1health/get/operationId", json!("getJob"), "getJob stands twice")]
#[case::no_operation_id(
    "/paths/~1health/get/operationId",
    Value::Null,
    "get /health has no operationId"
)]
#[case::parameter_of_the_path_undeclared("/paths/~1v1~1tts~1jobs~1{job_id}/get/parameters", json!([]), "{\"job_id\"}")]
#[case::parameter_of_another_path(
    "/paths/~1health/get/parameters/0", json!({"$ref": "#/components/parameters/job_id"}), "get /health declares {\"job_id\"}"
)]
#[case::parameter_that_may_be_absent("/components/parameters/job_id/required", json!(false), "job_id is not required")]
#[case::parameter_without_schema("/components/parameters/limit/schema", Value::Null, "limit has no schema")]
#[case::no_success("/paths/~1health/get/responses", json!({}), "get /health never succeeds")]
#[case::no_description("/paths/~1health/get/responses/200/description", json!(""), "200 of get /health has no description")]
#[case::status_that_is_none("/paths/~1health/get/responses/299x", json!({"description": "x"}), "299x")]
#[case::link_to_nothing(
    "/paths/~1v1~1tts~1jobs/post/responses/200/links/getJob/operationId", json!("findJob"), "findJob"
)]
#[case::link_of_no_parameter(
    "/paths/~1v1~1tts~1jobs/post/responses/200/links/getJob/parameters/id", json!("x"), "takes no id"
)]
#[case::unknown_security("/paths/~1metrics/get/security", json!([{"password": []}]), "password")]
fn a_flaw_is_found(#[case] place: &str, #[case] damage: Value, #[case] says: &str) {
    let mut document = contract::document().clone();
    let (parent, member) = place.rsplit_once('/').expect("a pointer");
    match document.pointer_mut(parent).expect("a place in the document") {
        Value::Object(object) if damage.is_null() => drop(object.remove(member).expect("a member")),
        Value::Object(object) => drop(object.insert(member.to_owned(), damage)),
        Value::Array(list) => list[member.parse::<usize>().expect("an index")] = damage,
        other => panic!("{other}"),
    }
    let flaws = flaws(&document);
    assert!(flaws.iter().any(|flaw| flaw.contains(says)), "{flaws:#?}");
}

/// An operation with where it stands.
struct Operation<'a> {
    name: String,
    path: &'a str,
    body: &'a Value,
}

fn flaws(document: &Value) -> Vec<String> {
    let mut flaws = Vec::new();
    if !document["openapi"]
        .as_str()
        .is_some_and(|version| version.starts_with("3.1."))
    {
        flaws.push(format!("openapi is {}", document["openapi"]));
    }
    references(document, &mut flaws);
    let operations = operations(document, &mut flaws);
    let mut ids = BTreeSet::new();
    for operation in &operations {
        match operation.body["operationId"].as_str() {
            Some(id) if !ids.insert(id) => flaws.push(format!("{id} stands twice")),
            Some(_) => {}
            None => flaws.push(format!("{} has no operationId", operation.name)),
        }
        parameters(document, operation, &mut flaws);
        security(document, operation, &mut flaws);
    }
    for operation in &operations {
        responses(document, operation, &operations, &mut flaws);
    }
    flaws
}

fn operations<'a>(document: &'a Value, flaws: &mut Vec<String>) -> Vec<Operation<'a>> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, body) in item.as_object().into_iter().flatten() {
            if !METHODS.contains(&method.as_str()) {
                flaws.push(format!("{method} of {path} is no method"));
            }
            let name = format!("{method} {path}");
            operations.push(Operation { name, path, body });
        }
    }
    if operations.is_empty() {
        flaws.push("there are no operations".to_owned());
    }
    operations
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"]
        .as_str()
        .and_then(|target| document.pointer(target.strip_prefix('#')?));
    target.unwrap_or(value)
}

/// Every reference leads to a component, and to every component there is one.
fn references(document: &Value, flaws: &mut Vec<String>) {
    fn walk<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(object) => {
                found.extend(object.get("$ref").and_then(Value::as_str));
                object.values().for_each(|value| walk(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    walk(document, &mut found);
    let leads = |target: &&&str| {
        target
            .strip_prefix('#')
            .and_then(|pointer| document.pointer(pointer))
            .is_some()
    };
    flaws.extend(
        found
            .iter()
            .filter(|target| !leads(target))
            .map(|target| format!("{target} leads nowhere")),
    );
    for kind in ["schemas", "parameters", "headers"] {
        for name in document["components"][kind]
            .as_object()
            .expect("components")
            .keys()
        {
            let target = format!("#/components/{kind}/{name}");
            if !found.contains(target.as_str()) {
                flaws.push(format!("{target} is used by nothing"));
            }
        }
    }
}

fn declared<'a>(document: &'a Value, operation: &'a Operation<'_>) -> Vec<&'a Value> {
    let list = operation.body["parameters"].as_array().into_iter().flatten();
    list.map(|parameter| resolved(document, parameter)).collect()
}

/// The parameters of the path are declared, no others, and each has what a parameter needs.
fn parameters(document: &Value, operation: &Operation<'_>, flaws: &mut Vec<String>) {
    let declared = declared(document, operation);
    let in_path: BTreeSet<_> = declared
        .iter()
        .filter(|parameter| parameter["in"] == "path")
        .filter_map(|parameter| parameter["name"].as_str())
        .collect();
    let parts = operation.path.split('/');
    let templated: BTreeSet<_> = parts
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .collect();
    if in_path != templated {
        flaws.push(format!(
            "{} declares {in_path:?}, its path has {templated:?}",
            operation.name
        ));
    }
    let mut names = BTreeSet::new();
    for parameter in declared {
        let name = parameter["name"].as_str().unwrap_or_default();
        if !names.insert(name) {
            flaws.push(format!("{} declares {name} twice", operation.name));
        }
        if parameter["in"] == "path" && parameter["required"] != true {
            flaws.push(format!("{name} is not required"));
        }
        if parameter["schema"].is_null() {
            flaws.push(format!("{name} has no schema"));
        }
    }
}

fn security(document: &Value, operation: &Operation<'_>, flaws: &mut Vec<String>) {
    let schemes = &document["components"]["securitySchemes"];
    let requirements = operation.body["security"].as_array().into_iter().flatten();
    for scheme in requirements.flat_map(|alternative| alternative.as_object().expect("an object").keys()) {
        if schemes[scheme].is_null() {
            flaws.push(format!("{} needs {scheme}, which is no scheme", operation.name));
        }
    }
}

fn responses(document: &Value, operation: &Operation<'_>, all: &[Operation<'_>], flaws: &mut Vec<String>) {
    let name = &operation.name;
    let responses = operation.body["responses"].as_object().expect("responses");
    if !responses.keys().any(|status| status.starts_with('2')) {
        flaws.push(format!("{name} never succeeds"));
    }
    for (status, response) in responses {
        if !status
            .parse()
            .is_ok_and(|status: u16| (100..600).contains(&status))
        {
            flaws.push(format!("{status} of {name} is no status"));
        }
        if response["description"].as_str().is_none_or(str::is_empty) {
            flaws.push(format!("{status} of {name} has no description"));
        }
        for link in response["links"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(_, link)| link)
        {
            let target = all
                .iter()
                .find(|other| other.body["operationId"] == link["operationId"]);
            let Some(target) = target else {
                flaws.push(format!("{status} of {name} links to {}", link["operationId"]));
                continue;
            };
            for parameter in link["parameters"].as_object().expect("parameters").keys() {
                if !declared(document, target)
                    .iter()
                    .any(|declared| declared["name"] == *parameter)
                {
                    flaws.push(format!(
                        "{status} of {name} links to {}, which takes no {parameter}",
                        target.name
                    ));
                }
            }
        }
    }
}
