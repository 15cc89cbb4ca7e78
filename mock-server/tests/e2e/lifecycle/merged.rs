//! Merged audio: one file of all segments.

use rstest::rstest;
use serde_json::json;

use crate::harness::{Answer, Job, Server, decode, script};

/// The samples of a job's first segments, one after the other.
async fn samples(job: &Job<'_>, segments: usize) -> Vec<i16> {
    let mut all = Vec::new();
    for index in 0..segments {
        all.extend(decode(&job.segment(index).await.body));
    }
    all
}

#[rstest]
#[case::one_segment(1)]
#[case::several_segments(5)]
#[tokio::test]
async fn merged_audio_is_its_segments_to_the_sample(#[case] segments: usize) {
    let server = Server::start(&[]).await;
    let job = server.submit(&script("merging", segments)).await;
    job.complete().await;
    let merged = job.merged().await;
    assert_eq!(merged.status, 200);
    assert!(
        decode(&merged.body) == samples(&job, segments).await,
        "other samples"
    );
    let again = job.merged().await;
    assert!(again.body == merged.body, "other bytes the second time");
    assert_eq!(
        server.status().await["merge_lock_contention"]["acquisitions"],
        1,
        "merged once"
    );
}

#[tokio::test]
async fn merged_audio_is_202_with_the_job_s_progress_while_the_job_runs() {
    let server = Server::with_faults(&[]).await;
    let rule = json!({"stage": "synth", "kind": {"stall": true}, "match": {"segment_index": 1}});
    let rule = server.add_fault(rule).await;
    let job = server.submit(&script("patience", 2)).await;
    job.until("is half way", |m| {
        m["segments_ready"] == 1 && m["segments_in_progress"] == 1
    })
    .await;
    let pending = job.merged().await;
    assert_eq!(pending.header("retry-after"), "1");
    let mut progress = pending.json_of(202);
    assert!(progress["detail"].take().is_string());
    assert_eq!(
        progress,
        json!({"job_id": job.id, "status": "in_progress", "segments_total": 2, "segments_ready": 1,
            "segments_error": 0, "segments_in_progress": 1, "progress_pct": 50.0, "detail": null})
    );
    server.remove_fault(&rule).await;
    job.complete().await;
    assert_eq!(job.merged().await.status, 200);
}

#[tokio::test]
async fn merged_audio_is_served_with_its_headers_whole_and_in_part() {
    let server = Server::start(&[]).await;
    let job = server.submit(&script("headers", 2)).await;
    job.complete().await;
    let path = job.path("/audio.ogg");
    let head = server.head(&path).await;
    let whole = job.merged().await;
    let of_the_contract = [
        "accept-ranges",
        "content-length",
        "content-type",
        "etag",
        "last-modified",
        "cache-control",
        "x-job-id",
        "x-content-type-options",
    ];
    for name in of_the_contract {
        assert_eq!(head.header(name), whole.header(name), "{name}");
        assert!(!whole.header(name).is_empty(), "{name}");
    }
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(whole.header("content-type"), "audio/ogg");
    assert_eq!(whole.header("content-length"), whole.body.len().to_string());
    assert_eq!(whole.header("x-segments-missing"), "", "nothing is missing");
    assert_ne!(whole.header("etag"), job.segment(0).await.header("etag"));
    let ask = async |name: &str, value: &str| {
        Answer::to(server.request(reqwest::Method::GET, &path).header(name, value)).await
    };
    let part = ask("range", "bytes=-1000").await;
    assert_eq!(part.status, 206);
    assert!(part.body == whole.body[whole.body.len() - 1000..], "other bytes");
    ask("range", "bytes=99999999-")
        .await
        .problem(416, "range_not_satisfiable");
    assert_eq!(ask("if-none-match", whole.header("etag")).await.status, 304);
}

#[tokio::test]
async fn jobs_of_the_same_segments_share_their_merged_audio() {
    let server = Server::start(&[]).await;
    let text = script("sharing", 2);
    let first = server.submit(&text).await;
    first.complete().await;
    let merged = first.merged().await;
    let second = server.submit(&text).await;
    second.complete().await;
    let shared = second.merged().await;
    assert_eq!(shared.header("etag"), merged.header("etag"));
    assert_eq!(shared.header("x-job-id"), second.id);
    assert_eq!(server.status().await["merge_lock_contention"]["acquisitions"], 1);
}
