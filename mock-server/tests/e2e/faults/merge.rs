//! Faults under the merge lock, and what concurrent requests see of it.

use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Server, eventually, within};

#[tokio::test]
async fn while_one_request_merges_the_others_wait_a_second_and_are_told_to_come_back() {
    let server = Server::with_faults(&[]).await;
    let rule = json!({"stage": "merge.lock", "kind": {"stall": true}});
    let rule = server.add_fault(rule).await;
    let job = server.submit("One at a time.").await;
    job.complete().await;
    let (first, others) = tokio::join!(job.merged(), async {
        eventually("the first holds the lock", async || {
            (server.fired(&rule).await == 1).then_some(())
        })
        .await;
        let waiting = (0..3).map(|_| within("an answer", job.merged()));
        let others = futures::future::join_all(waiting).await;
        server.remove_fault(&rule).await;
        others
    });
    assert_eq!(first.status, 200);
    for (answer, took) in &others {
        assert!(
            *took > Duration::from_millis(900) && *took < Duration::from_secs(5),
            "{took:?}"
        );
        assert_eq!(answer.header("retry-after"), "1");
        assert_eq!(answer.json_of(202)["status"], "complete");
    }
    assert_eq!(job.merged().await.body, first.body);
    let merge = server.status().await["merge_lock_contention"].take();
    assert_eq!(
        (&merge["acquisitions"], &merge["wait_count"]),
        (&json!(1), &json!(3))
    );
    let (total, longest) = (merge["wait_total_ms"].as_f64(), merge["wait_max_ms"].as_f64());
    assert!(
        total > Some(2_700.0) && longest > Some(900.0) && longest < total,
        "{merge}"
    );
    let merges = server.metrics().await["touchstone_stage_duration_seconds_count{stage=\"merge\"}"].take();
    assert_eq!(merges, 1.0, "merged once");
}

#[tokio::test]
async fn who_waits_less_than_a_second_gets_the_audio_that_the_other_made() {
    let server = Server::start(&["--fault", "merge.lock:sleep=300ms"]).await;
    let job = server.submit("Shared.").await;
    job.complete().await;
    let answers = futures::future::join_all((0..6).map(|_| job.merged())).await;
    for answer in &answers {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body, answers[0].body);
    }
    let status = server.status().await;
    assert_eq!(status["faults_fired"], 1, "one merge");
    let waits = status["merge_lock_contention"]["wait_count"].as_u64();
    assert!(waits >= Some(1) && waits <= Some(5), "{status}");
}

#[tokio::test]
async fn a_request_that_goes_away_leaves_no_lock_behind() {
    let server = Server::with_faults(&[]).await;
    let rule = json!({"stage": "merge.lock", "kind": {"stall": true}, "when": {"count": 1}});
    let rule = server.add_fault(rule).await;
    let job = server.submit("Gone in between.").await;
    job.complete().await;
    let leaving = tokio::time::timeout(Duration::from_millis(400), job.merged());
    assert!(leaving.await.is_err(), "the fault holds the request up");
    assert_eq!(server.fired(&rule).await, 1);
    let audio = eventually("another can merge", async || {
        Some(job.merged().await).filter(|answer| answer.status != 202)
    });
    assert_eq!(audio.await.status, 200);
}

#[rstest]
#[case::before_it("merge.lock", json!({"error": 503}), 503)]
#[case::in_it("merge.write", json!({"error": 500}), 500)]
#[tokio::test]
async fn a_merge_that_fails_says_so_and_the_next_one_succeeds(
    #[case] stage: &str,
    #[case] kind: Value,
    #[case] status: u16,
) {
    let server = Server::with_faults(&[]).await;
    server
        .add_fault(json!({"stage": stage, "kind": kind, "when": {"count": 1}}))
        .await;
    let job = server.submit("Twice.").await;
    job.complete().await;
    job.merged().await.problem(status, "injected_fault");
    assert_eq!(job.merged().await.status, 200);
    assert_eq!(server.status().await["merge_lock_contention"]["acquisitions"], 2);
}
