//! Canceling: what it stops, what it leaves, and that it can be said twice.

use std::time::Duration;

use serde_json::json;

use crate::harness::{Server, eventually, script, within};

#[tokio::test]
async fn a_queued_job_is_canceled_once_and_for_all() {
    let server = Server::start(&["--workers", "0"]).await;
    let job = server.submit(&script("changing one's mind", 2)).await;
    for _ in 0..2 {
        let answer = job.cancel().await.json_of(200);
        assert_eq!(answer, json!({"job_id": job.id, "status": "canceled"}));
    }
    let manifest = job.manifest().await;
    assert_eq!(manifest["status"], "canceled");
    assert_eq!(manifest["error_code"], "canceled");
    for segment in manifest["segments"].as_array().expect("a list") {
        assert_eq!(
            (&segment["status"], &segment["error_code"]),
            (&json!("canceled"), &json!("canceled"))
        );
    }
    assert_eq!(manifest["segments_in_progress"], 0);
    job.segment(0).await.problem(410, "canceled");
    job.merged().await.problem(410, "canceled");
    let status = server.status().await;
    assert_eq!(status["jobs"]["canceled"], 1, "counted once");
    assert_eq!(
        (&status["queue_len"], &status["active_jobs"]),
        (&json!(0), &json!(0))
    );
}

#[tokio::test]
async fn a_finished_job_stays_as_it_is() {
    let server = Server::start(&[]).await;
    let job = server.submit("Done already.").await;
    let before = job.complete().await;
    let answer = job.cancel().await.json_of(200);
    assert_eq!(answer, json!({"job_id": job.id, "status": "complete"}));
    assert_eq!(job.manifest().await, before);
    assert_eq!(job.segment(0).await.status, 200);
    assert_eq!(server.status().await["jobs"]["canceled"], 0);
}

#[tokio::test]
async fn after_a_cancel_no_segment_turns_ready_and_the_ready_ones_stay() {
    let server = Server::start(&["--voice-cost", "default", "--workers", "3"]).await;
    let job = server.submit(&script("stopping half way", 12)).await;
    job.until("has some of its segments", |m| {
        m["segments_ready"].as_u64() >= Some(2)
    })
    .await;
    assert_eq!(job.cancel().await.json_of(200)["status"], "canceled");
    let at_cancel = job.manifest().await;
    let ready = at_cancel["segments_ready"].as_u64().expect("a count");
    assert!(
        (2..12).contains(&ready),
        "{ready} ready: nothing was left to cancel"
    );
    assert_eq!(at_cancel["segments_in_progress"], 0);
    // Longer than a synthesis that was under way would have taken.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(job.manifest().await, at_cancel, "nothing moves after a cancel");
    for (index, segment) in at_cancel["segments"]
        .as_array()
        .expect("a list")
        .iter()
        .enumerate()
    {
        let answer = job.segment(index).await;
        match segment["status"].as_str() {
            Some("ready") => assert_eq!((answer.status, &answer.body[..4]), (200, &b"OggS"[..])),
            Some("canceled") => _ = answer.problem(410, "canceled"),
            other => panic!("a segment of a canceled job is {other:?}"),
        }
    }
    job.merged().await.problem(410, "canceled");
}

#[tokio::test]
async fn a_cancel_interrupts_a_synthesis_in_flight() {
    let server = Server::with_faults(&["--workers", "1"]).await;
    let rule = json!({"stage": "synth", "kind": {"stall": true}, "match": {"text_contains": "for ever"}});
    server.add_fault(rule).await;
    let stuck = server.submit("This takes for ever.").await;
    stuck
        .until("holds the worker", |m| m["segments_in_progress"] == 1)
        .await;
    stuck.cancel().await.json_of(200);
    // The only worker is free again, although nothing released what held it up.
    let (_, took) = within("the next job", async {
        server.submit("This does not.").await.complete().await
    })
    .await;
    assert!(
        took < Duration::from_secs(4),
        "{took:?}: only when the lease had ended"
    );
    assert_eq!(stuck.manifest().await["status"], "canceled");
}

#[tokio::test]
async fn a_cancel_that_races_with_the_end_is_true_either_way() {
    let server = Server::start(&["--workers", "2"]).await;
    let (mut canceled, mut complete) = (0, 0);
    for n in 0..12 {
        let job = server.submit(&format!("Race number {n}.")).await;
        tokio::time::sleep(Duration::from_millis(n * 2)).await;
        let answered = job.cancel().await.json_of(200)["status"].take();
        let manifest = job.manifest().await;
        assert_eq!(manifest["status"], answered);
        match answered.as_str() {
            Some("canceled") => {
                assert_eq!(manifest["segments_ready"], 0);
                canceled += 1;
            }
            Some("complete") => {
                assert_eq!(manifest["segments_ready"], 1);
                complete += 1;
            }
            other => panic!("a job ended as {other:?}"),
        }
    }
    let counted = eventually("all have ended", async || {
        Some(server.status().await).filter(|status| status["active_jobs"] == 0)
    });
    let jobs = counted.await["jobs"].take();
    assert_eq!(
        (&jobs["canceled"], &jobs["complete"]),
        (&json!(canceled), &json!(complete))
    );
}

#[tokio::test]
async fn a_job_that_waits_too_long_is_canceled_as_stale() {
    let server = Server::start(&["--workers", "0", "--stale-queued-s", "1"]).await;
    let job = server.submit("Is anybody there?").await;
    let manifest = job.ended().await;
    assert_eq!(
        (&manifest["status"], &manifest["error_code"]),
        (&json!("canceled"), &json!("stale_queued"))
    );
    assert_eq!(manifest["segments"][0]["error_code"], "stale_queued");
    job.segment(0).await.problem(410, "stale_queued");
    job.merged().await.problem(410, "stale_queued");
    let status = server.status().await;
    assert_eq!(status["stale_queued_cancels"], 1);
    assert_eq!(status["jobs"]["canceled"], 1);
}

#[tokio::test]
async fn a_job_that_a_worker_has_taken_up_is_never_stale() {
    let server = Server::with_faults(&["--workers", "1", "--stale-queued-s", "1"]).await;
    let rule = json!({"stage": "synth", "kind": {"sleep_ms": 2_200}, "match": {"segment_index": 0}});
    server.add_fault(rule).await;
    let job = server.submit(&script("slow work", 2)).await;
    job.complete().await;
    assert_eq!(server.status().await["stale_queued_cancels"], 0);
}
