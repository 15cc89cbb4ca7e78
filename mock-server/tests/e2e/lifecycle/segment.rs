//! A segment's audio: not ready, ready, whole, in part, or as the client has it already.

use reqwest::header::HeaderMap;
use rstest::rstest;
use serde_json::json;

use crate::harness::{Answer, Server, decode, script};

/// Headers without those that differ from answer to answer.
fn lasting(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    headers.remove("x-request-id");
    headers.remove("date");
    headers
}

#[tokio::test]
async fn a_segment_is_202_with_its_progress_until_it_is_ready() {
    let server = Server::with_faults(&[]).await;
    let rule = server
        .add_fault(json!({"stage": "synth", "kind": {"stall": true}}))
        .await;
    let job = server.submit("Not yet.").await;
    job.until("is in progress", |m| m["segments_in_progress"] == 1)
        .await;
    let pending = job.segment(0).await;
    assert_eq!(pending.header("retry-after"), "1");
    assert_eq!(pending.header("cache-control"), "no-store");
    assert_eq!(
        pending.json_of(202),
        json!({"job_id": job.id, "segment_id": "seg-0000", "status": "synthesizing", "attempts": 1})
    );
    let head = server.head(&job.segment_path(0)).await;
    assert_eq!((head.status, head.body.len()), (202, 0));
    assert_eq!(
        lasting(&head.headers),
        lasting(&pending.headers),
        "HEAD says the same as GET"
    );
    server.remove_fault(&rule).await;
    job.complete().await;
    assert_eq!(job.segment(0).await.status, 200);
}

#[tokio::test]
async fn a_ready_segment_is_served_with_the_headers_of_the_contract() {
    let server = Server::start(&[]).await;
    let job = server.submit("All of it.").await;
    let segment = job.complete().await["segments"][0].take();
    let whole = job.segment(0).await;
    assert_eq!(whole.status, 200);
    let key = segment["cache_key"].as_str().expect("a key");
    let last_modified = whole.header("last-modified").to_owned();
    let wanted = [
        ("accept-ranges", "bytes"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("content-length", &segment["size_bytes"].to_string()),
        ("content-type", "audio/ogg"),
        ("etag", &format!("\"{key}\"")),
        ("last-modified", &last_modified),
        ("x-content-type-options", "nosniff"),
        ("x-job-id", &job.id),
    ];
    let sent = lasting(&whole.headers);
    let mut sent: Vec<(&str, &str)> = sent
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().expect("ASCII")))
        .collect();
    sent.sort_unstable();
    assert_eq!(sent, wanted);
    let modified = httpdate::parse_http_date(&last_modified).expect("an HTTP date");
    let age = std::time::SystemTime::now()
        .duration_since(modified)
        .expect("not in the future");
    assert!(age.as_secs() < 60, "{last_modified}");
    assert!(whole.body.starts_with(b"OggS"));
    assert_eq!(segment["size_bytes"], whole.body.len());
    #[expect(clippy::cast_precision_loss, reason = "a short file's samples")]
    let duration_ms = decode(&whole.body).len() as f64 / 24.0;
    assert!((segment["duration_ms"].as_f64().expect("a length") - duration_ms).abs() < 0.001);
    let head = server.head(&job.segment_path(0)).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(
        lasting(&head.headers),
        lasting(&whole.headers),
        "HEAD says the same as GET"
    );
}

