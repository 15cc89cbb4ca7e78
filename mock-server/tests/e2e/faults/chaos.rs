//! Everything fails now and then, at once: nothing is lost, nothing is counted twice.

use futures::future::join_all;
use serde_json::Value;

use crate::harness::{Server, eventually, script};

const CHAOS: [&str; 24] = [
    "--fault",
    "synth:error=500,p=0.3",
    "--fault",
    "encode:error=500,p=0.1",
    "--fault",
    "worker:crash,p=0.03",
    "--fault",
    "worker:stall,p=0.03",
    "--fault",
    "queue.lease:drop,p=0.03",
    "--fault",
    "store:sleep=lognormal(5ms;1),p=0.5",
    "--fault-seed",
    "4",
    "--lease-ttl-ms",
    "300",
    "--retry-backoff-ms",
    "2",
    "--segment-max-retries",
    "1",
    "--max-active-jobs",
    "30",
    "--workers",
    "8",
];
const JOBS: usize = 30;
const SEGMENTS: usize = 3;

/// The segments of all jobs.
fn segments(manifests: &[Value]) -> Vec<&Value> {
    let of_job = |manifest: &'_ Value| {
        manifest["segments"]
            .as_array()
            .is_some_and(|s| s.len() == SEGMENTS)
    };
    assert!(manifests.iter().all(of_job));
    manifests
        .iter()
        .flat_map(|manifest| manifest["segments"].as_array().into_iter().flatten())
        .collect()
}

fn sum(values: impl Iterator<Item = Option<u64>>) -> u64 {
    values.map(|value| value.expect("a count")).sum()
}

/// The manifest of an ended job, whose segments are served as it says.
async fn ended(server: &Server, n: usize) -> Value {
    let job = server.submit(&script(&format!("chaos {n}"), SEGMENTS)).await;
    let manifest = job.ended().await;
    for (index, segment) in manifest["segments"]
        .as_array()
        .expect("a list")
        .iter()
        .enumerate()
    {
        let answer = job.segment(index).await;
        match segment["status"].as_str() {
            Some("ready") => assert_eq!((answer.status, &answer.body[..4]), (200, &b"OggS"[..])),
            Some("error") => _ = answer.problem(410, "fallback_failed"),
            other => panic!("a segment of an ended job is {other:?}"),
        }
    }
    manifest
}

#[tokio::test]
async fn under_faults_of_all_kinds_every_job_ends_once_and_the_counters_add_up() {
    let server = Server::start(&CHAOS).await;
    let manifests = join_all((0..JOBS).map(|n| ended(&server, n))).await;
    let status = eventually("all is quiet", async || {
        Some(server.status().await).filter(|status| status["active_jobs"] == 0 && status["queue_len"] == 0)
    })
    .await;
    let counted = |state: &str| {
        manifests
            .iter()
            .filter(|manifest| manifest["status"] == state)
            .count()
    };
    for state in ["complete", "complete_with_errors", "error"] {
        assert_eq!(status["jobs"][state], counted(state), "{state}");
    }
    assert_eq!(
        (&status["jobs"]["submitted"], &status["jobs"]["canceled"]),
        (&JOBS.into(), &0.into())
    );
    let segments = segments(&manifests);
    let failed = segments
        .iter()
        .filter(|segment| segment["status"] == "error")
        .count();
    assert_eq!(status["dead_letters"], failed);
    assert!(
        failed > 0 && failed < segments.len(),
        "{failed} of {} failed",
        segments.len()
    );
    // Every attempt but a segment's first is a retry or the fallback.
    let again = sum(segments.iter().map(|segment| segment["attempts"].as_u64())) - segments.len() as u64;
    let retries = status["retry_counts"]["segment_retries"].as_u64();
    let fallback = status["fallback_model_usage"].as_u64();
    assert_eq!(again, sum([retries, fallback].into_iter()));
    assert_eq!(
        status["retry_counts"]["capped_retries"],
        status["fallback_model_usage"]
    );
    let used = segments
        .iter()
        .filter(|segment| segment["fallback_used"] == true)
        .count();
    assert_eq!(status["fallback_model_usage"], used);
    let restarts = server.metrics().await["touchstone_worker_restarts_total"].as_f64();
    assert!(restarts >= Some(1.0), "nobody crashed");
}
