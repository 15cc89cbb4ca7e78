//! Workers that die, hang, or walk away.

use std::time::Duration;

use rstest::rstest;
use serde_json::json;

use crate::harness::{Server, eventually, script, within};

const SHORT_LEASE: [&str; 4] = ["--lease-ttl-ms", "250", "--retry-backoff-ms", "1"];

#[rstest]
#[case::of_two(2)]
#[case::the_only_one(1)]
#[tokio::test]
async fn a_segment_whose_worker_crashes_is_made_by_another(#[case] workers: u64) {
    let server = Server::with_faults(&["--workers", &workers.to_string(), "--retry-backoff-ms", "1"]).await;
    let rule =
        json!({"stage": "worker", "kind": {"crash": true}, "match": {"segment_index": 0, "attempt": 1}});
    let rule = server.add_fault(rule).await;
    let job = server.submit(&script("crashes", 2)).await;
    let (manifest, took) = within("the job ends", job.complete()).await;
    // The lease of 5 s need not end: the death is noticed.
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert_eq!(manifest["segments"][0]["attempts"], 2);
    assert_eq!(manifest["segments"][1]["attempts"], 1);
    assert_eq!(server.fired(&rule).await, 1);
    assert_eq!(server.metrics().await["touchstone_worker_restarts_total"], 1.0);
    let status = server.status().await;
    assert_eq!(
        status["retry_counts"]["segment_retries"], 1,
        "a death is a failed attempt"
    );
    server.submit("Life goes on.").await.complete().await;
    eventually("another takes its place", async || {
        (server.status().await["workers_online"] == workers).then_some(())
    })
    .await;
}

#[rstest]
#[case::hangs(json!({"stage": "worker", "kind": {"stall": true}}))]
#[case::walks_away_at_the_lease(json!({"stage": "queue.lease", "kind": {"drop": true}}))]
#[case::walks_away_from_the_voice(json!({"stage": "synth", "kind": {"drop": true}}))]
#[tokio::test]
async fn a_segment_whose_worker_says_nothing_is_leased_again_when_its_lease_ends(
    #[case] mut rule: serde_json::Value,
) {
    let server = Server::with_faults(&SHORT_LEASE).await;
    rule["match"] = json!({"segment_index": 0, "attempt": 1});
    let rule = server.add_fault(rule).await;
    let job = server.submit(&script("silence", 2)).await;
    let (manifest, took) = within("the job ends", job.complete()).await;
    assert!(
        took >= Duration::from_millis(200),
        "before its lease could end: {took:?}"
    );
    assert_eq!(manifest["segments"][0]["attempts"], 2);
    assert_eq!(manifest["segments"][1]["attempts"], 1);
    assert_eq!(server.fired(&rule).await, 1);
    let status = server.status().await;
    assert_eq!(
        status["retry_counts"]["segment_retries"], 1,
        "an expired lease is a failed attempt"
    );
    assert_eq!(server.metrics().await["touchstone_worker_restarts_total"], 0.0);
}

#[tokio::test]
async fn leases_that_expire_count_against_the_cap() {
    let server = Server::with_faults(&[&SHORT_LEASE[..], &["--segment-max-retries", "1"]].concat()).await;
    server
        .add_fault(json!({"stage": "queue.lease", "kind": {"drop": true}}))
        .await;
    let job = server.submit("Nobody does it.").await;
    let manifest = job.ended().await;
    assert_eq!(
        (&manifest["status"], &manifest["error_code"]),
        (&json!("error"), &json!("fallback_failed"))
    );
    assert_eq!(manifest["segments"][0]["attempts"], 3);
}

#[tokio::test]
async fn a_worker_that_is_slow_keeps_its_lease() {
    let server = Server::with_faults(&SHORT_LEASE).await;
    server
        .add_fault(json!({"stage": "synth", "kind": {"sleep_ms": 900}}))
        .await;
    let manifest = server.submit("Slow but sure.").await.complete().await;
    assert_eq!(manifest["segments"][0]["attempts"], 1);
    assert_eq!(server.status().await["retry_counts"]["segment_retries"], 0);
}

#[tokio::test]
async fn what_a_hanging_worker_would_still_do_is_not_taken() {
    let server = Server::with_faults(&[&SHORT_LEASE[..], &["--workers", "2"]].concat()).await;
    let rule = json!({"stage": "worker", "kind": {"stall": true}, "match": {"attempt": 1}});
    let rule = server.add_fault(rule).await;
    let job = server.submit("Too late.").await;
    let before = job.complete().await;
    server.remove_fault(&rule).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(job.manifest().await, before, "stored at most once");
    assert_eq!(server.status().await["jobs"]["complete"], 1);
}
