//! Faults at `http.*` stages, as a client feels them.

use std::time::Duration;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Job, Server, eventually, exchange, within};

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

at_every_stage! {
    async fn a_drop_closes_the_connection_without_a_word(server, stage, request) {
        let rule = server.add_fault(json!({"stage": stage, "kind": {"drop": true}, "when": {"count": 1}})).await;
        let answer = Answer::try_to(request()).await;
        assert!(answer.is_err(), "{answer:?}");
        assert_eq!(server.fired(&rule).await, 1);
        assert!(Answer::to(request()).await.status < 300);
    }
}

#[tokio::test]
async fn an_error_without_a_time_says_none() {
    let server = Server::start(&["--fault", "http.status:error=500"]).await;
    let answer = server.get("/v1/admin/status").await;
    answer.problem(500, "injected_fault");
    assert_eq!(answer.header("retry-after"), "");
}

/// The announced and the received length of a raw answer's body.
fn lengths(answer: &[u8]) -> (usize, usize) {
    let head = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("a head");
    let text = std::str::from_utf8(&answer[..head]).expect("ASCII");
    let announced = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .expect("a length");
    (announced.parse().expect("a number"), answer.len() - head - 4)
}

#[rstest]
#[case::of_a_segment("http.segment", "/segments/seg-0000")]
#[case::of_merged_audio("http.merged", "/audio.ogg")]
#[case::of_a_playlist("http.playlist", "/playlist.json")]
#[case::of_a_manifest("http.job", "")]
#[tokio::test]
async fn a_cut_body_ends_short_of_its_announced_length(#[case] stage: &str, #[case] rest: &str) {
    let server = Server::with_faults(&[]).await;
    let job = server.submit("Cut off in the middle of").await;
    job.complete().await;
    let (whole, received) = lengths(&exchange(&server, &format!("GET {}", job.path(rest))).await);
    assert_eq!(whole, received, "without a fault");
    server
        .add_fault(json!({"stage": stage, "kind": {"truncate": 0.5}}))
        .await;
    let (announced, received) = lengths(&exchange(&server, &format!("GET {}", job.path(rest))).await);
    assert_eq!((announced, received), (whole, whole / 2));
}

#[tokio::test]
async fn a_slow_body_comes_at_its_rate_and_whole() {
    let server = Server::with_faults(&[]).await;
    let job = server.submit("Slowly.").await;
    job.complete().await;
    let whole = job.segment(0).await;
    let rate = whole.body.len() * 2;
    server
        .add_fault(json!({"stage": "http.segment", "kind": {"bytes_per_s": rate}}))
        .await;
    let (slow, took) = within("the body", job.segment(0)).await;
    assert!(slow.body == whole.body, "other bytes");
    assert!(
        took > Duration::from_millis(400),
        "{took:?} where half a second is due"
    );
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
async fn a_sleep_delays_the_answer() {
    let server = Server::start(&["--fault", "http.status:sleep=300ms"]).await;
    let (_, took) = within("the status", server.status()).await;
    assert!(took >= Duration::from_millis(300), "{took:?}");
    let (_, took) = within("the health", server.get("/health")).await;
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[rstest]
#[case::removing_the_rule(None)]
#[case::the_end_of_its_time(Some(400))]
#[tokio::test]
async fn a_stalled_request_is_released_by(#[case] ttl_ms: Option<u64>) {
    let server = Server::with_faults(&[]).await;
    let mut rule = json!({"stage": "http.status", "kind": {"stall": true}});
    if let Some(ttl_ms) = ttl_ms {
        rule["ttl_ms"] = ttl_ms.into();
    }
    let rule = server.add_fault(rule).await;
    let stalled = tokio::time::timeout(Duration::from_millis(200), server.status()).await;
    assert!(stalled.is_err(), "the rule holds it up");
    let (status, ()) = tokio::join!(within("the status", server.status()), async {
        if ttl_ms.is_none() {
            eventually("it fires again", async || {
                (server.fired(&rule).await == 2).then_some(())
            })
            .await;
            server.remove_fault(&rule).await;
        }
    });
    assert!(status.0["faults_fired"].as_u64() >= Some(1), "{}", status.0);
}

#[tokio::test]
async fn a_rule_strikes_only_the_requests_it_matches() {
    let server = Server::with_faults(&[]).await;
    let of = async |text: &str, voice: &str| {
        let job = server.submit_as(json!({"text": text, "voice_id": voice})).await;
        job.complete().await;
        job
    };
    let (hit, other) = (of("An apple.", "alto").await, of("A pear.", "bass").await);
    let struck = async |stage: &str, matches: Value, rest: &str| {
        let rule = json!({"stage": stage, "kind": {"error": 500}, "match": matches});
        let rule = server.add_fault(rule).await;
        let status = async |job: &Job<'_>| job.get(rest).await.status;
        let statuses = (status(&hit).await, status(&other).await);
        server.remove_fault(&rule).await;
        statuses
    };
    assert_eq!(
        struck("http.job", json!({"text_contains": "apple"}), "").await,
        (500, 200)
    );
    assert_eq!(
        struck("http.playlist", json!({"voice_id": "alto"}), "/playlist.json").await,
        (500, 200)
    );
    assert_eq!(
        struck("http.merged", json!({"model_id": "quality"}), "/audio.ogg").await,
        (200, 200)
    );
    let first = "/segments/seg-0000";
    assert_eq!(
        struck("http.segment", json!({"segment_index": 0}), first).await,
        (500, 500)
    );
    assert_eq!(
        struck("http.segment", json!({"segment_index": 1}), first).await,
        (200, 200)
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_leak_takes_memory_at_its_rate() {
    let server = Server::with_faults(&[]).await;
    let rule = json!({"stage": "http.status", "kind": {"leak_bytes_per_s": 200_000_000}});
    server.add_fault(rule).await;
    let resident = async || server.metrics().await["process_resident_memory_bytes"].as_f64();
    let before = resident().await.expect("a size");
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.status().await;
    let after = resident().await.expect("a size");
    assert!(after - before > 30e6, "{before} bytes before, {after} after");
}

#[tokio::test]
async fn a_crash_takes_the_whole_process() {
    let mut server = Server::start(&["--fault", "http.status:crash"]).await;
    assert!(
        Answer::try_to(server.request(Method::GET, "/v1/admin/status"))
            .await
            .is_err()
    );
    let (exit, _) = within("the process ends", server.process.wait()).await;
    let exit = exit.expect("a status");
    assert_eq!(exit.status().code(), None, "killed by a signal: {exit}");
}
