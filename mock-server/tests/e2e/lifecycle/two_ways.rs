//! Audio that is ready is answered before the router is asked; a spelling that has to be decoded first goes through it.
//! Nobody can tell which way a request went.

use reqwest::{Method, header::HeaderMap};
use rstest::rstest;
use serde_json::json;

use crate::harness::{Answer, Job, Server, encoded, script};

const TOKEN: &str = "api-token";

/// The plain path of each kind of audio, and the encoded one.
fn paths(job: &Job<'_>) -> Vec<(String, String)> {
    ["/v1/", "/api/"]
        .into_iter()
        .flat_map(|version| ["/segments/seg-0000", "/audio.ogg"].map(|rest| (version, rest)))
        .map(|(version, rest)| job.path(rest).replace("/v1/", version))
        .map(|path| (path.clone(), encoded(&job.id, &path)))
        .collect()
}

/// Headers without those that differ from answer to answer.
fn lasting(answer: &Answer) -> HeaderMap {
    let mut headers = answer.headers.clone();
    headers.remove("x-request-id").expect("every answer has one");
    headers.remove("date").expect("every answer has one");
    headers
}

async fn ask(server: &Server, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = server.request(Method::GET, path).bearer_auth(TOKEN);
    let request = headers
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value));
    Answer::to(request).await
}

#[rstest]
#[case::whole(&[], 200)]
#[case::a_range(&[("range", "bytes=10-99")], 206)]
#[case::the_end(&[("range", "bytes=-5")], 206)]
#[case::several_ranges(&[("range", "bytes=0-9,500-599")], 206)]
#[case::a_malformed_range(&[("range", "bytes=9-1")], 200)]
#[case::no_such_range(&[("range", "bytes=99999999-")], 416)]
#[case::what_the_client_has(&[("if-none-match", "*")], 304)]
#[case::what_the_client_supposes(&[("if-match", "\"another\"")], 412)]
#[case::a_range_of_another_version(&[("range", "bytes=0-9"), ("if-range", "\"another\"")], 200)]
#[case::an_id_of_the_callers_own(&[("x-request-id", "mine")], 200)]
#[tokio::test]
async fn both_ways_give_the_same_answer(#[case] headers: &[(&str, &str)], #[case] status: u16) {
    let server = Server::start(&[]).await;
    let job = server.submit("Which way did it go?").await;
    job.complete().await;
    assert_eq!(job.merged().await.status, 200, "merged once, so that it is there");
    for (plain, encoded) in paths(&job) {
        let (at_once, routed) = (
            ask(&server, &plain, headers).await,
            ask(&server, &encoded, headers).await,
        );
        assert_eq!((at_once.status, routed.status), (status, status), "{plain}");
        assert_eq!(lasting(&at_once), lasting(&routed), "{plain}");
        if status < 400 {
            assert_eq!(at_once.body, routed.body, "{plain}");
        }
        let own = |answer: &Answer| answer.header("x-request-id") == "mine";
        assert_eq!(own(&at_once), own(&routed), "{plain}");
    }
}

#[tokio::test]
async fn both_ways_ask_for_the_token_and_keep_answers_private() {
    let server = Server::start(&["--api-token", TOKEN]).await;
    let submit = server
        .posting("/v1/tts/jobs", &json!({"text": "Not for everybody."}))
        .bearer_auth(TOKEN);
    let id = Answer::to(submit).await.json_of(200)["job_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let plain = format!("/v1/tts/jobs/{id}/segments/seg-0000");
    let encoded = encoded(&id, &plain);
    crate::harness::eventually("the segment is ready", async || {
        (ask(&server, &plain, &[]).await.status == 200).then_some(())
    })
    .await;
    let (at_once, routed) = (ask(&server, &plain, &[]).await, ask(&server, &encoded, &[]).await);
    assert_eq!(
        at_once.header("cache-control"),
        "private, max-age=31536000, immutable"
    );
    assert_eq!(lasting(&at_once), lasting(&routed));
    for path in [&plain, &encoded] {
        server.get(path).await.problem(401, "unauthorized");
        let wrong = server.request(Method::GET, path).bearer_auth("wrong");
        Answer::to(wrong).await.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn both_ways_say_which_segments_are_missing() {
    let server = Server::with_faults(&["--fallback", "false", "--segment-max-retries", "0"]).await;
    let rule = json!({"stage": "synth", "kind": {"error": 500}, "match": {"segment_index": 1}});
    server.add_fault(rule).await;
    let job = server.submit(&script("gaps", 3)).await;
    let manifest = job.ended().await;
    assert_eq!(manifest["status"], "complete_with_errors");
    assert_eq!(job.merged().await.status, 200, "merged once, so that it is there");
    let at_once = job.merged().await;
    let routed = server.get(&encoded(&job.id, &job.path("/audio.ogg"))).await;
    assert_eq!(at_once.header("x-segments-missing"), "1");
    assert_eq!(lasting(&at_once), lasting(&routed));
}

#[tokio::test]
async fn faults_strike_both_ways_and_their_counters_are_exact() {
    let server = Server::with_faults(&[]).await;
    let job = server.submit("Struck.").await;
    job.complete().await;
    assert_eq!(job.merged().await.status, 200, "merged once, so that it is there");
    for (stage, rest) in [
        ("http.segment", "/segments/seg-0000"),
        ("http.merged", "/audio.ogg"),
    ] {
        let plain = job.path(rest);
        let encoded = encoded(&job.id, &plain);
        let rule = json!({"stage": stage, "kind": {"error": 503}});
        let rule = server.add_fault(rule).await;
        for path in [&plain, &encoded, &plain] {
            server.get(path).await.problem(503, "injected_fault");
        }
        assert_eq!(server.fired(&rule).await, 3, "{stage}");
        server.remove_fault(&rule).await;
        assert_eq!(server.get(&plain).await.status, 200, "{stage}");
    }
}

#[tokio::test]
async fn both_ways_are_measured_under_one_route() {
    let server = Server::start(&[]).await;
    let job = server.submit("Counted.").await;
    job.complete().await;
    assert_eq!(job.merged().await.status, 200, "merged once, so that it is there");
    for (plain, encoded) in paths(&job) {
        for path in [plain, encoded] {
            assert_eq!(server.get(&path).await.status, 200);
        }
    }
    let text = server.get("/metrics").await;
    for (route, requests) in [
        ("/v1/tts/jobs/{job_id}/segments/{segment_id}", 2),
        ("/api/tts/jobs/{job_id}/segments/{segment_id}", 2),
        ("/v1/tts/jobs/{job_id}/audio.ogg", 3),
        ("/api/tts/jobs/{job_id}/audio.ogg", 2),
    ] {
        let counts: Vec<&str> = text
            .text()
            .lines()
            .filter(|line| line.contains("http_request_duration_seconds_count") && line.contains(route))
            .collect();
        assert_eq!(counts.len(), 1, "{route}: {counts:?}");
        assert!(counts[0].ends_with(&format!(" {requests}")), "{counts:?}");
    }
}

#[tokio::test]
async fn what_is_gone_is_gone_both_ways() {
    let server = Server::start(&[]).await;
    let job = server.submit("Soon forgotten.").await;
    job.complete().await;
    let before = paths(&job);
    for (plain, _) in &before {
        assert_eq!(server.get(plain).await.status, 200);
    }
    assert_eq!(job.delete().await.status, 204);
    for (plain, encoded) in &before {
        for path in [plain, encoded] {
            server.get(path).await.problem(404, "job_not_found");
        }
    }
}
