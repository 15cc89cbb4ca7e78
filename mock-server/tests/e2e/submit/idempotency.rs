//! One key, one job.

use std::collections::HashSet;

use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Job, Server};

async fn submit(server: &Server, key: &str, body: &Value) -> Answer {
    Answer::to(
        server
            .posting("/v1/tts/jobs", body)
            .header("idempotency-key", key),
    )
    .await
}

#[tokio::test]
async fn a_repeated_submit_is_answered_the_first_job() {
    let server = Server::start(&["--workers", "0", "--max-active-jobs", "1"]).await;
    let body = json!({"text": "Only once."});
    let first = submit(&server, "k", &body).await.json_of(200);
    let again = submit(&server, "k", &body).await.json_of(200);
    assert_eq!(
        again, first,
        "and the limit of active jobs does not stand in the way"
    );
    let reader = server
        .posting("/v1/reader/synthesize", &body)
        .header("idempotency-key", "k");
    assert_eq!(Answer::to(reader).await.json_of(200)["job_id"], first["job_id"]);
    assert_eq!(server.status().await["jobs"]["submitted"], 1);
}

#[tokio::test]
async fn of_many_submits_at_once_one_makes_the_job() {
    let server = Server::start(&[]).await;
    let body = json!({"text": "All at once."});
    let answers = futures::future::join_all((0..32).map(|_| submit(&server, "same", &body))).await;
    let ids: HashSet<String> = answers
        .iter()
        .map(|answer| answer.json_of(200)["job_id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(server.status().await["jobs"]["submitted"], 1);
}

#[tokio::test]
async fn a_key_with_another_body_is_refused() {
    let server = Server::start(&["--workers", "0"]).await;
    let first = submit(&server, "k", &json!({"text": "One."})).await.json_of(200);
    let problem = submit(&server, "k", &json!({"text": "Another."}))
        .await
        .problem(422, "idempotency_key_reused");
    let first = first["job_id"].as_str().expect("an id");
    assert!(
        problem["detail"].as_str().expect("text").contains(first),
        "{problem}"
    );
    assert_eq!(server.status().await["jobs"]["submitted"], 1);
}

#[tokio::test]
async fn other_keys_and_no_key_make_jobs_of_their_own() {
    let server = Server::start(&["--workers", "0"]).await;
    let body = json!({"text": "The same words."});
    submit(&server, "a", &body).await.json_of(200);
    submit(&server, "b", &body).await.json_of(200);
    server.submit("The same words.").await;
    server.submit("The same words.").await;
    assert_eq!(server.status().await["jobs"]["submitted"], 4);
}

#[tokio::test]
async fn a_key_lives_as_long_as_its_job() {
    let server = Server::start(&["--workers", "0"]).await;
    let body = json!({"text": "Gone and come again."});
    let first = submit(&server, "k", &body).await.json_of(200);
    Job::of(&server, &first).delete().await;
    let second = submit(&server, "k", &json!({"text": "Something else."}))
        .await
        .json_of(200);
    assert_ne!(second["job_id"], first["job_id"]);
}

#[tokio::test]
async fn a_repeated_regenerate_is_answered_the_first_new_job() {
    let server = Server::start(&["--workers", "0"]).await;
    let job = server.submit("Again, but only once.").await;
    let regenerate = || async {
        let request = server.request(reqwest::Method::POST, &job.path("/regenerate"));
        Answer::to(request.header("idempotency-key", "r"))
            .await
            .json_of(200)
    };
    let first = regenerate().await;
    assert_ne!(first["job_id"], job.id);
    assert_eq!(regenerate().await["job_id"], first["job_id"]);
    assert_eq!(server.status().await["jobs"]["submitted"], 2);
}

#[tokio::test]
async fn a_refused_submit_does_not_use_its_key_up() {
    let server = Server::start(&["--workers", "0", "--max-active-jobs", "1"]).await;
    let busy = server.submit("In the way.").await;
    let body = json!({"text": "Later, then."});
    submit(&server, "k", &body)
        .await
        .problem(429, "too_many_active_jobs");
    busy.cancel().await;
    submit(&server, "k", &body).await.json_of(200);
}

#[rstest]
#[case::empty("")]
#[case::too_long(&"k".repeat(256))]
#[tokio::test]
async fn a_key_that_is_none_is_refused(#[case] key: &str) {
    let server = Server::start(&["--workers", "0"]).await;
    submit(&server, key, &json!({"text": "a"}))
        .await
        .problem(400, "bad_idempotency_key");
    assert_eq!(server.status().await["jobs"]["submitted"], 0);
}
