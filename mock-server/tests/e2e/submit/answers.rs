//! What an accepted submit is answered.
//!
//! Without workers nothing moves, so the whole body is known but for the id and the times.

use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Server, script};

/// The manifest of a job of two segments that nobody works on; id and times as in `given`.
fn untouched(given: &Value) -> Value {
    let segment = |index: usize| {
        json!({
            "index": index,
            "segment_id": format!("seg-{index:04}"),
            "status": "queued",
            "attempts": 0,
            "model_id": "default",
            "fallback_used": false,
            "cached": false,
        })
    };
    json!({
        "job_id": given["job_id"],
        "status": "queued",
        "model_id": "default",
        "voice_id": "default",
        "mode": "segments",
        "created_at": given["created_at"],
        "updated_at": given["created_at"],
        "segments_total": 2,
        "segments_ready": 0,
        "segments_error": 0,
        "segments_in_progress": 0,
        "progress_pct": 0.0,
        "segments": [segment(0), segment(1)],
    })
}

#[rstest]
#[case::directly(&[], "/v1")]
#[case::through_a_proxy_that_names_its_host(&[("x-forwarded-host", "reader.example")], "/api")]
#[case::through_a_proxy_that_names_its_scheme(&[("x-forwarded-proto", "https")], "/api")]
#[tokio::test]
async fn the_reader_is_answered_every_url_of_the_job(#[case] forwarded: &[(&str, &str)], #[case] best: &str) {
    let server = Server::start(&["--workers", "0"]).await;
    let request = server.posting("/v1/reader/synthesize", &json!({"text": script("urls", 2)}));
    let request = forwarded
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value));
    let answer = Answer::to(request).await.json_of(200);
    let id = answer["job_id"].as_str().expect("an id");
    let url = |base: &str, rest: &str| format!("{base}/tts/jobs/{id}{rest}");
    let wanted = json!({
        "job_id": id,
        "status": "queued",
        "job_url": url(best, ""),
        "job_url_backend": url("/v1", ""),
        "job_url_proxy": url("/api", ""),
        "job_url_best": url(best, ""),
        "playlist_url": url(best, "/playlist.json"),
        "playlist_url_backend": url("/v1", "/playlist.json"),
        "playlist_url_proxy": url("/api", "/playlist.json"),
        "playlist_url_best": url(best, "/playlist.json"),
        "merged_audio_url": url(best, "/audio.ogg"),
        "merged_audio_url_backend": url("/v1", "/audio.ogg"),
        "merged_audio_url_proxy": url("/api", "/audio.ogg"),
        "merged_audio_url_best": url(best, "/audio.ogg"),
        "manifest": untouched(&answer["manifest"]),
    });
    assert_eq!(answer, wanted);
    assert_eq!(answer["manifest"]["job_id"], id);
}

#[rstest]
#[case::under_its_own_path("/v1/tts/jobs")]
#[case::under_the_alias("/api/tts/jobs")]
#[tokio::test]
async fn a_job_is_answered_with_its_manifest(#[case] path: &str) {
    let server = Server::start(&["--workers", "0"]).await;
    let request = server.posting(path, &json!({"text": script("manifests", 2)}));
    let answer = Answer::to(request).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let answer = answer.json_of(200);
    let id = answer["job_id"].as_str().expect("an id");
    assert_eq!(
        answer,
        json!({"job_id": id, "manifest": untouched(&answer["manifest"])})
    );
    assert_eq!(answer["manifest"]["job_id"], id);
    let read = server.get(&format!("{path}/{id}")).await.json_of(200);
    assert_eq!(read, answer, "reading it says the same");
}

