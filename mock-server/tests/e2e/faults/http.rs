//! Faults at `http.*` stages, as a client feels them.

use std::time::Duration;

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::harness::{Answer, Server, eventually, within};

/// Each stage with a request that passes it; `{job}` stands for the path of a complete job.
macro_rules! at_every_stage {
    ($(#[$attribute:meta])* async fn $name:ident($server:ident, $stage:ident, $request:ident) $body:block) => {
        #[rstest]
        #[case::submit("http.submit", Method::POST, "/v1/tts/jobs")]
        #[case::reader("http.submit", Method::POST, "/v1/reader/synthesize")]
        #[case::regenerate("http.submit", Method::POST, "{job}/regenerate")]
        #[case::job("http.job", Method::GET, "{job}")]
        #[case::list("http.job", Method::GET, "/v1/tts/jobs")]
        #[case::delete("http.job", Method::DELETE, "{job}")]
        #[case::segment("http.segment", Method::GET, "{job}/segments/seg-0000")]
        #[case::playlist("http.playlist", Method::GET, "{job}/playlist.json")]
        #[case::merged("http.merged", Method::GET, "{job}/audio.ogg")]
        #[case::cancel("http.cancel", Method::POST, "{job}/cancel")]
        #[case::status("http.status", Method::GET, "/v1/admin/status")]
        #[tokio::test]
        async fn $name(#[case] $stage: &str, #[case] method: Method, #[case] path: &str) {
            let $server = Server::with_faults(&[]).await;
            let job = $server.submit("Through all stages.").await;
            job.complete().await;
            let path = path.replace("{job}", &job.path(""));
            let $request = || match (method.clone(), path.as_str()) {
                (Method::POST, "/v1/tts/jobs" | "/v1/reader/synthesize") => {
                    $server.posting(&path, &json!({"text": "Another."}))
                }
                (method, path) => $server.request(method, path),
            };
            $body
        }
    };
}

at_every_stage! {
    async fn an_error_is_answered_once_and_the_next_request_passes(server, stage, request) {
        let kind = json!({"error": 503, "retry_after_s": 7});
        let rule = server.add_fault(json!({"stage": stage, "kind": kind, "when": {"count": 1}})).await;
        let answer = Answer::to(request()).await;
        answer.problem(503, "injected_fault");
        assert_eq!(answer.header("retry-after"), "7");
        assert!(Answer::to(request()).await.status < 300, "the rule is used up, and nothing was done before");
        assert_eq!(server.fired(&rule).await, 1);
    }
}

#[tokio::test]
async fn an_error_without_a_time_says_none() {
    let server = Server::start(&["--fault", "http.status:error=500"]).await;
    let answer = server.get("/v1/admin/status").await;
    answer.problem(500, "injected_fault");
    assert_eq!(answer.header("retry-after"), "");
}

#[tokio::test]
async fn removing_the_rule_lets_a_slow_body_go() {
    let server = Server::with_faults(&[]).await;
    let job = server.submit("Slowly, at first.").await;
    job.complete().await;
    let rule = json!({"stage": "http.segment", "kind": {"bytes_per_s": 100}});
    let rule = server.add_fault(rule).await;
    let (slow, ()) = tokio::join!(within("the body", job.segment(0)), async {
        eventually("it fires", async || {
            (server.fired(&rule).await == 1).then_some(())
        })
        .await;
        server.remove_fault(&rule).await;
    });
    assert_eq!(slow.0.body, job.segment(0).await.body);
}

#[tokio::test]
async fn a_stalled_request_is_released_when_its_rule_s_time_is_over() {
    let server = Server::with_faults(&[]).await;
    let rule = json!({"stage": "http.status", "kind": {"stall": true}, "ttl_ms": 400});
    server.add_fault(rule).await;
    let (status, took) = within("the status", server.status()).await;
    assert!(took >= Duration::from_millis(300), "{took:?}");
    assert_eq!(status["faults_fired"], 1);
}
