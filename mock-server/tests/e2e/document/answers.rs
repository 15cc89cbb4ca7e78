//! The check that every answer of the suite goes through, seen failing.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use rstest::rstest;

use crate::harness::contract::{self, Observed};

const JSON: &str = "content-type: application/json\ncache-control: no-store\nx-request-id: r";
const NOT_FOUND: &str = "{\"type\": \"t\", \"title\": \"t\", \"status\": 404, \"detail\": \"d\", \"code\": \"job_not_found\", \
    \"request_id\": \"r\"}";
const PROBLEM: &str = "content-type: application/problem+json\ncache-control: no-store\nx-request-id: r";

fn check(request: &str, status: u16, headers: &str, body: &str) -> Result<(), String> {
    let (method, path) = request.split_once(' ').expect("a method and a path");
    let headers = headers.lines().map(|line| {
        let (name, value) = line.split_once(": ").expect("a field");
        (
            name.parse::<HeaderName>().expect("a name"),
            value.parse::<HeaderValue>().expect("a value"),
        )
    });
    let headers: HeaderMap = headers.collect();
    let body = body.as_bytes();
    contract::check(
        contract::document(),
        &Observed {
            method,
            path,
            status,
            headers: &headers,
            body,
        },
    )
}

#[rstest]
#[case::as_documented("GET /health?x=1", 200, JSON, "{\"status\": \"ok\"}")]
#[case::by_alias("GET /api/tts/jobs", 200, JSON, "{\"jobs\": [], \"next_cursor\": null}")]
#[case::head_of_a_get("HEAD /v1/tts/jobs/j", 200, JSON, "")]
#[case::a_refusal("GET /v1/tts/jobs/j", 404, PROBLEM, NOT_FOUND)]
#[case::an_unknown_path("GET /v9", 404, PROBLEM, "{\"code\": \"not_found\"}")]
#[case::an_unknown_method("PUT /health", 405, PROBLEM, "{\"code\": \"method_not_allowed\"}")]
#[case::a_fault("GET /v1/tts/jobs/j", 418, PROBLEM, "{\"code\": \"injected_fault\"}")]
fn an_answer_as_documented_passes(
    #[case] request: &str,
    #[case] status: u16,
    #[case] headers: &str,
    #[case] body: &str,
) {
    assert_eq!(check(request, status, headers, body), Ok(()));
}

#[rstest]
#[case::a_status(
    "GET /v1/tts/jobs/j",
    418,
    PROBLEM,
    "{\"code\": \"job_not_found\"}",
    "status 418"
)]
#[case::a_code(
    "GET /v1/tts/jobs/j",
    404,
    PROBLEM,
    "{\"code\": \"gone_fishing\"}",
    "gone_fishing"
)]
#[case::no_code("GET /v1/tts/jobs/j", 404, PROBLEM, "{}", "without a code")]
#[case::a_path("GET /v9", 200, JSON, "{}", "no such path")]
#[case::a_part_of_a_path("GET /v1/tts/jobs/j/k", 200, JSON, "{}", "no such path")]
#[case::a_refusal_of_a_path("GET /v9", 404, PROBLEM, "{\"code\": \"job_not_found\"}", "no such path")]
#[case::a_method("PUT /health", 200, JSON, "{}", "no such method")]
#[case::a_fault_where_no_stage_is(
    "GET /health",
    503,
    PROBLEM,
    "{\"code\": \"injected_fault\"}",
    "none can strike"
)]
#[case::a_media_type(
    "GET /health",
    200,
    "content-type: text/html\ncache-control: no-store\nx-request-id: r",
    "",
    "text/html"
)]
#[case::a_member("GET /health", 200, JSON, "{\"status\": \"fine\"}", "/status")]
#[case::no_member("GET /health", 200, JSON, "{}", "required")]
#[case::a_member_too_many("GET /health", 200, JSON, "{\"status\": \"ok\", \"secret\": 1}", "secret")]
#[case::content("DELETE /v1/tts/jobs/j", 204, "x-request-id: r", "{}", "no content")]
#[case::a_header_too_many("GET /health", 200, &format!("{JSON}\netag: \"e\""), "{}", "header etag")]
#[case::a_header_too_few(
    "GET /health",
    200,
    "content-type: application/json\ncache-control: no-store",
    "{}",
    "X-Request-Id"
)]
fn an_answer_with_something_else_is_refused(
    #[case] request: &str,
    #[case] status: u16,
    #[case] headers: &str,
    #[case] body: &str,
    #[case] says: &str,
) {
    let breach = check(request, status, headers, body).expect_err("must be refused");
    assert!(breach.contains(says), "{breach}");
}
