//! The order in which segments are leased, and waking those who wait for one.

use std::{collections::HashSet, time::Duration};

use mock_server::engine::{EngineConfig, FailureOutcome, RetryPolicy};
use tokio::{task::JoinSet, time::Instant};

use super::harness::{Factory, LONG, NO_WAIT, PATIENT, Steps, quick, worker};

pub(super) async fn segments_leave_in_the_order_of_submission(make: impl Factory) {
    let engine = make(quick()).await;
    let jobs = [engine.submitted(3).await, engine.submitted(2).await];
    let mut order = Vec::new();
    while let Some(lease) = engine.lease_now().await {
        order.push((lease.job_id, lease.segment_index));
    }
    let [first, second] = jobs;
    let expected = [(&first, 0), (&first, 1), (&first, 2), (&second, 0), (&second, 1)];
    assert_eq!(order, expected.map(|(job, index)| (job.clone(), index)));
}

pub(super) async fn a_waiting_lease_call_wakes_when_a_job_arrives(make: impl Factory) {
    let engine = make(quick()).await;
    let waiting = tokio::spawn({
        let engine = engine.clone();
        async move { engine.lease_soon().await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let job = engine.submitted(1).await;
    let started = Instant::now();
    assert_eq!(waiting.await.expect("no panic").job_id, job);
    assert!(
        started.elapsed() < PATIENT / 2,
        "woke only after {:?}",
        started.elapsed()
    );
}

pub(super) async fn a_lease_call_waits_no_longer_than_asked(make: impl Factory) {
    let engine = make(quick()).await;
    let started = Instant::now();
    let wait = Duration::from_millis(80);
    let lease = engine.lease(&worker("w"), LONG, wait).await.expect("reachable");
    assert!(lease.is_none());
    assert!(started.elapsed() >= wait, "gave up after {:?}", started.elapsed());
    assert!(
        started.elapsed() < PATIENT,
        "gave up after {:?}",
        started.elapsed()
    );
}

pub(super) async fn as_many_waiting_workers_as_segments_all_get_one(make: impl Factory) {
    let engine = make(quick()).await;
    let mut workers = JoinSet::new();
    for _ in 0..64 {
        let engine = engine.clone();
        workers.spawn(async move {
            let lease = engine.lease_soon().await;
            (lease.job_id, lease.segment_index)
        });
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    for segments in [1, 20, 3, 40] {
        engine.submitted(segments).await;
    }
    let leased: HashSet<_> = workers.join_all().await.into_iter().collect();
    assert_eq!(leased.len(), 64);
}

pub(super) async fn dropped_lease_calls_swallow_nothing(make: impl Factory) {
    let engine = make(quick()).await;
    let mut expected = HashSet::new();
    let mut leased = HashSet::new();
    for round in 0..40_u64 {
        let mut calls = JoinSet::new();
        for n in 0..8 {
            let engine = engine.clone();
            let patience = Duration::from_micros(round * 50 + n * 10);
            calls.spawn(async move {
                let name = worker("w");
                let call = engine.lease(&name, LONG, PATIENT);
                let lease = tokio::time::timeout(patience, call).await.ok()?;
                lease.expect("reachable")
            });
        }
        tokio::time::sleep(Duration::from_micros(round * 25)).await;
        let job = engine.submitted(4).await;
        expected.extend((0..4).map(|index| (job.clone(), index)));
        let taken = calls.join_all().await.into_iter().flatten();
        leased.extend(taken.map(|lease| (lease.job_id, lease.segment_index)));
        while let Some(lease) = engine.lease_now().await {
            leased.insert((lease.job_id, lease.segment_index));
        }
    }
    assert_eq!(leased, expected);
}

pub(super) async fn a_retry_comes_due_by_itself_for_a_waiting_worker(make: impl Factory) {
    let engine = make(quick()).await;
    let job = engine.submitted(1).await;
    let lease = engine.lease_soon().await;
    let waiting = tokio::spawn({
        let engine = engine.clone();
        async move { engine.lease_soon().await }
    });
    tokio::time::sleep(Duration::from_millis(30)).await;
    let started = Instant::now();
    engine.fail_ok(&lease).await;
    let retry = waiting.await.expect("no panic");
    assert_eq!((retry.job_id, retry.attempt), (job, 2));
    assert!(
        started.elapsed() < PATIENT / 2,
        "woke only after {:?}",
        started.elapsed()
    );
}

pub(super) async fn a_retry_is_not_leased_before_its_backoff(make: impl Factory) {
    let whole = Duration::from_millis(120);
    let engine = make(EngineConfig {
        retry: RetryPolicy {
            backoff: whole,
            max_backoff: whole,
            ..quick().retry
        },
        ..quick()
    })
    .await;
    engine.submitted(1).await;
    let lease = engine.lease_soon().await;
    let failed = Instant::now();
    let FailureOutcome::Retry { after } = engine.fail_ok(&lease).await else {
        panic!("a first failure is retried");
    };
    assert!((whole / 2..=whole).contains(&after), "{after:?}");
    assert!(engine.lease_now().await.is_none());
    let retry = engine.lease_soon().await;
    assert!(
        failed.elapsed() >= after,
        "came back after {:?}",
        failed.elapsed()
    );
    assert!(
        retry.queue_wait < failed.elapsed(),
        "the backoff is no wait in the queue"
    );
}

pub(super) async fn what_is_given_back_is_first_in_line_and_its_attempt_does_not_count(make: impl Factory) {
    let engine = make(quick()).await;
    let job = engine.submitted(3).await;
    let first = engine.lease_soon().await;
    let second = engine.lease_soon().await;
    engine.give_back(second.token).await.expect("the lease is held");
    engine.give_back(first.token).await.expect("the lease is held");
    let segments = engine.record(&job).await.manifest.segments;
    assert_eq!(
        [segments[0].attempts, segments[0].queue_wait_ms.map_or(0, |_| 1)],
        [0, 0]
    );
    for index in 0..3 {
        let lease = engine.lease_now().await.expect("due");
        assert_eq!((lease.segment_index, lease.attempt), (index, 1));
    }
    assert_eq!(engine.figures().await.retry_counts.segment_retries, 0);
}

pub(super) async fn what_is_given_back_wakes_a_waiting_worker(make: impl Factory) {
    let engine = make(quick()).await;
    engine.submitted(1).await;
    let lease = engine.lease_soon().await;
    let waiting = tokio::spawn({
        let engine = engine.clone();
        async move { engine.lease(&worker("other"), LONG, PATIENT).await }
    });
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert!(
        engine
            .lease(&worker("w"), LONG, NO_WAIT)
            .await
            .expect("reachable")
            .is_none()
    );
    engine.give_back(lease.token).await.expect("the lease is held");
    let again = waiting.await.expect("no panic").expect("reachable");
    assert_eq!(again.map(|lease| lease.attempt), Some(1));
}
