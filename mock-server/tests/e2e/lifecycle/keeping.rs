//! How long what is kept: deleted jobs, dropped records, evicted audio.

use serde_json::json;

use crate::harness::{Job, Server, eventually, script};

/// Asserts that no route knows the job.
async fn assert_unknown(server: &Server, job: &Job<'_>) {
    for rest in ["", "/playlist.json", "/segments/seg-0000", "/audio.ogg"] {
        job.get(rest).await.problem(404, "job_not_found");
    }
    for rest in ["/cancel", "/regenerate"] {
        server.post(&job.path(rest)).await.problem(404, "job_not_found");
    }
    job.delete().await.problem(404, "job_not_found");
    let list = server.get("/v1/tts/jobs?limit=200").await;
    assert!(!list.text().contains(&job.id), "still listed");
}

/// Waits until a segment's audio is gone.
async fn evicted(job: &Job<'_>, index: usize) {
    eventually("the audio is evicted", async || {
        (job.segment(index).await.status == 410).then_some(())
    })
    .await;
    job.segment(index).await.problem(410, "evicted");
}

#[tokio::test]
async fn a_deleted_job_is_unknown_everywhere() {
    let server = Server::start(&[]).await;
    let (job, other) = (server.submit("Forget me.").await, server.submit("Not me.").await);
    job.complete().await;
    other.complete().await;
    let answer = job.delete().await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert_unknown(&server, &job).await;
    assert_eq!(other.segment(0).await.status, 200);
    assert_eq!(
        server.status().await["jobs"]["complete"],
        2,
        "what was counted stays counted"
    );
}

#[tokio::test]
async fn an_active_job_is_canceled_when_it_is_deleted() {
    let server = Server::with_faults(&["--workers", "1"]).await;
    let rule = json!({"stage": "synth", "kind": {"stall": true}, "match": {"text_contains": "for ever"}});
    server.add_fault(rule).await;
    let stuck = server.submit("This takes for ever.").await;
    stuck
        .until("holds the worker", |m| m["segments_in_progress"] == 1)
        .await;
    assert_eq!(stuck.delete().await.status, 204);
    assert_unknown(&server, &stuck).await;
    let status = server.status().await;
    assert_eq!(
        (&status["jobs"]["canceled"], &status["active_jobs"]),
        (&json!(1), &json!(0))
    );
    server.submit("The worker is free again.").await.complete().await;
}

#[tokio::test]
async fn the_records_of_the_jobs_that_ended_first_are_dropped() {
    let server = Server::start(&["--retain-jobs", "2"]).await;
    let mut jobs = Vec::new();
    for n in 0..3 {
        let job = server.submit(&format!("Number {n}.")).await;
        job.complete().await;
        jobs.push(job);
    }
    assert_unknown(&server, &jobs[0]).await;
    assert_eq!(jobs[1].manifest().await["status"], "complete");
    assert_eq!(jobs[2].segment(0).await.status, 200);
}

#[tokio::test]
async fn an_active_job_is_not_dropped_however_many_end() {
    let server = Server::with_faults(&["--retain-jobs", "1", "--workers", "2"]).await;
    let rule = json!({"stage": "synth", "kind": {"stall": true}, "match": {"text_contains": "waits"}});
    let rule = server.add_fault(rule).await;
    let waiting = server.submit("This one waits.").await;
    for n in 0..3 {
        server.submit(&format!("Number {n}.")).await.complete().await;
    }
    assert_eq!(waiting.manifest().await["status"], "in_progress");
    server.remove_fault(&rule).await;
    waiting.complete().await;
    assert_eq!(waiting.segment(0).await.status, 200);
}

#[tokio::test]
async fn evicted_audio_is_gone_while_its_job_is_kept_and_comes_back_by_regenerating() {
    let server = Server::start(&["--cache-bytes", "0"]).await;
    let job = server.submit("Here today.").await;
    job.complete().await;
    evicted(&job, 0).await;
    job.merged().await.problem(410, "evicted");
    assert_eq!(job.manifest().await["status"], "complete");
    let evictions = server.metrics().await["touchstone_blob_evictions_total"].as_f64();
    assert!(evictions >= Some(1.0), "{evictions:?}");
    let again = Job::of(&server, &server.post(&job.path("/regenerate")).await.json_of(200));
    assert_eq!(again.complete().await["segments"][0]["cached"], false);
}

#[tokio::test]
async fn the_audio_of_a_running_job_is_not_evicted() {
    let server = Server::with_faults(&["--cache-bytes", "1", "--workers", "2"]).await;
    let last = json!({"stage": "synth", "kind": {"stall": true}, "match": {"segment_index": 2}});
    let rule = server.add_fault(last).await;
    let running = server.submit(&script("staying", 3)).await;
    running
        .until("is nearly done", |m| m["segments_ready"] == 2)
        .await;
    let other = server.submit("Comes and goes.").await;
    other.complete().await;
    evicted(&other, 0).await;
    for index in 0..2 {
        assert_eq!(
            running.segment(index).await.status,
            200,
            "segment {index} of a running job"
        );
    }
    server.remove_fault(&rule).await;
    running.complete().await;
}
