//! The status snapshot.

use serde_json::{Value, json};

use crate::harness::{Answer, Server, eventually, script};

#[tokio::test]
async fn a_server_that_has_done_nothing_says_so_in_every_field() {
    let server = Server::start(&["--workers", "3"]).await;
    eventually("all workers are online", async || {
        (server.status().await["workers_online"] == 3).then_some(())
    })
    .await;
    let answer = server.get("/v1/admin/status").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let mut status = answer.json_of(200);
    assert!(
        status["uptime_s"]
            .take()
            .as_f64()
            .is_some_and(|s| s > 0.0 && s < 60.0)
    );
    let wanted = json!({
        "workers_online": 3,
        "queue_len": 0,
        "oldest_queued_age_s": 0.0,
        "active_jobs": 0,
        "jobs": {"submitted": 0, "complete": 0, "complete_with_errors": 0, "error": 0, "canceled": 0},
        "dead_letters": 0,
        "retry_counts": {"segment_retries": 0, "capped_retries": 0},
        "fallback_model_usage": 0,
        "merge_lock_contention": {"acquisitions": 0, "wait_count": 0, "wait_total_ms": 0.0, "wait_max_ms": 0.0},
        "stale_queued_cancels": 0,
        "faults_fired": 0,
        "uptime_s": null,
        "version": env!("CARGO_PKG_VERSION"),
    });
    assert_eq!(status, wanted);
}

#[tokio::test]
async fn the_queue_is_counted_with_its_age() {
    let server = Server::start(&["--workers", "0"]).await;
    server.submit(&script("waiting", 3)).await;
    server.submit(&script("waiting, too", 2)).await;
    let age = |status: &Value| status["oldest_queued_age_s"].as_f64().expect("seconds");
    let status = server.status().await;
    assert_eq!(
        (&status["queue_len"], &status["active_jobs"]),
        (&json!(5), &json!(2))
    );
    let before = age(&status);
    eventually("it grows older", async || {
        (age(&server.status().await) > before).then_some(())
    })
    .await;
}

#[tokio::test]
async fn every_job_is_counted_once_by_how_it_ended() {
    let args = [
        "--segment-max-retries",
        "1",
        "--retry-backoff-ms",
        "1",
        "--workers",
        "2",
    ];
    let server = Server::with_faults(&args).await;
    let rule = json!({"stage": "synth", "kind": {"error": 500}, "match": {"text_contains": "an error", "segment_index": 0}});
    server.add_fault(rule).await;
    let stall = json!({"stage": "synth", "kind": {"stall": true}, "match": {"text_contains": "for ever"}});
    server.add_fault(stall).await;
    let complete = server.submit("Whole.").await;
    let mixed = server.submit(&script("an error", 2)).await;
    let failed = server.submit("This is an error.").await;
    let canceled = server.submit("This takes for ever.").await;
    assert_eq!(complete.ended().await["status"], "complete");
    assert_eq!(mixed.ended().await["status"], "complete_with_errors");
    assert_eq!(failed.ended().await["status"], "error");
    canceled.cancel().await;
    complete.merged().await;
    let status = server.status().await;
    assert_eq!(
        status["jobs"],
        json!({"submitted": 4, "complete": 1, "complete_with_errors": 1, "error": 1, "canceled": 1})
    );
    assert_eq!(
        status["retry_counts"],
        json!({"segment_retries": 2, "capped_retries": 2})
    );
    assert_eq!(status["fallback_model_usage"], 2);
    assert_eq!(status["dead_letters"], 2);
    assert_eq!(status["merge_lock_contention"]["acquisitions"], 1);
    assert_eq!(
        (&status["active_jobs"], &status["queue_len"]),
        (&json!(0), &json!(0))
    );
}

#[tokio::test]
async fn health_and_readiness_are_answered() {
    let server = Server::start(&["--workers", "1"]).await;
    assert_eq!(server.get("/health").await.json_of(200), json!({"status": "ok"}));
    let ready = eventually("it is ready", async || {
        Some(server.get("/ready").await).filter(|answer| answer.status == 200)
    });
    assert_eq!(ready.await.json_of(200), json!({"status": "ready"}));
}

#[tokio::test]
async fn a_server_without_workers_is_alive_but_not_ready() {
    let server = Server::start(&["--workers", "0"]).await;
    assert_eq!(server.get("/health").await.status, 200);
    let answer: Answer = server.get("/ready").await;
    let problem = answer.problem_with(503, "not_ready");
    assert_eq!(
        problem["failing"],
        json!([{"check": "workers", "detail": "no worker is online"}])
    );
    assert!(answer.header("retry-after").parse::<u32>().is_ok());
}
