//! Failing attempts: retries, the fallback model, and segments that fail for good.

use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Job, Server, decode, script};

/// The counters that failing attempts move.
async fn counters(server: &Server) -> Value {
    let status = server.status().await;
    json!({
        "retries": status["retry_counts"]["segment_retries"],
        "capped": status["retry_counts"]["capped_retries"],
        "fallback": status["fallback_model_usage"],
        "dead": status["dead_letters"],
        "fired": status["faults_fired"],
    })
}

#[tokio::test]
async fn a_failed_attempt_is_retried_and_no_other_segment_s() {
    let server = Server::with_faults(&["--retry-backoff-ms", "1"]).await;
    let rule =
        json!({"stage": "encode", "kind": {"error": 500}, "match": {"segment_index": 1, "attempt": 1}});
    let rule = server.add_fault(rule).await;
    let manifest = server.submit(&script("second chances", 3)).await.complete().await;
    let attempts: Vec<_> = (0..3)
        .map(|n| manifest["segments"][n]["attempts"].clone())
        .collect();
    assert_eq!(attempts, [1, 2, 1]);
    let retried = &manifest["segments"][1];
    assert_eq!(
        (&retried["fallback_used"], &retried["model_id"]),
        (&json!(false), &json!("default"))
    );
    assert_eq!(
        counters(&server).await,
        json!({"retries": 1, "capped": 0, "fallback": 0, "dead": 0, "fired": 1})
    );
    assert_eq!(server.fired(&rule).await, 1);
}

#[tokio::test]
async fn a_segment_that_fails_to_its_cap_is_made_by_the_fallback_model() {
    let server = Server::with_faults(&["--retry-backoff-ms", "1"]).await;
    let rule = json!({"stage": "synth", "kind": {"error": 500}, "match": {"model_id": "default"}});
    let rule = server.add_fault(rule).await;
    let text = "The second choice.";
    let job = server.submit(text).await;
    let manifest = job.complete().await;
    let segment = &manifest["segments"][0];
    assert_eq!(segment["attempts"], 4, "the first, two retries, and the fallback");
    assert_eq!(
        (&segment["fallback_used"], &segment["model_id"]),
        (&json!(true), &json!("quality"))
    );
    assert_eq!(manifest["model_id"], "default", "what was asked for stays");
    assert_eq!(
        counters(&server).await,
        json!({"retries": 2, "capped": 1, "fallback": 1, "dead": 0, "fired": 3})
    );
    server.remove_fault(&rule).await;
    let own = server.submit(text).await.complete().await;
    assert_eq!(
        own["segments"][0]["cached"], false,
        "the fallback's audio is not the model's own"
    );
    let quality = server.submit_as(json!({"text": text, "model": "quality"})).await;
    assert_eq!(
        quality.complete().await["segments"][0]["cached"],
        true,
        "it is the other model's"
    );
}

#[rstest]
#[case::the_voice_without_a_second_chance("synth", "0", "false", 1, "synthesis_failed")]
#[case::the_encoder_without_a_second_chance("encode", "0", "false", 1, "encode_failed")]
#[case::the_voice_to_its_cap("synth", "1", "false", 2, "retry_cap_exceeded")]
#[case::the_voice_and_its_fallback("synth", "0", "true", 2, "fallback_failed")]
#[case::the_voice_to_its_cap_and_its_fallback("synth", "2", "true", 4, "fallback_failed")]
#[tokio::test]
async fn a_segment_that_fails_for_good_says_why(
    #[case] stage: &str,
    #[case] retries: &str,
    #[case] fallback: &str,
    #[case] attempts: u64,
    #[case] code: &str,
) {
    let env = [
        ("SEGMENT_MAX_RETRIES", retries),
        ("MOCK_SERVER_FALLBACK", fallback),
    ];
    let fault = format!("{stage}:error=500");
    let server = Server::with_env(&["--retry-backoff-ms", "1", "--fault", &fault], &env).await;
    let job = server.submit("In vain.").await;
    let manifest = job.ended().await;
    assert_eq!(
        (&manifest["status"], &manifest["error_code"]),
        (&json!("error"), &json!(code))
    );
    let segment = &manifest["segments"][0];
    assert_eq!(
        (&segment["status"], &segment["error_code"]),
        (&json!("error"), &json!(code))
    );
    assert_eq!(segment["attempts"], attempts);
    job.segment(0).await.problem(410, code);
    job.merged().await.problem(410, code);
    let (retries, fallback) = (
        retries.parse::<u64>().expect("a number"),
        u64::from(fallback == "true"),
    );
    assert_eq!(
        counters(&server).await,
        json!({"retries": retries, "capped": 1, "fallback": fallback, "dead": 1, "fired": attempts})
    );
    assert_eq!(server.status().await["jobs"]["error"], 1);
}

/// Asserts that merged audio holds these segments and says how many are missing.
async fn assert_merged_of(job: &Job<'_>, segments: &[usize], missing: &str) {
    let mut samples = Vec::new();
    for index in segments {
        samples.extend(decode(&job.segment(*index).await.body));
    }
    let merged = job.merged().await;
    assert_eq!(
        (merged.status, merged.header("x-segments-missing")),
        (200, missing)
    );
    assert!(decode(&merged.body) == samples, "other samples");
}

#[tokio::test]
async fn a_job_with_failed_segments_is_complete_with_errors_and_serves_the_rest() {
    let server = Server::with_faults(&["--segment-max-retries", "0"]).await;
    for index in [1, 3] {
        let rule = json!({"stage": "synth", "kind": {"error": 500}, "match": {"segment_index": index}});
        server.add_fault(rule).await;
    }
    let job = server.submit(&script("gaps", 4)).await;
    let manifest = job.ended().await;
    assert_eq!(manifest["status"], "complete_with_errors");
    assert_eq!(
        (&manifest["segments_ready"], &manifest["segments_error"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(manifest["progress_pct"], 100.0);
    assert_eq!(manifest.get("error_code"), None, "the job has audio");
    for index in [1, 3] {
        job.segment(index).await.problem(410, "fallback_failed");
        let entry = job.playlist().await[index].clone();
        assert_eq!(
            (&entry["status"], &entry["ready"]),
            (&json!("error"), &json!(false))
        );
        assert_eq!(entry.get("retry_after_ms"), None);
    }
    assert_merged_of(&job, &[0, 2], "2").await;
    let status = server.status().await;
    assert_eq!(
        (&status["dead_letters"], &status["jobs"]["complete_with_errors"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(status["active_jobs"], 0);
}

#[tokio::test]
async fn a_retry_waits_for_its_backoff_and_counts_as_queued_meanwhile() {
    let server = Server::with_faults(&["--retry-backoff-ms", "60000"]).await;
    let rule = json!({"stage": "synth", "kind": {"error": 500}, "when": {"count": 1}});
    server.add_fault(rule).await;
    let job = server.submit("Later.").await;
    let manifest = job
        .until("waits for its retry", |m| {
            m["segments"][0]["attempts"] == 1 && m["segments"][0]["status"] == "queued"
        })
        .await;
    assert_eq!(
        (&manifest["status"], &manifest["segments_in_progress"]),
        (&json!("in_progress"), &json!(0))
    );
    assert_eq!(server.status().await["queue_len"], 1);
    job.cancel().await;
    assert_eq!(server.status().await["queue_len"], 0);
}
