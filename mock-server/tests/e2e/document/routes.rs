//! The document against the contract of the API, written down here by hand.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;

use crate::harness::{Answer, Server, contract};

/// What any operation answers when the engine fails it.
const FAILED: [u16; 2] = [500, 503];
/// What the contract of the API says of a submit, refusals of its body first.
const SUBMIT: [u16; 7] = [200, 400, 413, 415, 422, 429, 503];
const AUDIO: [u16; 8] = [200, 206, 202, 304, 404, 410, 412, 416];
const AUDIO_HEAD: [u16; 6] = [200, 202, 304, 404, 410, 412];

/// Method and path; the statuses that the contract names; those that follow from HTTP or from a failure: 400 for what
/// cannot be read, 408 for a body that is too slow, 500 and 503 for a server that failed.
type Row = (
    &'static str,
    &'static str,
    &'static [u16],
    &'static [&'static [u16]],
);

const OPEN: [Row; 2] = [
    ("get", "/health", &[200], &[]),
    ("get", "/ready", &[200, 503], &[]),
];

/// With an API token, each of these may answer 401 as well.
const GUARDED: [Row; 8] = [
    ("post", "/v1/reader/synthesize", &SUBMIT, &[&[408, 500]]),
    ("get", "/v1/admin/status", &[200], &[&FAILED]),
    ("get", "/metrics", &[200], &[&FAILED]),
    ("get", "/v1/metrics", &[200], &[&FAILED]),
    ("get", "/openapi.json", &[200], &[]),
    ("get", "/v1/admin/faults", &[200, 404], &[&FAILED]),
    (
        "post",
        "/v1/admin/faults",
        &[201, 404],
        &[&[400, 408, 413, 415, 429], &FAILED],
    ),
    ("delete", "/v1/admin/faults/{id}", &[204, 404], &[&[400], &FAILED]),
];

/// These stand under `/v1/tts/jobs` and, as an alias, under `/api/tts/jobs`.
const JOBS: [Row; 11] = [
    ("post", "", &SUBMIT, &[&[408, 500]]),
    ("get", "", &[200], &[&[400], &FAILED]),
    ("get", "/{job_id}", &[200, 404], &[&[400], &FAILED]),
    ("delete", "/{job_id}", &[204, 404], &[&[400], &FAILED]),
    ("post", "/{job_id}/cancel", &[200, 404], &[&[400], &FAILED]),
    (
        "post",
        "/{job_id}/regenerate",
        &[200, 404, 422, 429, 503],
        &[&[400, 500]],
    ),
    (
        "get",
        "/{job_id}/segments/{segment_id}",
        &AUDIO,
        &[&[400], &FAILED],
    ),
    (
        "head",
        "/{job_id}/segments/{segment_id}",
        &AUDIO_HEAD,
        &[&[400], &FAILED],
    ),
    ("get", "/{job_id}/playlist.json", &[200, 404], &[&[400], &FAILED]),
    ("get", "/{job_id}/audio.ogg", &AUDIO, &[&[400], &FAILED]),
    ("head", "/{job_id}/audio.ogg", &AUDIO_HEAD, &[&[400], &FAILED]),
];

/// Statuses by method and path.
type Operations = BTreeMap<(String, String), BTreeSet<u16>>;

fn contracted() -> Operations {
    let under = |prefix: &'static str, unauthorized: &'static [u16], rows: &'static [Row]| {
        rows.iter().map(move |(method, path, said, beyond)| {
            let statuses = beyond
                .iter()
                .flat_map(|some| *some)
                .chain(*said)
                .chain(unauthorized);
            (
                ((*method).to_owned(), format!("{prefix}{path}")),
                statuses.copied().collect(),
            )
        })
    };
    under("", &[], &OPEN)
        .chain(under("", &[401], &GUARDED))
        .chain(under("/v1/tts/jobs", &[401], &JOBS))
        .chain(under("/api/tts/jobs", &[401], &JOBS))
        .collect()
}

fn documented() -> Operations {
    let paths = contract::document()["paths"].as_object().expect("an object");
    let mut operations = Operations::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("an object") {
            let statuses = operation["responses"].as_object().expect("an object").keys();
            let statuses = statuses.map(|status| status.parse().expect("a status"));
            operations.insert((method.clone(), path.clone()), statuses.collect());
        }
    }
    operations
}

#[test]
fn the_document_has_every_route_and_status_of_the_contract_and_no_other() {
    let (contracted, documented) = (contracted(), documented());
    let names = |operations: &Operations| operations.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&documented), names(&contracted));
    for (operation, statuses) in &contracted {
        assert_eq!(&documented[operation], statuses, "{operation:?}");
    }
}

#[tokio::test]
async fn every_documented_operation_is_one_that_the_server_routes() {
    let server = Server::with_faults(&[]).await;
    for (method, path) in contracted().into_keys() {
        let path = path.replace('{', "no-").replace('}', "");
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
        let answer = Answer::to(server.admin(method.clone(), &path)).await;
        let routed =
            answer.status != 405 && (answer.status != 404 || !answer.text().contains("\"not_found\""));
        assert!(routed, "{method} {path}: {answer:?}");
    }
}

#[tokio::test]
async fn the_served_document_is_the_one_of_the_library() {
    let server = Server::start(&[]).await;
    for _ in 0..2 {
        let answer = server.get("/openapi.json").await;
        assert_eq!(&answer.json_of(200), contract::document());
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn the_document_needs_the_token_like_any_other_route() {
    let server = Server::start(&["--api-token", "secret"]).await;
    server.get("/openapi.json").await.problem(401, "unauthorized");
    let request = server.request(Method::GET, "/openapi.json").bearer_auth("secret");
    let answer = Answer::to(request).await;
    assert_eq!(&answer.json_of(200), contract::document());
    assert_eq!(answer.header("cache-control"), "private, no-store");
}

#[cfg_attr(feature = "api-page", ignore = "tests/page.rs is about a build with the page")]
#[tokio::test]
async fn an_ordinary_build_has_no_page() {
    let server = Server::start(&[]).await;
    for path in ["/docs", "/docs/swagger-ui.css"] {
        server.get(path).await.problem(404, "not_found");
    }
}
