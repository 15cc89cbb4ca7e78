//! The end: what is open is finished, what cannot be is let go, the port is free.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use server_process::{Exit, Manner};

use crate::harness::{ADMIN, Answer, Server, eventually, script, within};

/// Asks the server to stop and asserts that it did so by itself.
async fn stopped(server: Server) -> Duration {
    let ((exit, manner), took): ((Exit, Manner), _) = within("it stops", server.stop()).await;
    assert_eq!(manner, Manner::Gracefully, "{exit}");
    assert_eq!(exit.status().code(), Some(0), "{exit}");
    took
}

#[tokio::test]
async fn an_idle_server_stops_at_once_and_frees_its_port() {
    let server = Server::start(&[]).await;
    // The client keeps this connection open.
    server.get("/health").await;
    let address = server.address();
    let took = stopped(server).await;
    assert!(took < Duration::from_secs(4), "{took:?}");
    Server::start(&["--listen", &address])
        .await
        .get("/health")
        .await
        .json_of(200);
}

#[tokio::test]
async fn a_busy_server_stops_within_its_deadline() {
    let server = Server::start(&["--fault", "synth:stall", "--shutdown-deadline-s", "1"]).await;
    let job = server.submit(&script("the end", 8)).await;
    job.until("is in progress", |m| m["segments_in_progress"] == 4)
        .await;
    let took = stopped(server).await;
    assert!(
        took > Duration::from_millis(900) && took < Duration::from_secs(6),
        "{took:?}"
    );
}

#[tokio::test]
async fn a_segment_that_is_being_made_is_finished_first() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path().display().to_string();
    let server = Server::start(&[
        "--data-dir",
        &dir,
        "--fault",
        "synth:sleep=600ms",
        "--workers",
        "1",
    ])
    .await;
    let job = server.submit(&script("finishing", 2)).await;
    job.until("is in progress", |m| m["segments_in_progress"] == 1)
        .await;
    let took = stopped(server).await;
    assert!(took < Duration::from_secs(6), "{took:?}");
    let server = Server::start(&["--data-dir", &dir]).await;
    let manifest = server.submit(&script("finishing", 2)).await.complete().await;
    let cached: Vec<_> = (0..2)
        .map(|n| manifest["segments"][n]["cached"].clone())
        .collect();
    assert_eq!(
        cached,
        [true, false],
        "the one in progress was finished, the one in the queue was not begun"
    );
}

#[tokio::test]
async fn a_request_in_flight_is_answered_and_a_new_one_is_not() {
    let server = Server::with_faults(&[]).await;
    let rule = json!({"stage": "http.status", "kind": {"sleep_ms": 700}});
    let rule = server.add_fault(rule).await;
    let (url, http) = (server.url("/v1/admin/status"), server.http.clone());
    let in_flight = tokio::spawn(Answer::to(http.get(url)));
    eventually("it is in flight", async || {
        (server.fired(&rule).await == 1).then_some(())
    })
    .await;
    let health = server
        .request(Method::GET, "/health")
        .timeout(Duration::from_secs(1));
    stopped(server).await;
    assert_eq!(in_flight.await.expect("no panic").json_of(200)["faults_fired"], 1);
    assert!(Answer::try_to(health).await.is_err(), "nobody listens any longer");
}

#[tokio::test]
async fn a_request_that_does_not_end_is_cut_off_at_the_deadline() {
    let server = Server::with_faults(&["--shutdown-deadline-s", "1"]).await;
    let rule = server
        .add_fault(json!({"stage": "http.status", "kind": {"stall": true}}))
        .await;
    let (url, http) = (server.url("/v1/admin/status"), server.http.clone());
    let stalled = tokio::spawn(Answer::try_to(http.get(url)));
    eventually("it is in flight", async || {
        (server.fired(&rule).await == 1).then_some(())
    })
    .await;
    let took = stopped(server).await;
    assert!(
        took > Duration::from_millis(900) && took < Duration::from_secs(6),
        "{took:?}"
    );
    assert!(stalled.await.expect("no panic").is_err());
}

#[tokio::test]
async fn a_server_with_tokens_and_faults_stops_just_as_well() {
    let server = Server::start(&[
        "--api-token",
        "t",
        "--admin-token",
        ADMIN,
        "--fault",
        "synth:error=500,p=0.5",
    ])
    .await;
    stopped(server).await;
}
