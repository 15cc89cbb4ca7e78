//! Every answer that any test sees is held to the OpenAPI document.

use std::sync::LazyLock;

use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use serde_json::{Map, Value};

use super::schema;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_slice(&mock_server::http::document()).expect("JSON"));

/// The document as the library makes it.
pub(crate) fn document() -> &'static Value {
    &DOCUMENT
}

/// An answer, and what it answers.
#[derive(Debug)]
pub(crate) struct Observed<'a> {
    pub(crate) method: &'a str,
    /// As it was sent; a query may follow.
    pub(crate) path: &'a str,
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// Fails the test when the document does not know this answer.
#[track_caller]
pub(crate) fn hold(observed: &Observed<'_>) {
    if let Err(breach) = check(document(), observed) {
        panic!("not as documented: {breach}: {observed:?}");
    }
}

/// What of an answer stands otherwise in the document, or not at all.
pub(crate) fn check(document: &Value, observed: &Observed<'_>) -> Result<(), String> {
    let Some(item) = path_item(document, observed.path) else {
        return undocumented(
            observed,
            &[(404, "not_found"), (401, "unauthorized")],
            "no such path",
        );
    };
    let method = observed.method.to_ascii_lowercase();
    // RFC 9110 §9.3.2: HEAD is answered as GET is, without content.
    let operation = item
        .get(&method)
        .or_else(|| item.get("get").filter(|_| method == "head"));
    let Some(operation) = operation else {
        return undocumented(
            observed,
            &[(405, "method_not_allowed"), (401, "unauthorized")],
            "no such method",
        );
    };
    let code = code(observed);
    if code.as_deref() == Some("injected_fault") {
        let strikes = operation["x-fault-stages"].is_array();
        return strikes
            .then_some(())
            .ok_or("a fault where none can strike".to_owned());
    }
    let answer = &operation["responses"][observed.status.to_string()];
    if answer.is_null() {
        return Err(format!("status {} is not documented", observed.status));
    }
    content(answer, observed, code.as_deref())?;
    headers(document, answer, observed)?;
    body(document, answer, observed)
}

/// The members of a path's item. A template's parameter is one part of the path.
fn path_item<'a>(document: &'a Value, path: &str) -> Option<&'a Map<String, Value>> {
    let path = path.split('?').next().unwrap_or_default();
    let matches = |template: &str| {
        let (mut parts, mut given) = (template.split('/'), path.split('/'));
        loop {
            match (parts.next(), given.next()) {
                (None, None) => return true,
                (Some(part), Some(given)) if part == given => {}
                (Some(part), Some(given)) if part.starts_with('{') && !given.is_empty() => {}
                _ => return false,
            }
        }
    };
    let paths = document["paths"].as_object()?;
    paths
        .iter()
        .find(|(template, _)| matches(template))?
        .1
        .as_object()
}

fn undocumented(observed: &Observed<'_>, legal: &[(u16, &str)], what: &str) -> Result<(), String> {
    let code = code(observed);
    let known = |(status, name): &(u16, &str)| {
        *status == observed.status && code.as_deref().is_none_or(|code| code == *name)
    };
    legal
        .iter()
        .any(known)
        .then_some(())
        .ok_or(format!("{what} is documented"))
}

/// The `code` of a problem.
fn code(observed: &Observed<'_>) -> Option<String> {
    if observed.headers.get(CONTENT_TYPE)? != "application/problem+json" {
        return None;
    }
    let problem: Value = serde_json::from_slice(observed.body).ok()?;
    Some(problem["code"].as_str()?.to_owned())
}

fn content(answer: &Value, observed: &Observed<'_>, code: Option<&str>) -> Result<(), String> {
    let Some(documented) = answer["content"].as_object() else {
        return observed
            .body
            .is_empty()
            .then_some(())
            .ok_or("no content is documented".to_owned());
    };
    if observed.method == "HEAD" {
        return Ok(());
    }
    let given = observed
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default();
    if !documented.contains_key(given)
        && (essence != "multipart/byteranges" || !documented.contains_key(essence))
    {
        return Err(format!("content type {given:?} is not documented"));
    }
    let codes = &documented.get(given).unwrap_or(&Value::Null)["schema"]["properties"]["code"]["enum"];
    match (codes.as_array(), code) {
        (Some(codes), Some(code)) if !codes.iter().any(|known| known == code) => {
            Err(format!("code {code:?} is not documented"))
        }
        (Some(_), None) => Err("a problem without a code".to_owned()),
        _ => Ok(()),
    }
}

/// JSON is what its schema says, member by member.
fn body(document: &Value, answer: &Value, observed: &Observed<'_>) -> Result<(), String> {
    let media_type = observed
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let schema = &answer["content"][media_type.unwrap_or_default()]["schema"];
    let announced = observed
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    // A fault rule may have cut it: who reads on over the missing rest is the test's matter.
    let is_cut = announced.is_some_and(|bytes: usize| observed.body.len() < bytes);
    if observed.method == "HEAD"
        || is_cut
        || schema.is_null()
        || !media_type.is_some_and(|name| name.ends_with("json"))
    {
        return Ok(());
    }
    let value = serde_json::from_slice(observed.body).map_err(|error| format!("no JSON: {error}"))?;
    schema::check(document, schema, &value)
}

fn headers(document: &Value, answer: &Value, observed: &Observed<'_>) -> Result<(), String> {
    let documented = answer["headers"].as_object().ok_or("no headers are documented")?;
    for (name, header) in documented {
        let target = header["$ref"]
            .as_str()
            .and_then(|target| target.strip_prefix('#'));
        let header = target
            .and_then(|target| document.pointer(target))
            .unwrap_or(header);
        if header["required"] == true && !observed.headers.contains_key(name) {
            return Err(format!("header {name} is missing"));
        }
    }
    // What hyper adds to any answer is not a matter of the API.
    let of_the_api = [
        "retry-after",
        "etag",
        "content-range",
        "last-modified",
        "accept-ranges",
        "location",
        "allow",
    ];
    let ours = |name: &str| name.starts_with("x-") || name.starts_with("www-") || of_the_api.contains(&name);
    let unknown = observed
        .headers
        .keys()
        .map(|name| name.as_str())
        .find(|name| ours(name) && !documented.keys().any(|known| known.eq_ignore_ascii_case(name)));
    unknown.map_or(Ok(()), |name| Err(format!("header {name} is not documented")))
}
