//! What is refused, with what would be legal, and that nothing of it stays behind.

use futures::StreamExt as _;
use reqwest::{Body, Method, header::CONTENT_TYPE};
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Server, script};

const JSON: &str = "application/json";

/// Asserts that the server has never heard of a job.
async fn assert_untouched(server: &Server) {
    let status = server.status().await;
    let counts = [
        &status["jobs"]["submitted"],
        &status["queue_len"],
        &status["active_jobs"],
    ];
    assert_eq!(counts, [0, 0, 0], "{status}");
    let list = server.get("/v1/tts/jobs").await.json_of(200);
    assert_eq!(list, json!({"jobs": [], "next_cursor": null}));
}

#[rstest]
#[case::broken_json("{\"text\": \"a\"", 400, "bad_json", "EOF while parsing")]
#[case::nothing("", 400, "bad_json", "EOF while parsing")]
#[case::not_utf8_escape("{\"text\": \"\\ud800\"}", 400, "bad_json", "")]
#[case::a_list("[]", 400, "bad_json", "invalid length")]
#[case::a_list_in_the_order_of_the_fields(
    "[\"a\", null, null, null, null, null, null]",
    400,
    "bad_json",
    "not an object"
)]
#[case::two_documents("{\"text\": \"a\"} {}", 400, "bad_json", "trailing characters")]
#[case::no_text("{}", 400, "bad_json", "missing field `text`")]
#[case::null_text("{\"text\": null}", 400, "bad_json", "string")]
#[case::number_text("{\"text\": 7}", 400, "bad_json", "string")]
#[case::text_twice(
    "{\"text\": \"a\", \"text\": \"b\"}",
    400,
    "bad_json",
    "duplicate field `text`"
)]
#[case::empty_text("{\"text\": \"\"}", 400, "empty_text", "1 to 20000 characters")]
#[case::blank_text("{\"text\": \" \\n\\t\\u3000\"}", 400, "empty_text", "1 to 20000 characters")]
#[case::mode(
    "{\"text\": \"a\", \"mode\": \"chunks\"}",
    400,
    "unknown_mode",
    "segments, merged, stream"
)]
#[case::mode_of_another_type("{\"text\": \"a\", \"mode\": 1}", 400, "bad_json", "string")]
#[case::model(
    "{\"text\": \"a\", \"model\": \"best\"}",
    400,
    "unknown_model",
    "default, quality"
)]
#[case::model_id(
    "{\"text\": \"a\", \"model_id\": \"best\"}",
    400,
    "unknown_model",
    "default, quality"
)]
#[case::two_models(
    "{\"text\": \"a\", \"model\": \"default\", \"model_id\": \"quality\"}",
    400,
    "unknown_model",
    "model is \"default\" and model_id is \"quality\""
)]
#[case::voice_of_another_type("{\"text\": \"a\", \"voice_id\": 3}", 400, "bad_json", "string")]
#[case::no_voice("{\"text\": \"a\", \"voice_id\": \"\"}", 400, "bad_voice", "1 to 128")]
#[case::voice_with_a_control_character(
    "{\"text\": \"a\", \"voice_id\": \"a\\nb\"}",
    400,
    "bad_voice",
    "no control"
)]
#[case::phonemes_of_another_type(
    "{\"text\": \"a\", \"prefer_phonemes\": \"yes\"}",
    400,
    "bad_json",
    "boolean"
)]
#[case::profile_of_another_type("{\"text\": \"a\", \"reading_profile\": []}", 400, "bad_json", "map")]
#[case::not_json_at_all("text=a", 400, "bad_json", "expected")]
#[tokio::test]
async fn a_body_that_is_not_valid_is_refused(
    #[values("/v1/tts/jobs", "/v1/reader/synthesize")] path: &str,
    #[case] body: &str,
    #[case] status: u16,
    #[case] code: &str,
    #[case] says: &str,
) {
    let server = Server::start(&[]).await;
    let request = server.request(Method::POST, path).header(CONTENT_TYPE, JSON);
    let answer = Answer::to(request.body(body.to_owned())).await;
    let problem = answer.problem(status, code);
    assert!(
        problem["detail"].as_str().expect("text").contains(says),
        "{problem}"
    );
    assert_untouched(&server).await;
}

#[rstest]
#[case::text_of_a_character_too_many(json!({"text": "ä".repeat(20_001)}), "text_too_long", "20001 characters")]
#[case::a_segment_too_many(json!({"text": script("limits", 121)}), "too_many_segments", "121 segments; legal: at most 120")]
#[case::a_body_beyond_all_texts(json!({"text": "a", "notes": "x".repeat(1 << 20)}), "body_too_large", "bytes")]
#[case::an_endless_voice(json!({"text": "a", "voice_id": "v".repeat(400_000)}), "body_too_large", "bytes")]
#[tokio::test]
async fn what_is_too_large_is_refused(#[case] body: Value, #[case] code: &str, #[case] says: &str) {
    let server = Server::start(&[]).await;
    let answer = Answer::to(server.posting("/v1/tts/jobs", &body)).await;
    let problem = answer.problem(413, code);
    assert!(
        problem["detail"].as_str().expect("text").contains(says),
        "{problem}"
    );
    assert_untouched(&server).await;
}

