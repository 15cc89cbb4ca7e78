//! The list of jobs: newest first, in pages, by state, and without a word of their texts.

use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Server, members};

fn ids(page: &Value) -> Vec<String> {
    let jobs = page["jobs"].as_array().expect("a list");
    jobs.iter()
        .map(|job| job["job_id"].as_str().expect("an id").to_owned())
        .collect()
}

#[tokio::test]
async fn pages_follow_each_other_newest_first_and_end() {
    let server = Server::start(&["--workers", "0"]).await;
    let mut submitted = Vec::new();
    for n in 0..5 {
        submitted.insert(0, server.submit(&format!("Number {n}.")).await.id);
    }
    let mut listed = Vec::new();
    let mut path = "/v1/tts/jobs?limit=2".to_owned();
    let mut pages = 0;
    loop {
        let page = server.get(&path).await.json_of(200);
        assert_eq!(members(&page), ["jobs", "next_cursor"]);
        listed.extend(ids(&page));
        pages += 1;
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        // A job that comes in between does not shift the pages.
        server.submit(&format!("In between, after page {pages}.")).await;
        path = format!("/v1/tts/jobs?limit=2&cursor={cursor}");
    }
    assert_eq!((listed, pages), (submitted, 3));
}

#[tokio::test]
async fn a_page_has_fifty_jobs_unless_told() {
    let server = Server::start(&["--workers", "0", "--max-active-jobs", "60"]).await;
    for n in 0..55 {
        server.submit(&format!("Number {n}.")).await;
    }
    let count = async |path: &str| ids(&server.get(path).await.json_of(200)).len();
    assert_eq!(count("/v1/tts/jobs").await, 50);
    assert_eq!(count("/v1/tts/jobs?limit=200").await, 55);
}

#[tokio::test]
async fn jobs_are_listed_by_their_state() {
    let server = Server::start(&["--workers", "0"]).await;
    let canceled = server.submit("Not this one.").await;
    let queued = server.submit("This one.").await;
    canceled.cancel().await;
    let list = async |status: &str| {
        let path = format!("/v1/tts/jobs?status={status}");
        ids(&server.get(&path).await.json_of(200))
    };
    assert_eq!(list("canceled").await, [canceled.id.as_str()]);
    assert_eq!(list("queued").await, [queued.id.as_str()]);
    assert_eq!(list("complete").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_listed_job_shows_its_progress_and_none_of_its_text() {
    let server = Server::start(&[]).await;
    let body = json!({"text": "A secret word.", "voice_id": "alto", "model": "quality"});
    let manifest = server.submit_as(body).await.complete().await;
    let answer = server.get("/v1/tts/jobs").await;
    assert!(!answer.text().contains("secret"));
    let summary = &answer.json_of(200)["jobs"][0];
    assert_eq!(
        members(summary),
        [
            "created_at",
            "job_id",
            "model_id",
            "progress_pct",
            "segments_error",
            "segments_ready",
            "segments_total",
            "status",
            "updated_at",
            "voice_id"
        ]
    );
    for member in members(summary) {
        assert_eq!(summary[member], manifest[member], "{member}");
    }
}

#[rstest]
#[case::a_state_that_is_none("status=done", "unknown_status", "queued, in_progress, complete")]
#[case::no_jobs_a_page("limit=0", "bad_limit", "1 to 200")]
#[case::too_many_a_page("limit=201", "bad_limit", "1 to 200")]
#[case::a_limit_that_is_no_number("limit=many", "bad_limit", "1 to 200")]
#[case::a_cursor_of_somebody_else("cursor=abc", "bad_cursor", "cursor")]
#[case::a_limit_twice("limit=1&limit=2", "bad_query", "limit")]
#[tokio::test]
async fn a_query_that_is_not_valid_is_refused(#[case] query: &str, #[case] code: &str, #[case] says: &str) {
    let server = Server::start(&["--workers", "0"]).await;
    let answer = server.get(&format!("/v1/tts/jobs?{query}")).await;
    let problem = answer.problem(400, code);
    assert!(
        problem["detail"].as_str().expect("text").contains(says),
        "{problem}"
    );
}
