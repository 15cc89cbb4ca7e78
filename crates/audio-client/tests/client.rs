//! The client against servers that answer well, badly, slowly and not at all.
#![expect(clippy::unwrap_used, reason = "a test whose server cannot be set up fails")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use audio_api::{JobStatus, SegmentId, SegmentStatus, SubmitRequest};
use audio_client::{
    CallError, Client, ClientSettings, Fetch, ListQuery, Outcome, Patience, PollPace, Secret, SetupError,
    SubmitKey, TargetProfile, Until, WaitEnd,
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
    routing::{get, post},
};
use rstest::rstest;
use serde_json::{Value, json};

const REFERENCE: &str = include_str!("../../../golden/targets/reference.toml");

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

fn settings(base: &str) -> ClientSettings {
    ClientSettings {
        call_timeout: Duration::from_secs(5),
        ..ClientSettings::new(base)
    }
}

async fn client_of(router: Router) -> Client {
    let base = serve(router).await;
    Client::new(&settings(&base), Arc::new(TargetProfile::reference())).unwrap()
}

fn manifest(status: &str, segments: &[&str]) -> Value {
    let entries: Vec<Value> = segments
        .iter()
        .enumerate()
        .map(|(i, status)| {
            json!({"index": i, "segment_id": format!("seg-{i:04}"), "status": status, "attempts": 1,
                   "model_id": "default", "fallback_used": false, "cached": false, "new_member": [1]})
        })
        .collect();
    json!({"job_id": "j1", "manifest": {"job_id": "j1", "status": status, "model_id": "default", "voice_id": "v",
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        "segments_total": segments.len(), "segments_ready": 0, "segments_error": 0, "segments_in_progress": 0,
        "progress_pct": 0.0, "segments": entries, "later_addition": true}})
}

fn job_router(answer: Value) -> Router {
    Router::new().route("/v1/tts/jobs/{id}", get(move || async move { Json(answer) }))
}

#[tokio::test]
async fn unknown_members_are_left_alone_and_the_call_is_timed() {
    let router = Router::new().route(
        "/v1/tts/jobs/{id}",
        get(|| async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Json(manifest("in_progress", &["ready", "queued"]))
        }),
    );
    let job = client_of(router)
        .await
        .job(&"j1".into())
        .await
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(job.value.manifest.status, JobStatus::InProgress);
    assert_eq!(job.value.manifest.segments[0].status, SegmentStatus::Ready);
    assert!(
        job.reply.elapsed >= Duration::from_millis(50),
        "{:?}",
        job.reply.elapsed
    );
    assert!(job.reply.elapsed >= job.reply.head_elapsed);
}

#[tokio::test]
async fn a_target_with_other_names_is_read_by_its_profile() {
    let text = REFERENCE
        .replace("\"/v1/tts/jobs/{job_id}\"", "\"/x/{job_id}\"")
        .replace(
            "in_progress = \"in_progress\"",
            "running = \"in_progress\"\nwarming = \"in_progress\"",
        )
        .replace("ready = \"ready\"\nerror", "done = \"ready\"\nerror");
    let profile = Arc::new(TargetProfile::parse(&text).unwrap());
    let router = Router::new().route("/x/{id}", get(|| async { Json(manifest("warming", &["done"])) }));
    let client = Client::new(&settings(&serve(router).await), profile).unwrap();
    let job = client.job(&"j1".into()).await.unwrap().done().unwrap().value;
    assert_eq!(job.manifest.status, JobStatus::InProgress);
    assert_eq!(job.manifest.segments[0].status, SegmentStatus::Ready);
}

#[rstest]
#[case::job("exploded", &["ready"], "manifest.status is \"exploded\"")]
#[case::segment("complete", &["ready", "melted"], "manifest.segments[1].status is \"melted\"")]
#[tokio::test]
async fn an_unknown_state_is_named_with_its_place(
    #[case] status: &str,
    #[case] segments: &[&str],
    #[case] says: &str,
) {
    let client = client_of(job_router(manifest(status, segments))).await;
    let error = client.job(&"j1".into()).await.unwrap_err();
    assert!(error.to_string().contains(says), "{error}");
}

#[tokio::test]
async fn a_missing_member_is_named() {
    let mut answer = manifest("queued", &["queued"]);
    answer["manifest"]
        .as_object_mut()
        .unwrap()
        .remove("segments_total");
    let error = client_of(job_router(answer))
        .await
        .job(&"j1".into())
        .await
        .unwrap_err();
    assert!(error.chain().contains("segments_total"), "{}", error.chain());
}

