//! Who is struck by chance is the seed's to say, whatever races with what.

use std::collections::BTreeSet;

use audio_api::fault::Stage;
use futures::future::join_all;
use rstest::rstest;
use serde_json::Value;

use super::{arrival::Arrival, counted::assert_counted};
use crate::harness::{Job, Server, eventually};

/// Requests at once.
const REQUESTS: usize = 64;

/// Which of 64 arrivals at once a rule of even chance strikes: by the number that the rule gave a request, elsewhere by
/// the job.
async fn struck(stage: Stage, seed: &str) -> BTreeSet<usize> {
    let rule = format!("{stage}:error=503,p=0.5");
    let args = [
        "--fault",
        &rule,
        "--fault-seed",
        seed,
        "--segment-max-retries",
        "0",
        "--fallback",
        "false",
    ];
    let server = Server::with_faults(&[&args[..], &["--max-active-jobs", "200"]].concat()).await;
    let struck = if stage.has_attempt() {
        jobs(&server).await
    } else if stage.is_http() {
        requests(&server, stage).await
    } else {
        merges(&server).await
    };
    assert_counted(&server, stage, REQUESTS, struck.len()).await;
    struck
}

/// 64 jobs that were submitted at once and have ended, in the order of their texts.
async fn ended(server: &Server) -> Vec<Job<'_>> {
    let texts: Vec<String> = (0..REQUESTS).map(|n| format!("{n}.")).collect();
    let jobs = join_all(texts.iter().map(|text| server.submit(text))).await;
    eventually("all have ended", async || {
        (server.status().await["active_jobs"] == 0).then_some(())
    })
    .await;
    jobs
}

/// The jobs that fail.
async fn jobs(server: &Server) -> BTreeSet<usize> {
    let jobs = ended(server).await;
    let list = server
        .get("/v1/tts/jobs?status=error&limit=200")
        .await
        .json_of(200);
    let failed = list["jobs"].as_array().expect("a list").iter();
    let place = |id: &Value| jobs.iter().position(|job| *id == job.id.as_str());
    failed
        .map(|job| place(&job["job_id"]).expect("one of ours"))
        .collect()
}

/// The numbers of the requests that are refused, of 64 at once.
async fn requests(server: &Server, stage: Stage) -> BTreeSet<usize> {
    let arrival = Arrival::of(server, stage, "Asked for by many.").await;
    let outcomes = join_all((0..REQUESTS).map(|_| arrival.go())).await;
    let refused = outcomes.iter().filter(|outcome| outcome.failed());
    refused
        .map(|outcome| {
            let problem: Value = serde_json::from_slice(&outcome.answer().body).expect("JSON");
            let detail = problem["detail"].as_str().expect("text");
            let (_, number) = detail.split_once(" number ").expect("a number");
            number
                .split(' ')
                .next()
                .and_then(|number| number.parse().ok())
                .expect("a number")
        })
        .collect()
}

/// The jobs whose merge fails, of 64 at once.
async fn merges(server: &Server) -> BTreeSet<usize> {
    let jobs = ended(server).await;
    let answers = join_all(jobs.iter().map(Job::merged)).await;
    let failed = answers
        .iter()
        .enumerate()
        .filter(|(_, answer)| answer.status == 503);
    failed.map(|(n, _)| n).collect()
}

#[rstest]
#[tokio::test]
async fn chance_strikes_the_same_of_64_at_once_under_a_seed_and_others_under_another(
    #[values(
        Stage::HttpSubmit,
        Stage::HttpJob,
        Stage::HttpSegment,
        Stage::HttpPlaylist,
        Stage::HttpMerged,
        Stage::HttpCancel,
        Stage::HttpStatus,
        Stage::QueueLease,
        Stage::Synth,
        Stage::Encode,
        Stage::Store,
        Stage::MergeLock,
        Stage::MergeWrite,
        Stage::Worker
    )]
    stage: Stage,
) {
    let (first, again, other) = tokio::join!(struck(stage, "7"), struck(stage, "7"), struck(stage, "8"));
    assert_eq!(first, again);
    assert_ne!(first, other);
    // Five standard deviations from the half.
    for struck in [&first, &other] {
        assert!(
            (12..=52).contains(&struck.len()),
            "{} of {REQUESTS}",
            struck.len()
        );
    }
}