#[rstest]
#[case::the_first_byte("bytes=0-0", 0, 1)]
#[case::a_part("bytes=10-19", 10, 20)]
#[case::from_a_place_on("bytes=1000-", 1000, usize::MAX)]
#[case::the_last_bytes("bytes=-100", usize::MAX - 100, usize::MAX)]
#[case::more_than_there_is("bytes=5-99999999", 5, usize::MAX)]
#[case::a_suffix_longer_than_the_file("bytes=-99999999", 0, usize::MAX)]
#[case::a_position_beyond_64_bits("bytes=7-99999999999999999999999", 7, usize::MAX)]
#[tokio::test]
async fn a_range_is_answered_with_its_bytes(#[case] range: &str, #[case] from: usize, #[case] to: usize) {
    let server = Server::start(&[]).await;
    let job = server.submit("Only a part of it.").await;
    job.complete().await;
    let whole = job.segment(0).await;
    let len = whole.body.len();
    // Places from the end are written as if the file were as long as can be.
    let place = |at: usize| {
        if at > usize::MAX / 2 {
            len - (usize::MAX - at)
        } else {
            at
        }
    };
    let (from, to) = (place(from), place(to));
    let part = Answer::to(job.fetching(0).header("range", range)).await;
    assert_eq!(part.status, 206);
    assert_eq!(
        part.header("content-range"),
        format!("bytes {from}-{}/{len}", to - 1)
    );
    assert_eq!(part.header("content-length"), (to - from).to_string());
    assert!(part.body == whole.body[from..to], "other bytes");
    for name in [
        "etag",
        "accept-ranges",
        "content-type",
        "cache-control",
        "x-job-id",
        "last-modified",
    ] {
        assert_eq!(part.header(name), whole.header(name), "{name}");
    }
}

#[rstest]
#[case::an_unknown_unit("items=0-1")]
#[case::malformed("bytes=a-b")]
#[case::the_end_before_the_start("bytes=9-3")]
#[tokio::test]
async fn a_range_that_is_none_is_ignored(#[case] range: &str) {
    let server = Server::start(&[]).await;
    let job = server.submit("Everything.").await;
    job.complete().await;
    let answer = Answer::to(job.fetching(0).header("range", range)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, job.segment(0).await.body);
}

#[tokio::test]
async fn a_range_beyond_the_audio_is_refused_with_its_length() {
    let server = Server::start(&[]).await;
    let job = server.submit("Too far.").await;
    let size = job.complete().await["segments"][0]["size_bytes"].take();
    let answer = Answer::to(job.fetching(0).header("range", format!("bytes={size}-"))).await;
    answer.problem(416, "range_not_satisfiable");
    assert_eq!(answer.header("content-range"), format!("bytes */{size}"));
    assert_eq!(answer.header("x-job-id"), job.id);
    let head = server.request(reqwest::Method::HEAD, &job.segment_path(0));
    let head = Answer::to(head.header("range", format!("bytes={size}-"))).await;
    assert_eq!(head.status, 200, "Range is ignored on HEAD");
}

#[tokio::test]
async fn what_the_client_has_already_is_not_sent_again() {
    let server = Server::start(&[]).await;
    let job = server.submit("Seen before.").await;
    job.complete().await;
    let whole = job.segment(0).await;
    let (etag, modified) = (whole.header("etag"), whole.header("last-modified"));
    let ask = async |name: &str, value: &str| Answer::to(job.fetching(0).header(name, value)).await;
    for (name, value) in [
        ("if-none-match", etag),
        ("if-none-match", "*"),
        ("if-modified-since", modified),
    ] {
        let answer = ask(name, value).await;
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{name}: {value}");
        assert_eq!(answer.header("etag"), etag);
        assert_eq!(answer.header("cache-control"), whole.header("cache-control"));
    }
    assert_eq!(ask("if-none-match", "\"another\"").await.status, 200);
    ask("if-match", "\"another\"")
        .await
        .problem(412, "precondition_failed");
    let ranged = |etag: &str| {
        job.fetching(0)
            .header("range", "bytes=0-3")
            .header("if-range", etag)
    };
    assert_eq!(Answer::to(ranged(etag)).await.status, 206);
    assert_eq!(Answer::to(ranged("\"another\"")).await.status, 200);
}

#[rstest]
#[case::one_too_many("seg-0002")]
#[case::spelt_otherwise("seg-1")]
#[case::no_segment_at_all("first")]
#[tokio::test]
async fn a_segment_that_the_job_does_not_have_is_not_found(#[case] segment: &str) {
    let server = Server::start(&[]).await;
    let job = server.submit(&script("two segments", 2)).await;
    job.complete().await;
    let answer = job.get(&format!("/segments/{segment}")).await;
    answer.problem(404, "segment_not_found");
}
