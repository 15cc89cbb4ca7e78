//! The manifest over a job's life.

use serde_json::{Value, json};

use crate::harness::{Server, members, script};

const OF_EVERY_SEGMENT: [&str; 7] = [
    "attempts",
    "cached",
    "fallback_used",
    "index",
    "model_id",
    "segment_id",
    "status",
];
const OF_A_READY_SEGMENT: [&str; 14] = [
    "attempts",
    "cache_key",
    "cached",
    "duration_ms",
    "encode_ms",
    "fallback_used",
    "index",
    "model_id",
    "queue_wait_ms",
    "segment_id",
    "size_bytes",
    "status",
    "store_ms",
    "synth_ms",
];

fn counts(manifest: &Value) -> Value {
    let count = |name: &str| manifest[format!("segments_{name}")].clone();
    json!([
        count("total"),
        count("ready"),
        count("error"),
        count("in_progress")
    ])
}

#[tokio::test]
async fn a_job_goes_from_queued_through_in_progress_to_complete() {
    let server = Server::with_faults(&["--workers", "1"]).await;
    let at_lease = server
        .add_fault(json!({"stage": "worker", "kind": {"stall": true}}))
        .await;
    let job = server.submit(&script("states", 3)).await;
    let manifest = job
        .until("is in progress", |m| m["status"] == "in_progress")
        .await;
    assert_eq!(counts(&manifest), json!([3, 0, 0, 1]));
    assert_eq!(manifest["progress_pct"], 0.0);
    let states: Vec<_> = manifest["segments"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|s| &s["status"])
        .collect();
    assert_eq!(states, ["synthesizing", "queued", "queued"]);
    assert_eq!(manifest["segments"][0]["attempts"], 1);
    assert_eq!(members(&manifest["segments"][2]), OF_EVERY_SEGMENT);
    assert!(
        manifest["updated_at"].as_str() > manifest["created_at"].as_str(),
        "{manifest}"
    );

    let second = json!({"stage": "synth", "kind": {"stall": true}, "match": {"segment_index": 1}});
    let at_second = server.add_fault(second).await;
    server.remove_fault(&at_lease).await;
    let half_way = job
        .until("is half way", |m| {
            m["segments_ready"] == 1 && m["segments_in_progress"] == 1
        })
        .await;
    assert_eq!(counts(&half_way), json!([3, 1, 0, 1]));
    assert_eq!(half_way["status"], "in_progress");
    assert!(
        (half_way["progress_pct"].as_f64().expect("a number") - 33.3).abs() < 0.1,
        "{half_way}"
    );

    server.remove_fault(&at_second).await;
    let done = job.complete().await;
    assert_eq!(counts(&done), json!([3, 3, 0, 0]));
    assert_eq!(done["progress_pct"], 100.0);
    assert!(done["updated_at"].as_str() > half_way["updated_at"].as_str());
    assert_eq!(done["created_at"], manifest["created_at"]);
}

#[tokio::test]
async fn a_ready_segment_says_what_it_is_and_where_its_time_went() {
    let server = Server::start(&["--voice-cost", "fast"]).await;
    let manifest = server.submit(&script("ready segments", 2)).await.complete().await;
    assert_eq!(
        members(&manifest),
        [
            "created_at",
            "job_id",
            "mode",
            "model_id",
            "progress_pct",
            "segments",
            "segments_error",
            "segments_in_progress",
            "segments_ready",
            "segments_total",
            "status",
            "updated_at",
            "voice_id"
        ]
    );
    for (index, segment) in manifest["segments"]
        .as_array()
        .expect("a list")
        .iter()
        .enumerate()
    {
        assert_eq!(members(segment), OF_A_READY_SEGMENT);
        assert_eq!(segment["index"], index);
        assert_eq!(segment["segment_id"], format!("seg-{index:04}"));
        assert_eq!(segment["status"], "ready");
        assert_eq!(segment["attempts"], 1);
        assert_eq!(
            (&segment["cached"], &segment["fallback_used"]),
            (&json!(false), &json!(false))
        );
        assert!(segment["size_bytes"].as_u64() > Some(0));
        assert_eq!(segment["cache_key"].as_str().map(str::len), Some(64));
        for time in ["queue_wait_ms", "synth_ms", "encode_ms", "store_ms"] {
            assert!(
                segment[time]
                    .as_f64()
                    .is_some_and(|ms| (0.0..20_000.0).contains(&ms)),
                "{time}: {segment}"
            );
        }
        // The fast voice takes 4 ms and 0.06 ms a character.
        assert!(segment["synth_ms"].as_f64() > Some(10.0), "{segment}");
        assert!(segment["duration_ms"].as_f64() > Some(1_000.0), "{segment}");
    }
}

#[tokio::test]
async fn a_job_of_another_model_takes_that_model_s_time() {
    let server = Server::start(&["--voice-cost", "default"]).await;
    let synth_ms = async |model: &str| {
        let body = json!({"text": "Twenty characters or so.", "model": model});
        let manifest = server.submit_as(body).await.complete().await;
        manifest["segments"][0]["synth_ms"].as_f64().expect("a time")
    };
    // 40 ms and 0.6 ms a character, by the quality model 1.6 times that.
    assert!(synth_ms("default").await >= 54.0);
    assert!(synth_ms("quality").await >= 87.0);
}