#[rstest]
#[case::pending(202, &[("retry-after", "1")], Outcome::Pending { retry_after: Some(Duration::from_secs(1)) })]
#[case::not_found(404, &[], Outcome::NotFound)]
#[case::gone(410, &[], Outcome::Gone { code: Some("canceled".into()) })]
#[case::busy(429, &[("retry-after", "2")], Outcome::Busy { retry_after: Some(Duration::from_secs(2)) })]
#[case::no_workers(503, &[("retry-after", "1")], Outcome::Busy { retry_after: Some(Duration::from_secs(1)) })]
#[case::broken(503, &[], Outcome::Refused(StatusCode::SERVICE_UNAVAILABLE))]
#[case::redirect(302, &[("location", "/elsewhere")], Outcome::Refused(StatusCode::FOUND))]
#[case::partial(206, &[], Outcome::Done(()))]
#[tokio::test]
async fn foreseen_statuses_are_outcomes(
    #[case] status: u16,
    #[case] headers: &'static [(&'static str, &'static str)],
    #[case] expected: Outcome<()>,
) {
    let answer = move || async move {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        (
            StatusCode::from_u16(status).unwrap(),
            map,
            Json(json!({"code": "canceled"})),
        )
    };
    let client = client_of(Router::new().route("/v1/tts/jobs/{id}/segments/{s}", get(answer))).await;
    let call = client
        .segment(&"j1".into(), &SegmentId::of_index(0), Fetch::get())
        .await
        .unwrap();
    assert_eq!(call.outcome, expected);
    assert_eq!(call.reply.status.as_u16(), status);
}

#[tokio::test]
async fn tokens_and_headers_go_where_they_belong_and_nowhere_else() {
    async fn echo(request: Request) -> impl IntoResponse {
        let shown = |name: &str| {
            request
                .headers()
                .get(name)
                .and_then(|v| v.to_str().ok())
                .unwrap_or("-")
                .to_owned()
        };
        let line = [
            "authorization",
            "x-admin-token",
            "x-tenant",
            "idempotency-key",
            "range",
        ]
        .map(shown)
        .join("|");
        (
            [(header::ETAG, format!("\"{line}\""))],
            Json(manifest("queued", &[])),
        )
    }
    let base = serve(Router::new().fallback(echo)).await;
    let settings = ClientSettings {
        bearer: Some(Secret::new("tok")),
        admin_token: Some(Secret::new("adm")),
        headers: vec!["X-Tenant: blue".parse().unwrap()],
        ..settings(&base)
    };
    let client = Client::new(&settings, Arc::new(TargetProfile::reference())).unwrap();
    let seen = |etag: Option<&str>| etag.unwrap().to_owned();
    let key = SubmitKey::new("k1").unwrap();
    let submit = client
        .submit_keyed(&SubmitRequest::default(), Some(&key))
        .await
        .unwrap()
        .reply;
    assert_eq!(seen(submit.header("etag")), "\"Bearer tok|-|blue|k1|-\"");
    let part = client
        .merged(&"j".into(), Fetch::get().range("bytes=0-1"))
        .await
        .unwrap()
        .reply;
    assert_eq!(seen(part.header("etag")), "\"Bearer tok|-|blue|-|bytes=0-1\"");
    let removed = client.remove_fault("f1").await.unwrap().reply;
    assert_eq!(seen(removed.header("etag")), "\"Bearer tok|adm|blue|-|-\"");
}

#[tokio::test]
async fn the_list_is_asked_in_the_targets_words() {
    let router = Router::new().route(
        "/v1/tts/jobs",
        get(|request: Request| async move {
            let query = request.uri().query().unwrap_or_default().to_owned();
            Json(json!({"jobs": [], "next_cursor": query}))
        }),
    );
    let text = REFERENCE.replace("in_progress = \"in_progress\"", "running = \"in_progress\"");
    let profile = Arc::new(TargetProfile::parse(&text).unwrap());
    let client = Client::new(&settings(&serve(router).await), profile).unwrap();
    let query = ListQuery {
        status: Some(JobStatus::InProgress),
        limit: Some(2),
        cursor: Some("a&b".into()),
    };
    let list = client.list(&query).await.unwrap().done().unwrap().value;
    assert_eq!(
        list.next_cursor.as_deref(),
        Some("status=running&limit=2&cursor=a%26b")
    );
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_not_taken() {
    let router = Router::new().route(
        "/v1/tts/jobs/{id}/audio.ogg",
        get(|| async { Bytes::from(vec![0; 5_000]) }),
    );
    let settings = ClientSettings {
        max_body_bytes: 4_999,
        ..settings(&serve(router).await)
    };
    let client = Client::new(&settings, Arc::new(TargetProfile::reference())).unwrap();
    let error = client.merged(&"j".into(), Fetch::get()).await.unwrap_err();
    assert!(
        matches!(
            error,
            CallError::TooLarge {
                limit_bytes: 4_999,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn no_connection_no_answer_and_half_an_answer_are_told_apart() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let profile = Arc::new(TargetProfile::reference());
    let error = Client::new(&settings(&closed), Arc::clone(&profile))
        .unwrap()
        .health()
        .await
        .unwrap_err();
    assert!(
        matches!(error, CallError::Connect { .. }) && error.is_transport(),
        "{error}"
    );

    let router = Router::new().route("/health", get(|| async { std::future::pending::<()>().await }));
    let client = client_of(router)
        .await
        .with_call_timeout(Duration::from_millis(100));
    let error = client.health().await.unwrap_err();
    assert_eq!(error.to_string(), "health: no answer within 100ms");

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1_024];
        let _ = stream.read(&mut request).await;
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
            .await
            .unwrap();
    });
    let error = Client::new(&settings(&base), profile)
        .unwrap()
        .health()
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::Broken { .. }), "{error}");
}

