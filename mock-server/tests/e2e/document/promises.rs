//! What the document promises of operations besides their statuses, written down here by hand: who may ask, what is sent,
//! which headers stand on each answer of a status.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::contract;

/// Every operation: method, path and what is said of it.
fn operations() -> Vec<(&'static str, &'static str, &'static Value)> {
    let paths = contract::document()["paths"].as_object().expect("an object");
    let operations: Vec<_> = paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object()
                .into_iter()
                .flatten()
                .map(move |(method, said)| (&**method, &**path, said))
        })
        .collect();
    assert!(operations.len() > 20, "{} operations", operations.len());
    operations
}

#[test]
fn who_may_ask_is_who_has_the_token_of_the_route() {
    for (method, path, operation) in operations() {
        let expected = match path {
            "/health" | "/ready" => Value::Null,
            path if path.starts_with("/v1/admin/faults") => {
                json!([{"admin_token": []}, {"admin_token": [], "api_token": []}])
            }
            _ => json!([{}, {"api_token": []}]),
        };
        assert_eq!(operation["security"], expected, "{method} {path}");
    }
}

#[test]
fn a_body_is_json_and_where_there_is_none_none_is_documented() {
    for (method, path, operation) in operations() {
        let body = &operation["requestBody"];
        let submits = path == "/v1/reader/synthesize" || path.ends_with("/tts/jobs");
        if method != "post" || !(submits || path == "/v1/admin/faults") {
            assert_eq!(*body, Value::Null, "{method} {path}");
            continue;
        }
        assert_eq!(body["required"], true, "{method} {path}");
        let content = body["content"].as_object().expect("content");
        assert_eq!(
            content.keys().collect::<Vec<_>>(),
            ["application/json"],
            "{method} {path}"
        );
        let schema = if submits { "SubmitRequest" } else { "FaultRule" };
        assert!(
            content["application/json"]
                .to_string()
                .contains(&format!("/{schema}\"")),
            "{method} {path}"
        );
    }
}

#[test]
fn an_answer_to_head_has_no_content_and_others_have() {
    for (method, path, operation) in operations() {
        for (status, answer) in operation["responses"].as_object().expect("responses") {
            let bare = method == "head" || matches!(&**status, "204" | "304");
            assert_eq!(answer["content"].is_null(), bare, "{status} of {method} {path}");
        }
    }
}

/// The headers that RFC 9110 and the contract want on each answer of a status, in lower case.
fn promised(path: &str, status: &str) -> BTreeSet<&'static str> {
    let is_audio = path.ends_with("/audio.ogg") || path.contains("/segments/");
    let of_status: &[_] = match status {
        "204" => &[],
        "202" => &["cache-control", "retry-after"],
        "401" => &["cache-control", "www-authenticate"],
        "200" | "206" if is_audio => &[
            "accept-ranges",
            "cache-control",
            "content-length",
            "etag",
            "last-modified",
            "x-content-type-options",
            "x-job-id",
        ],
        "304" => &["cache-control", "etag", "x-content-type-options", "x-job-id"],
        "412" => &["cache-control", "x-content-type-options", "x-job-id"],
        "416" => &[
            "accept-ranges",
            "cache-control",
            "content-range",
            "x-content-type-options",
            "x-job-id",
        ],
        _ => &["cache-control"],
    };
    of_status.iter().copied().chain(["x-request-id"]).collect()
}

#[test]
fn what_stands_on_each_answer_is_what_the_contract_promises() {
    for (method, path, operation) in operations() {
        for (status, answer) in operation["responses"].as_object().expect("responses") {
            let headers = answer["headers"].as_object().expect("headers");
            let always = headers.iter().filter(|(_, header)| {
                let target = header["$ref"]
                    .as_str()
                    .and_then(|target| target.strip_prefix('#'));
                let header = target.and_then(|target| contract::document().pointer(target));
                header.expect("a component")["required"] == true
            });
            let always: BTreeSet<String> = always.map(|(name, _)| name.to_ascii_lowercase()).collect();
            let promised = promised(path, status).into_iter().map(str::to_owned).collect();
            assert_eq!(always, promised, "{status} of {method} {path}");
        }
    }
}
