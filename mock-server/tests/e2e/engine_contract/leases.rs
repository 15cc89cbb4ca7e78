//! Leases: how they are kept, and how they are lost.

use std::time::Duration;

use audio_api::{ErrorCode, JobStatus, SegmentStatus};
use mock_server::engine::{Failure, Fallback, LeaseError, LeaseToken, SharedEngine};

use super::harness::{Factory, LONG, NO_WAIT, PATIENT, Steps, quick, quick_with, result_for, worker};

/// A lease that soon expires; long enough for a test to do something under it.
const SHORT: Duration = Duration::from_millis(60);

/// Every way to use a lease is refused.
pub(super) async fn assert_lost(engine: &SharedEngine, token: LeaseToken) {
    let lost = |result: Result<(), LeaseError>, what| {
        assert!(matches!(result, Err(LeaseError::Lost)), "{what}: {result:?}");
    };
    lost(engine.extend(token, LONG).await, "extend");
    lost(engine.complete(token, result_for(0)).await, "complete");
    lost(engine.fail(token, Failure::Synthesis).await.map(|_| ()), "fail");
    lost(engine.give_back(token).await, "give back");
}

pub(super) async fn an_expired_lease_is_leased_again_and_counts_as_a_failed_attempt(make: impl Factory) {
    let engine = make(quick()).await;
    let job = engine.submitted(1).await;
    let expired = engine
        .lease(&worker("slow"), SHORT, NO_WAIT)
        .await
        .expect("reachable")
        .expect("due");
    tokio::time::sleep(SHORT * 2).await;
    let again = engine.lease_soon().await;
    assert_eq!((again.segment_index, again.attempt), (0, 2));
    assert!(expired.lost.is_cancelled());
    assert!(!again.lost.is_cancelled());
    assert_lost(&engine, expired.token).await;
    assert_eq!(
        engine.only_segment(&job).await.status,
        SegmentStatus::Synthesizing
    );
    engine.complete_ok(&again).await;
    assert_eq!(engine.only_segment(&job).await.attempts, 2);
    assert_eq!(engine.figures().await.retry_counts.segment_retries, 1);
}

pub(super) async fn an_expired_lease_wakes_a_waiting_worker_without_a_sweep(make: impl Factory) {
    let engine = make(quick()).await;
    engine.submitted(1).await;
    engine
        .lease(&worker("dead"), SHORT, NO_WAIT)
        .await
        .expect("reachable")
        .expect("due");
    let again = engine
        .lease(&worker("w"), LONG, PATIENT)
        .await
        .expect("reachable");
    assert_eq!(again.map(|lease| lease.attempt), Some(2));
}

pub(super) async fn expired_leases_run_into_the_cap(make: impl Factory) {
    let engine = make(quick_with(1, Fallback::Off)).await;
    let job = engine.submitted(1).await;
    for attempt in 1..=2 {
        let lease = engine
            .lease(&worker("dead"), SHORT, PATIENT)
            .await
            .expect("reachable")
            .expect("comes due");
        assert_eq!(lease.attempt, attempt);
    }
    tokio::time::sleep(SHORT * 2).await;
    engine.sweep().await.expect("reachable");
    let segment = engine.only_segment(&job).await;
    assert_eq!(segment.error_code, Some(ErrorCode::RetryCapExceeded));
    assert_eq!(engine.record(&job).await.manifest.status, JobStatus::Error);
    assert_eq!(engine.figures().await.dead_letters, 1);
}

pub(super) async fn extending_keeps_a_lease_beyond_its_time(make: impl Factory) {
    let engine = make(quick()).await;
    let job = engine.submitted(1).await;
    let ttl = Duration::from_millis(250);
    let lease = engine
        .lease(&worker("w"), ttl, NO_WAIT)
        .await
        .expect("reachable")
        .expect("due");
    for _ in 0..4 {
        tokio::time::sleep(ttl / 3).await;
        engine.extend(lease.token, ttl).await.expect("the lease is held");
    }
    assert_eq!(engine.sweep().await.expect("reachable").expired_leases, 0);
    assert!(!lease.lost.is_cancelled());
    engine.complete_ok(&lease).await;
    assert_eq!(engine.only_segment(&job).await.attempts, 1);
}

pub(super) async fn an_ended_lease_is_good_for_nothing(make: impl Factory) {
    let engine = make(quick()).await;
    engine.submitted(3).await;
    let completed = engine.lease_soon().await;
    engine.complete_ok(&completed).await;
    let failed = engine.lease_soon().await;
    engine.fail_ok(&failed).await;
    let given_back = engine.lease_soon().await;
    engine
        .give_back(given_back.token)
        .await
        .expect("the lease is held");
    let before = engine.record(&completed.job_id).await.manifest;
    for lease in [&completed, &failed, &given_back] {
        assert_lost(&engine, lease.token).await;
    }
    assert_eq!(engine.record(&completed.job_id).await.manifest, before);
}

pub(super) async fn a_token_that_was_never_given_is_lost(make: impl Factory) {
    let engine = make(quick()).await;
    engine.submitted(1).await;
    assert_lost(&engine, LeaseToken(u128::MAX)).await;
    assert_eq!(engine.figures().await.queue_len, 1);
}

pub(super) async fn a_sweep_ends_expired_leases_and_says_so(make: impl Factory) {
    let engine = make(quick()).await;
    let job = engine.submitted(2).await;
    for _ in 0..2 {
        engine
            .lease(&worker("dead"), SHORT, NO_WAIT)
            .await
            .expect("reachable")
            .expect("due");
    }
    tokio::time::sleep(SHORT * 2).await;
    let swept = engine.sweep().await.expect("reachable");
    assert_eq!((swept.expired_leases, swept.stale_jobs), (2, 0));
    assert_eq!(engine.record(&job).await.manifest.segments_in_progress, 0);
    assert_eq!(engine.sweep().await.expect("reachable").expired_leases, 0);
}

pub(super) async fn abandoning_a_worker_ends_its_leases_and_no_others(make: impl Factory) {
    let engine = make(quick()).await;
    engine.submitted(3).await;
    engine.heartbeat(&worker("dead")).await.expect("reachable");
    engine.heartbeat(&worker("alive")).await.expect("reachable");
    let mut leases = Vec::new();
    for name in ["dead", "alive", "dead"] {
        let lease = engine.lease(&worker(name), LONG, NO_WAIT).await;
        leases.push(lease.expect("reachable").expect("due"));
    }
    assert_eq!(engine.abandon(&worker("dead")).await.expect("reachable"), 2);
    assert_eq!(
        leases
            .iter()
            .map(|lease| lease.lost.is_cancelled())
            .collect::<Vec<_>>(),
        [true, false, true]
    );
    let figures = engine.figures().await;
    assert_eq!(figures.workers_online, 1);
    assert_eq!((figures.retry_counts.segment_retries, figures.queue_len), (2, 2));
    assert_lost(&engine, leases[0].token).await;
    engine.complete_ok(&leases[1]).await;
    assert_eq!(engine.abandon(&worker("dead")).await.expect("reachable"), 0);
    assert_eq!(engine.abandon(&worker("unknown")).await.expect("reachable"), 0);
}
