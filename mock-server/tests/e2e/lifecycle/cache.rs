//! The cache: what is the same audio, and what a cached segment still passes through.

use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Job, Server, members, script};

#[tokio::test]
async fn a_second_submit_is_served_from_the_cache_with_the_same_bytes() {
    let server = Server::start(&[]).await;
    let text = script("repetition", 3);
    let first = server.submit(&text).await;
    let made = first.complete().await;
    let second = server.submit(&text).await;
    assert_ne!(second.id, first.id);
    let cached = second.complete().await;
    for index in 0..3 {
        let (before, now) = (&made["segments"][index], &cached["segments"][index]);
        assert_eq!((&before["cached"], &now["cached"]), (&json!(false), &json!(true)));
        for same in ["cache_key", "duration_ms", "size_bytes", "model_id", "attempts"] {
            assert_eq!(before[same], now[same], "{same}");
        }
        assert!(now["queue_wait_ms"].is_number(), "it passed the queue: {now}");
        assert_eq!(first.segment(index).await.body, second.segment(index).await.body);
    }
    let lookups = server.metrics().await;
    assert_eq!(lookups["touchstone_cache_lookups_total{result=\"miss\"}"], 3.0);
    assert_eq!(lookups["touchstone_cache_lookups_total{result=\"hit\"}"], 3.0);
}

#[tokio::test]
async fn a_cached_job_waits_in_the_queue_and_can_be_canceled_there() {
    let server = Server::with_faults(&["--workers", "1"]).await;
    let text = script("the queue", 2);
    server.submit(&text).await.complete().await;
    let rule = json!({"stage": "synth", "kind": {"stall": true}, "match": {"text_contains": "in the way"}});
    server.add_fault(rule).await;
    let busy = server.submit("Something in the way.").await;
    busy.until("holds the worker", |m| m["segments_in_progress"] == 1)
        .await;
    let cached = server.submit(&text).await;
    assert_eq!(cached.manifest().await["status"], "queued");
    cached.cancel().await;
    let manifest = cached.manifest().await;
    assert_eq!(
        (&manifest["status"], &manifest["segments_ready"]),
        (&json!("canceled"), &json!(0))
    );
}

#[tokio::test]
async fn a_lookup_costs_what_it_is_told_to() {
    let server = Server::start(&["--cache-lookup-ms", "60"]).await;
    server.submit("Look it up.").await.complete().await;
    let cached = server.submit("Look it up.").await.complete().await;
    assert_eq!(cached["segments"][0]["cached"], true);
    assert!(
        cached["segments"][0]["synth_ms"].as_f64() >= Some(60.0),
        "{cached}"
    );
}

#[rstest]
#[case::nothing(json!({}), true)]
#[case::how_it_is_fetched(json!({"mode": "merged"}), true)]
#[case::an_unknown_field(json!({"speed": 2}), true)]
#[case::the_voice(json!({"voice_id": "alto"}), false)]
#[case::the_model(json!({"model": "quality"}), false)]
#[case::phonemes(json!({"prefer_phonemes": true}), false)]
#[case::the_profile(json!({"reading_profile": {"rate": 2}}), false)]
#[case::an_empty_profile(json!({"reading_profile": {}}), false)]
#[tokio::test]
async fn what_changes_the_audio_is_not_found_in_the_cache(#[case] mut other: Value, #[case] cached: bool) {
    let server = Server::start(&[]).await;
    server.submit("The same words.").await.complete().await;
    other["text"] = "The same words.".into();
    let manifest = server.submit_as(other).await.complete().await;
    assert_eq!(manifest["segments"][0]["cached"], cached);
}

#[tokio::test]
async fn the_order_of_a_profile_s_members_does_not_matter() {
    let server = Server::start(&[]).await;
    let submit = async |profile: &str| {
        let body = format!("{{\"text\": \"Ordered.\", \"reading_profile\": {profile}}}");
        let answer = Answer::to(server.posting("/v1/tts/jobs", &json!({})).body(body)).await;
        Job::of(&server, &answer.json_of(200)).complete().await
    };
    submit("{\"a\": 1, \"b\": 2}").await;
    assert_eq!(
        submit("{\"b\": 2, \"a\": 1}").await["segments"][0]["cached"],
        true
    );
}

#[tokio::test]
async fn a_regenerated_job_is_a_new_one_that_bypasses_the_cache() {
    let server = Server::start(&[]).await;
    let text = script("doing it again", 2);
    let body = json!({"text": text, "voice_id": "alto", "model": "quality", "mode": "stream"});
    let first = server.submit_as(body).await;
    let before = first.complete().await;
    let answer = server.post(&first.path("/regenerate")).await.json_of(200);
    assert_eq!(members(&answer), ["job_id", "manifest"]);
    let again = Job::of(&server, &answer);
    assert_ne!(again.id, first.id);
    let after = again.complete().await;
    for same in ["voice_id", "model_id", "mode", "segments_total"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    for index in 0..2 {
        assert_eq!(after["segments"][index]["cached"], false);
        assert_eq!(
            after["segments"][index]["cache_key"],
            before["segments"][index]["cache_key"]
        );
        assert_eq!(again.segment(index).await.body, first.segment(index).await.body);
    }
    assert_eq!(first.manifest().await, before, "the first job stays as it was");
}
