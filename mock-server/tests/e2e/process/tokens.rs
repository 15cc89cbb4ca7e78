//! The API token: which routes need it, and what their answers say to caches.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::harness::{ADMIN, Answer, Job, Server};

const TOKEN: &str = "e2e-api-token";

#[rstest]
#[case::submit(Method::POST, "/v1/tts/jobs")]
#[case::reader(Method::POST, "/v1/reader/synthesize")]
#[case::list(Method::GET, "/v1/tts/jobs")]
#[case::job(Method::GET, "/v1/tts/jobs/x")]
#[case::alias(Method::GET, "/api/tts/jobs/x")]
#[case::segment(Method::GET, "/v1/tts/jobs/x/segments/seg-0000")]
#[case::segment_head(Method::HEAD, "/v1/tts/jobs/x/segments/seg-0000")]
#[case::playlist(Method::GET, "/v1/tts/jobs/x/playlist.json")]
#[case::merged(Method::GET, "/v1/tts/jobs/x/audio.ogg")]
#[case::cancel(Method::POST, "/v1/tts/jobs/x/cancel")]
#[case::regenerate(Method::POST, "/v1/tts/jobs/x/regenerate")]
#[case::delete(Method::DELETE, "/v1/tts/jobs/x")]
#[case::status(Method::GET, "/v1/admin/status")]
#[case::faults(Method::GET, "/v1/admin/faults")]
#[case::metrics(Method::GET, "/metrics")]
#[case::flat_metrics(Method::GET, "/v1/metrics")]
#[case::no_route(Method::GET, "/nothing/here")]
#[case::no_method(Method::PATCH, "/v1/tts/jobs/x")]
#[tokio::test]
async fn every_route_needs_the_token(#[case] method: Method, #[case] path: &str) {
    let server = Server::with_faults(&["--api-token", TOKEN]).await;
    let ask = async |authorization: Option<&str>| {
        let mut request = server
            .request(method.clone(), path)
            .header("x-admin-token", ADMIN);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        Answer::to(request).await
    };
    for wrong in [
        None,
        Some(""),
        Some("Bearer"),
        Some("Bearer "),
        Some("Bearer wrong"),
        Some("Basic e2e-api-token"),
    ] {
        let answer = ask(wrong).await;
        assert_eq!(answer.status, 401, "{wrong:?}");
        assert!(
            answer.header("www-authenticate").starts_with("Bearer"),
            "{wrong:?}"
        );
        assert!(answer.header("cache-control").contains("private"), "{wrong:?}");
        if method != Method::HEAD {
            answer.problem(401, "unauthorized");
        }
    }
    for right in ["Bearer e2e-api-token", "bearer  e2e-api-token"] {
        let answer = ask(Some(right)).await;
        assert_ne!(answer.status, 401, "{right}");
        assert!(
            answer.header("cache-control").contains("private"),
            "{right}: {}",
            answer.header("cache-control")
        );
    }
}

#[rstest]
#[case::health("/health")]
#[case::readiness("/ready")]
#[tokio::test]
async fn health_and_readiness_need_none(#[case] path: &str) {
    let server = Server::start(&["--api-token", TOKEN]).await.ready().await;
    assert_eq!(server.get(path).await.status, 200);
}

#[tokio::test]
async fn audio_under_a_token_is_for_private_caches_only() {
    let server = Server::start(&["--api-token", TOKEN]).await;
    let ask =
        async |method: Method, path: &str| Answer::to(server.request(method, path).bearer_auth(TOKEN)).await;
    let request = server
        .posting("/v1/tts/jobs", &json!({"text": "Private."}))
        .bearer_auth(TOKEN);
    let job = Job::of(&server, &Answer::to(request).await.json_of(200));
    crate::harness::eventually("the job ends", async || {
        let manifest = ask(Method::GET, &job.path("")).await.json_of(200);
        (manifest["manifest"]["status"] == "complete").then_some(())
    })
    .await;
    let segment = ask(Method::GET, &job.segment_path(0)).await;
    assert_eq!(segment.status, 200);
    assert_eq!(
        segment.header("cache-control"),
        "private, max-age=31536000, immutable"
    );
    let merged = ask(Method::GET, &job.path("/audio.ogg")).await;
    assert_eq!(merged.status, 200);
    assert!(
        !merged.header("cache-control").contains("public"),
        "{}",
        merged.header("cache-control")
    );
}

#[tokio::test]
async fn one_token_does_not_stand_in_for_the_other() {
    let server = Server::with_faults(&["--api-token", TOKEN]).await;
    let ask = async |api: &str, admin: &str| {
        let request = server.request(Method::GET, "/v1/admin/faults").bearer_auth(api);
        Answer::to(request.header("x-admin-token", admin)).await.status
    };
    assert_eq!(ask(TOKEN, ADMIN).await, 200);
    assert_eq!(ask(ADMIN, ADMIN).await, 401);
    assert_eq!(ask(TOKEN, TOKEN).await, 401);
}
