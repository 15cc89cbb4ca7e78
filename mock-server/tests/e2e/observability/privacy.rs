//! Nobody's text shows up anywhere but in the audio.

use abuse::wire::Wire;
use rstest::rstest;
use serde_json::json;

use crate::harness::{Answer, Server, script};

/// A word that nothing else says.
const SECRET: &str = "xylograbble";

#[rstest]
#[case::in_text("text")]
#[case::in_json("json")]
#[tokio::test]
async fn no_text_of_a_job_is_in_status_metrics_list_or_log(#[case] format: &str) {
    let args = [
        "--log",
        "trace",
        "--log-format",
        format,
        "--segment-max-retries",
        "1",
        "--retry-backoff-ms",
        "1",
    ];
    let server = Server::with_faults(&args).await;
    let failing = json!({"stage": "synth", "kind": {"error": 500}, "match": {"segment_index": 1}});
    server.add_fault(failing).await;
    server
        .add_fault(json!({"stage": "encode", "kind": {"crash": true}, "when": {"count": 1}}))
        .await;
    let job = server.submit(&script(SECRET, 3)).await;
    job.ended().await;
    server.post(&job.path("/regenerate")).await.json_of(200);
    assert_eq!(job.merged().await.status, 200);
    let refused = [
        json!({"text": SECRET, "mode": "none"}),
        json!({"text": SECRET, "model": "none"}),
        json!({"text": SECRET, "voice_id": ""}),
        json!({"text": script(SECRET, 121)}),
        json!({"text": [SECRET]}),
        json!({"text": "a", "prefer_phonemes": SECRET}),
    ];
    for body in refused {
        let answer = Answer::to(server.posting("/v1/reader/synthesize", &body)).await;
        assert!((400..500).contains(&answer.status), "{}", answer.status);
    }
    let keyed = server.posting("/v1/tts/jobs", &json!({"text": SECRET}));
    Answer::to(keyed.header("idempotency-key", "k"))
        .await
        .json_of(200);
    let keyed = server.posting("/v1/tts/jobs", &json!({"text": "Another."}));
    Answer::to(keyed.header("idempotency-key", "k"))
        .await
        .problem(422, "idempotency_key_reused");
    let canceled = server.submit(&script(SECRET, 40)).await;
    canceled.cancel().await;
    for path in [
        "/v1/admin/status",
        "/metrics",
        "/v1/metrics",
        "/v1/tts/jobs",
        "/ready",
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.text().contains(SECRET), "{path} tells");
    }
    let (log, id) = (server.process.log().clone(), job.id);
    server.stop().await;
    assert_eq!(log.forgotten(), 0, "the log is not whole");
    let lines = log.lines();
    assert!(
        lines.iter().any(|line| line.contains(&id)),
        "the log says nothing of the job"
    );
    assert!(
        lines.iter().any(|line| line.contains("worker died")),
        "the log says nothing of the crash"
    );
    let telling: Vec<_> = lines.iter().filter(|line| line.contains(SECRET)).collect();
    assert!(telling.is_empty(), "{telling:#?}");
    assert!(
        lines
            .iter()
            .any(|line| line.contains("panicked") && line.contains("attempt.rs")),
        "the log does not say where the worker died"
    );
    if format == "json" {
        for line in &lines {
            let record: serde_json::Value = serde_json::from_str(line).expect("a JSON object a line");
            assert!(
                record["timestamp"].is_string() && record["level"].is_string(),
                "{line}"
            );
        }
    }
}

#[tokio::test]
async fn a_request_s_log_lines_have_its_id() {
    let server = Server::start(&["--log", "mock_server=debug"]).await;
    let request = server.posting("/v1/tts/jobs", &json!({"text": "Logged."}));
    Answer::to(request.header("x-request-id", "find-me-again"))
        .await
        .json_of(200);
    let log = server.process.log().clone();
    server.stop().await;
    let lines = log.lines();
    let of_request: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("find-me-again"))
        .collect();
    assert!(
        of_request.iter().any(|line| line.contains("submitted")),
        "{lines:#?}"
    );
    assert!(
        of_request.iter().any(|line| line.contains("/v1/tts/jobs")),
        "{lines:#?}"
    );
}

#[tokio::test]
async fn no_token_is_in_the_log_or_the_metrics() {
    let args = [
        "--api-token",
        "the-api-token",
        "--admin-token",
        "the-admin-token",
        "--log",
        "trace",
    ];
    let server = Server::start(&args).await;
    for (api, admin) in [
        ("the-api-token", "the-admin-token"),
        ("the-api-token", "a-wrong-admin-token"),
        ("a-wrong-api-token", "the-admin-token"),
    ] {
        let path = format!("/v1/admin/faults?api_token={api}&x-admin-token={admin}");
        let request = server.request(reqwest::Method::GET, &path);
        Answer::to(request.bearer_auth(api).header("x-admin-token", admin)).await;
        // Heads that no route sees, and one that the server cannot even read.
        let twice = format!(
            "GET {path} HTTP/1.1\r\nhost: a\r\nauthorization: {api}\r\nauthorization: {admin}\r\n\r\n"
        );
        let broken =
            format!("GET {path} HTTP/1.1\r\nauthorization : Bearer {api}\r\nx-admin-token: {admin}\r\n\r\n");
        for head in [twice, broken] {
            let mut wire = Wire::connect(&server.address()).await.expect("connected");
            wire.send(head.as_bytes()).await;
            assert_eq!(wire.answer("GET").await.expect("an answer").status, 400);
        }
    }
    let request = server.request(reqwest::Method::GET, "/metrics");
    let metrics = Answer::to(request.bearer_auth("the-api-token")).await;
    assert_eq!(metrics.status, 200);
    let log = server.process.log().clone();
    server.stop().await;
    assert_eq!(log.forgotten(), 0, "the log is not whole");
    let said = log.lines().join("\n");
    for token in [
        "the-api-token",
        "the-admin-token",
        "a-wrong-api-token",
        "a-wrong-admin-token",
    ] {
        assert!(
            !said.contains(token) && !metrics.text().contains(token),
            "{token} is told"
        );
    }
    assert!(
        said.contains("/v1/admin/faults"),
        "the log says nothing of the requests"
    );
}
