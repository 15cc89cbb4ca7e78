//! The playlist: order, growth, members, URLs.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::harness::{Answer, Server, members, script};

#[tokio::test]
async fn a_pending_entry_says_when_to_ask_again_and_a_ready_one_how_long_it_is() {
    let server = Server::with_faults(&[]).await;
    let rule = json!({"stage": "synth", "kind": {"stall": true}, "match": {"segment_index": 1}});
    let rule = server.add_fault(rule).await;
    let job = server.submit(&script("entries", 3)).await;
    let manifest = job
        .until("has two ready segments", |m| m["segments_ready"] == 2)
        .await;
    let answer = job.get("/playlist.json").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let answer = answer.json_of(200);
    let url = |index: usize, base: &str| format!("{base}/tts/jobs/{}/segments/seg-{index:04}", job.id);
    let ready = |index: usize| {
        json!({
            "index": index,
            "segment_id": format!("seg-{index:04}"),
            "status": "ready",
            "ready": true,
            "url_proxy": url(index, "/api"),
            "url_backend": url(index, "/v1"),
            "url_best": url(index, "/v1"),
            "duration_ms": manifest["segments"][index]["duration_ms"],
        })
    };
    let pending = json!({
        "index": 1,
        "segment_id": "seg-0001",
        "status": "synthesizing",
        "ready": false,
        "url_proxy": url(1, "/api"),
        "url_backend": url(1, "/v1"),
        "url_best": url(1, "/v1"),
        "retry_after_ms": 500,
    });
    assert_eq!(
        answer,
        json!({"job_id": job.id, "playlist": [ready(0), pending, ready(2)]})
    );
    server.remove_fault(&rule).await;
    job.complete().await;
    let entries = job.playlist().await;
    assert!(
        entries
            .iter()
            .all(|entry| entry["ready"] == true && entry.get("retry_after_ms").is_none())
    );
}

#[rstest]
#[case::directly(None, "/v1/")]
#[case::through_a_proxy(Some("reader.example"), "/api/")]
#[tokio::test]
async fn the_best_url_follows_the_way_of_the_request_and_leads_to_the_audio(
    #[case] forwarded_host: Option<&str>,
    #[case] best: &str,
) {
    let server = Server::start(&[]).await;
    let job = server.submit("Where to?").await;
    job.complete().await;
    let mut request = server.request(Method::GET, &job.path("/playlist.json"));
    if let Some(host) = forwarded_host {
        request = request.header("x-forwarded-host", host);
    }
    let entry = Answer::to(request).await.json_of(200)["playlist"][0].take();
    let url = entry["url_best"].as_str().expect("a path");
    assert!(url.starts_with(best), "{url}");
    for name in ["url_best", "url_proxy", "url_backend"] {
        let audio = server.get(entry[name].as_str().expect("a path")).await;
        assert_eq!((audio.status, &audio.body[..4]), (200, &b"OggS"[..]), "{name}");
    }
}

#[tokio::test]
async fn a_playlist_keeps_its_order_and_never_loses_a_ready_entry() {
    let server = Server::start(&["--voice-cost", "fast", "--workers", "3"]).await;
    let job = server.submit(&script("growth", 12)).await;
    let mut known: Vec<bool> = vec![false; 12];
    let mut seen_half_way = false;
    loop {
        let entries = job.playlist().await;
        let indexes: Vec<_> = entries.iter().map(|entry| entry["index"].as_u64()).collect();
        assert_eq!(indexes, (0..12).map(Some).collect::<Vec<_>>());
        let ready: Vec<bool> = entries.iter().map(|entry| entry["ready"] == true).collect();
        let lost = known.iter().zip(&ready).position(|(before, now)| *before && !now);
        assert_eq!(lost, None, "an entry that was ready is no longer");
        known = ready;
        seen_half_way |= known.contains(&true) && known.contains(&false);
        if !known.contains(&false) {
            break;
        }
    }
    assert!(seen_half_way, "the playlist was never seen growing");
}

#[tokio::test]
async fn the_entries_of_a_canceled_job_are_not_to_be_asked_for_again() {
    let server = Server::start(&["--workers", "0"]).await;
    let job = server.submit("Never mind.").await;
    job.cancel().await;
    let entry = job.playlist().await.remove(0);
    assert_eq!(
        (&entry["status"], &entry["ready"]),
        (&json!("canceled"), &json!(false))
    );
    assert_eq!(
        members(&entry),
        [
            "index",
            "ready",
            "segment_id",
            "status",
            "url_backend",
            "url_best",
            "url_proxy"
        ]
    );
}