#[rstest]
#[case::all_named(
    json!({"mode": "stream", "model": "quality", "voice_id": "alto", "prefer_phonemes": true,
        "reading_profile": {"rate": 1.1}}),
    "stream", "quality", "alto"
)]
#[case::by_the_other_name_of_the_model(json!({"model_id": "quality"}), "segments", "quality", "default")]
#[case::by_both_names_alike(json!({"model": "default", "model_id": "default"}), "segments", "default", "default")]
#[case::merged(json!({"mode": "merged"}), "merged", "default", "default")]
#[case::nothing_is_as_good_as_absent(
    json!({"mode": null, "model": null, "model_id": null, "voice_id": null, "prefer_phonemes": null,
        "reading_profile": null}),
    "segments", "default", "default"
)]
#[case::a_voice_of_any_script(json!({"voice_id": "голос 1"}), "segments", "default", "голос 1")]
#[case::unknown_fields_are_ignored(json!({"speed": 3, "user": {"name": "x"}}), "segments", "default", "default")]
#[tokio::test]
async fn the_manifest_records_what_was_asked_for(
    #[case] mut body: Value,
    #[case] mode: &str,
    #[case] model: &str,
    #[case] voice: &str,
) {
    let server = Server::start(&["--workers", "0"]).await;
    body["text"] = "One sentence.".into();
    let manifest = server.submit_as(body).await.manifest().await;
    assert_eq!(manifest["mode"], mode);
    assert_eq!(manifest["model_id"], model);
    assert_eq!(manifest["voice_id"], voice);
    assert_eq!(manifest["segments"][0]["model_id"], model);
}

#[tokio::test]
async fn times_are_rfc_3339_in_utc() {
    let server = Server::start(&["--workers", "0"]).await;
    let manifest = server.submit("When?").await.manifest().await;
    for member in ["created_at", "updated_at"] {
        let time = manifest[member].as_str().expect("a string");
        let read: jiff::Timestamp = time.parse().expect("RFC 3339");
        let age = jiff::Timestamp::now().duration_since(read);
        assert!(time.ends_with('Z') && age.abs().as_secs() < 60, "{time}");
    }
}

#[rstest]
#[case::of_ascii("a ", 20_000)]
#[case::of_four_bytes_a_character("𐍈", 20_000)]
#[tokio::test]
async fn the_longest_text_is_accepted_even_with_every_character_escaped(
    #[case] unit: &str,
    #[case] chars: usize,
) {
    let server = Server::start(&["--workers", "0"]).await;
    let text: String = unit.chars().cycle().take(chars - 1).chain(['.']).collect();
    let mut units = [0; 2];
    let escaped: String = text
        .chars()
        .flat_map(|c| {
            c.encode_utf16(&mut units)
                .iter()
                .map(|u| format!("\\u{u:04x}"))
                .collect::<Vec<_>>()
        })
        .collect();
    let request = server
        .posting("/v1/tts/jobs", &json!({}))
        .body(format!("{{\"text\":\"{escaped}\"}}"));
    let answer = Answer::to(request).await.json_of(200);
    let total = answer["manifest"]["segments_total"].as_u64().expect("a count");
    assert!((84..=120).contains(&total), "{total} segments");
}

#[tokio::test]
async fn as_many_segments_as_allowed_are_accepted() {
    let server = Server::start(&["--workers", "0"]).await;
    let manifest = server.submit(&script("limits", 120)).await.manifest().await;
    assert_eq!(manifest["segments_total"], 120);
    assert_eq!(server.status().await["queue_len"], 120);
}

#[tokio::test]
async fn the_alias_serves_every_route_of_a_job() {
    let server = Server::start(&[]).await;
    let job = server.submit("The same under two names.").await;
    job.complete().await;
    for rest in ["", "/playlist.json", "/segments/seg-0000", "/audio.ogg"] {
        let (own, alias) = (job.path(rest), job.path(rest).replace("/v1/", "/api/"));
        let (own, alias) = (server.get(&own).await, server.get(&alias).await);
        assert_eq!((own.status, alias.status), (200, 200), "{rest}");
        assert_eq!(own.body, alias.body, "{rest}");
    }
    let alias = job.path("").replace("/v1/", "/api/");
    let canceled = server.post(&format!("{alias}/cancel")).await.json_of(200);
    assert_eq!(canceled, json!({"job_id": job.id, "status": "complete"}));
    server.post(&format!("{alias}/regenerate")).await.json_of(200);
    let list = server.get("/api/tts/jobs").await.json_of(200);
    assert_eq!(list["jobs"].as_array().expect("a list").len(), 2);
    assert_eq!(server.delete(&alias).await.status, 204);
    job.get("").await.problem(404, "job_not_found");
}