#[tokio::test]
async fn a_body_of_no_announced_length_is_read_no_further_than_allowed() {
    let server = Server::start(&[]).await;
    let chunk = bytes::Bytes::from(vec![b' '; 64 << 10]);
    let endless = futures::stream::repeat(chunk)
        .take(64)
        .map(Ok::<_, std::io::Error>);
    let request = server.posting("/v1/tts/jobs", &json!({}));
    let answer = Answer::to(request.body(Body::wrap_stream(endless))).await;
    answer.problem(413, "body_too_large");
    assert_eq!(answer.header("connection"), "close");
    assert_untouched(&server).await;
}

#[rstest]
#[case::plain_text(Some("text/plain"))]
#[case::a_form(Some("application/x-www-form-urlencoded"))]
#[case::nothing(None)]
#[tokio::test]
async fn a_body_that_is_not_said_to_be_json_is_refused(#[case] content_type: Option<&str>) {
    let server = Server::start(&[]).await;
    let mut request = server
        .request(Method::POST, "/v1/tts/jobs")
        .body("{\"text\": \"a\"}");
    if let Some(content_type) = content_type {
        request = request.header(CONTENT_TYPE, content_type);
    }
    let problem = Answer::to(request).await.problem(415, "not_json");
    assert!(
        problem["detail"]
            .as_str()
            .expect("text")
            .contains("application/json"),
        "{problem}"
    );
    assert_untouched(&server).await;
}

#[rstest]
#[case::with_a_charset("application/json; charset=utf-8")]
#[case::in_capitals("Application/JSON")]
#[case::of_a_kind_of_json("application/vnd.reader+json")]
#[tokio::test]
async fn every_spelling_of_json_is_json(#[case] content_type: &str) {
    let server = Server::start(&["--workers", "0"]).await;
    let request = server
        .request(Method::POST, "/v1/tts/jobs")
        .header(CONTENT_TYPE, content_type);
    Answer::to(request.body("{\"text\": \"a\"}")).await.json_of(200);
}

#[rstest]
#[case::twenty_unless_told(&["--workers", "0"], 20)]
#[case::as_told(&["--workers", "0", "--max-active-jobs", "3"], 3)]
#[tokio::test]
async fn jobs_over_the_limit_are_refused_until_one_has_ended(#[case] args: &[&str], #[case] limit: u64) {
    let server = Server::start(args).await;
    let first = server.submit("The first.").await;
    for n in 1..limit {
        server.submit(&format!("Number {n}.")).await;
    }
    let before = server.status().await;
    let answer = Answer::to(server.posting("/v1/tts/jobs", &json!({"text": "One more."}))).await;
    let problem = answer.problem(429, "too_many_active_jobs");
    assert!(
        problem["detail"]
            .as_str()
            .expect("text")
            .contains(&format!("limit is {limit}")),
        "{problem}"
    );
    assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|s| s > 0));
    let regenerated = server.post(&first.path("/regenerate")).await;
    regenerated.problem(429, "too_many_active_jobs");
    let after = server.status().await;
    for member in ["jobs", "queue_len", "active_jobs"] {
        assert_eq!(before[member], after[member], "{member}");
    }
    first.cancel().await.json_of(200);
    server.submit("One more.").await;
}

#[tokio::test]
async fn a_submit_without_workers_is_refused_where_they_are_required() {
    let server = Server::start(&["--require-workers", "--workers", "0"]).await;
    let answer = Answer::to(server.posting("/v1/tts/jobs", &json!({"text": "Anybody?"}))).await;
    answer.problem(503, "no_workers");
    assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|s| s > 0));
    assert_untouched(&server).await;
}

#[tokio::test]
async fn a_submit_with_workers_is_accepted_where_they_are_required() {
    let server = Server::start(&["--require-workers", "--workers", "1"])
        .await
        .ready()
        .await;
    server.submit("Somebody.").await.complete().await;
}

#[rstest]
#[case::an_unknown_path(Method::GET, "/v2/tts/jobs", 404, "not_found")]
#[case::an_unknown_job(Method::GET, "/v1/tts/jobs/none", 404, "job_not_found")]
#[case::an_unknown_job_s_playlist(Method::GET, "/v1/tts/jobs/none/playlist.json", 404, "job_not_found")]
#[case::an_unknown_job_s_segment(Method::GET, "/v1/tts/jobs/none/segments/seg-0000", 404, "job_not_found")]
#[case::an_unknown_job_s_audio(Method::GET, "/v1/tts/jobs/none/audio.ogg", 404, "job_not_found")]
#[case::canceling_an_unknown_job(Method::POST, "/v1/tts/jobs/none/cancel", 404, "job_not_found")]
#[case::regenerating_an_unknown_job(Method::POST, "/v1/tts/jobs/none/regenerate", 404, "job_not_found")]
#[case::deleting_an_unknown_job(Method::DELETE, "/v1/tts/jobs/none", 404, "job_not_found")]
#[case::a_path_that_is_not_utf8(Method::GET, "/v1/tts/jobs/%ff", 400, "bad_request")]
#[case::a_method_of_no_route(Method::PUT, "/v1/tts/jobs/none", 405, "method_not_allowed")]
#[tokio::test]
async fn what_does_not_exist_is_refused_as_a_problem(
    #[case] method: Method,
    #[case] path: &str,
    #[case] status: u16,
    #[case] code: &str,
) {
    let server = Server::start(&[]).await;
    let answer = Answer::to(server.request(method, path)).await;
    answer.problem(status, code);
    assert_eq!(answer.header("allow").contains("GET"), status == 405);
}
