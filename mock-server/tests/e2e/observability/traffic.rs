//! A server with something to show, and how its metrics are read.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, Job, Server, script};

pub(super) const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
pub(super) const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The metrics in the format that is asked for.
pub(super) async fn scrape(server: &Server, accept: &str) -> Answer {
    let answer = Answer::to(server.request(Method::GET, "/metrics").header("accept", accept)).await;
    assert_eq!(answer.status, 200);
    answer
}

/// A server that something of everything has happened to, and the ids of its jobs.
pub(super) async fn busy() -> (Server, Vec<String>) {
    let server = Server::with_faults(&["--segment-max-retries", "1", "--retry-backoff-ms", "1"]).await;
    let rule = json!({"stage": "synth", "kind": {"error": 500}, "match": {"segment_index": 1}});
    server.add_fault(rule).await;
    let mixed = server.submit(&script("traffic", 2)).await;
    mixed.ended().await;
    let complete = server.submit("Something.").await;
    complete.complete().await;
    let again = Job::of(
        &server,
        &server.post(&complete.path("/regenerate")).await.json_of(200),
    );
    again.complete().await;
    for job in [&mixed, &complete] {
        for rest in ["", "/playlist.json", "/segments/seg-0000", "/audio.ogg"] {
            assert_eq!(job.get(rest).await.status, 200);
            assert_eq!(server.head(&job.path(rest)).await.status, 200);
        }
    }
    complete.cancel().await;
    complete
        .get("/segments/seg-0009")
        .await
        .problem(404, "segment_not_found");
    server.get("/no/such/path").await.problem(404, "not_found");
    Answer::to(server.request(Method::PATCH, &complete.path("")))
        .await
        .problem(405, "method_not_allowed");
    let alias = complete.path("").replace("/v1/", "/api/");
    server.get(&alias).await.json_of(200);
    server.delete(&again.path("")).await;
    server.status().await;
    let ids = [&mixed, &complete, &again].map(|job| job.id.clone()).to_vec();
    (server, ids)
}