#[rstest]
#[case::scheme("ftp://h", "neither http nor https")]
#[case::no_url("localhost", "relative URL")]
#[case::query("http://h/?a=1", "a query or a fragment")]
#[case::password("http://u:s3cret@h/", "user name or password")]
fn a_base_that_cannot_be_used_is_refused(#[case] base: &str, #[case] says: &str) {
    let profile = Arc::new(TargetProfile::reference());
    let error = Client::new(&ClientSettings::new(base), profile)
        .unwrap_err()
        .to_string();
    assert!(error.contains(says) && !error.contains("s3cret"), "{error}");
}

#[test]
fn a_ca_file_without_a_certificate_is_refused() {
    let settings = ClientSettings {
        ca_pem: Some(b"nothing".to_vec()),
        ..ClientSettings::new("https://h")
    };
    let error = Client::new(&settings, Arc::new(TargetProfile::reference())).unwrap_err();
    assert!(matches!(error, SetupError::Ca(_)), "{error}");
}

#[tokio::test]
async fn a_base_with_a_path_keeps_it_in_front_of_every_route() {
    let router = Router::new().route("/tenant/health", get(|| async { "ok" }));
    let base = format!("{}/tenant/", serve(router).await);
    let client = Client::new(&settings(&base), Arc::new(TargetProfile::reference())).unwrap();
    assert_eq!(client.health().await.unwrap().outcome, Outcome::Done(()));
}

fn growing_job(steps: &'static [&'static [&'static str]]) -> Router {
    let looks = Arc::new(AtomicU32::new(0));
    Router::new().route(
        "/v1/tts/jobs/{id}",
        get(move || async move {
            let look = looks.fetch_add(1, Ordering::Relaxed) as usize;
            let step = steps[look.min(steps.len() - 1)];
            let ended = step.iter().all(|status| *status == "ready");
            Json(manifest(if ended { "complete" } else { "in_progress" }, step))
        }),
    )
}

#[tokio::test]
async fn a_job_is_waited_for_until_its_first_segment_or_its_end() {
    let steps: &[&[&str]] = &[&["queued", "queued"], &["queued", "ready"], &["ready", "ready"]];
    let soon = || (PollPace::default(), Instant::now() + Duration::from_secs(5));
    let client = client_of(growing_job(steps)).await;
    let first = client
        .wait_for_job(&"j1".into(), Until::FirstReady, soon())
        .await
        .unwrap();
    assert_eq!((first.polls.len(), first.end), (2, WaitEnd::Reached));
    let client = client_of(growing_job(steps)).await;
    let all = client
        .wait_for_job(&"j1".into(), Until::Ended, soon())
        .await
        .unwrap();
    assert_eq!(
        (all.polls.len(), all.last.manifest.status),
        (3, JobStatus::Complete)
    );
    assert!(all.first_ready.unwrap().at < all.last.at);
}

#[tokio::test]
async fn a_job_that_never_ends_is_given_up_at_the_deadline() {
    let client = client_of(growing_job(&[&["queued"]])).await;
    let deadline = Instant::now() + Duration::from_millis(50);
    let waited = client
        .wait_for_job(&"j1".into(), Until::Ended, (PollPace::default(), deadline))
        .await
        .unwrap();
    assert_eq!(waited.end, WaitEnd::TimedOut);
}

fn busy_at_first(refusals: u32, retry_after: Option<&'static str>) -> Router {
    let seen = Arc::new(AtomicU32::new(0));
    Router::new().route(
        "/v1/tts/jobs",
        post(move || async move {
            if seen.fetch_add(1, Ordering::Relaxed) >= refusals {
                return Json(manifest("queued", &["queued"])).into_response();
            }
            let mut answer = StatusCode::TOO_MANY_REQUESTS.into_response();
            if let Some(wait) = retry_after {
                answer
                    .headers_mut()
                    .insert(header::RETRY_AFTER, wait.parse().unwrap());
            }
            answer
        }),
    )
}

#[tokio::test]
async fn a_submit_is_repeated_only_when_asked_and_only_as_the_server_says() {
    let job = SubmitRequest::default();
    let patience = Patience {
        at_most: Duration::from_secs(5),
    };
    let client = client_of(busy_at_first(2, Some("0"))).await;
    assert!(matches!(
        client.submit(&job).await.unwrap().outcome,
        Outcome::Busy { .. }
    ));
    assert_eq!(
        client
            .submit_patiently(&job, patience)
            .await
            .unwrap()
            .value
            .job_id,
        "j1".into()
    );

    let error = client_of(busy_at_first(2, None))
        .await
        .submit_patiently(&job, patience)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("429"), "{error}");
    let error = client_of(busy_at_first(2, Some("60")))
        .await
        .submit_patiently(&job, patience)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("429"), "{error}");
}
