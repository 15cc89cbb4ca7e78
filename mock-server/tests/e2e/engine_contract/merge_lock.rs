//! Merge locks: who gets them, in which order, and what waiting for them is counted as.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use audio_api::{JobId, MergeLockContention};
use mock_server::engine::{MergeLock, MergeLockToken, SharedEngine};
use tokio::{task::JoinSet, time::Instant};

use super::harness::{Factory, LONG, NO_WAIT, PATIENT, Steps, quick};

/// A hold that soon expires.
const SHORT: Duration = Duration::from_millis(60);

async fn take(engine: &SharedEngine, job: &JobId, ttl: Duration, wait: Duration) -> MergeLock {
    engine.merge_lock(job, ttl, wait).await.expect("reachable")
}

async fn take_now(engine: &SharedEngine, job: &JobId, ttl: Duration) -> MergeLockToken {
    match take(engine, job, ttl, NO_WAIT).await {
        MergeLock::Acquired { token, .. } => token,
        MergeLock::Held { .. } => panic!("the lock is free"),
    }
}

async fn is_held(engine: &SharedEngine, job: &JobId) -> bool {
    matches!(take(engine, job, LONG, NO_WAIT).await, MergeLock::Held { .. })
}

async fn release(engine: &SharedEngine, job: &JobId, token: MergeLockToken) {
    engine.merge_unlock(job, token).await.expect("reachable");
}

async fn figures(engine: &SharedEngine) -> MergeLockContention {
    engine.figures().await.merge_lock_contention
}

/// Starts a call that waits patiently, and returns once it surely waits.
async fn start_waiting(engine: &SharedEngine, job: &JobId) -> tokio::task::JoinHandle<MergeLock> {
    let call = tokio::spawn({
        let (engine, job) = (engine.clone(), job.clone());
        async move { take(&engine, &job, LONG, PATIENT).await }
    });
    tokio::time::sleep(Duration::from_millis(30)).await;
    call
}

pub(super) async fn a_free_lock_is_taken_without_a_wait(make: impl Factory) {
    let engine = make(quick()).await;
    let job = JobId::from("job");
    for _ in 0..3 {
        let MergeLock::Acquired { token, waited } = take(&engine, &job, LONG, PATIENT).await else {
            panic!("the lock is free");
        };
        assert_eq!(waited, Duration::ZERO);
        release(&engine, &job, token).await;
    }
    let expected = MergeLockContention {
        acquisitions: 3,
        ..MergeLockContention::default()
    };
    assert_eq!(figures(&engine).await, expected);
}

pub(super) async fn a_second_call_waits_for_the_release(make: impl Factory) {
    let engine = make(quick()).await;
    let job = JobId::from("job");
    let first = take_now(&engine, &job, LONG).await;
    let second = start_waiting(&engine, &job).await;
    let released = Instant::now();
    release(&engine, &job, first).await;
    let MergeLock::Acquired { token, waited } = second.await.expect("no panic") else {
        panic!("the lock was released");
    };
    assert!(
        released.elapsed() < PATIENT / 2,
        "woke only after {:?}",
        released.elapsed()
    );
    assert_ne!(token, first);
    assert!(waited >= Duration::from_millis(20), "{waited:?}");
    let figures = figures(&engine).await;
    assert_eq!((figures.acquisitions, figures.wait_count), (2, 1));
    assert!(figures.wait_total_ms >= 20.0, "{figures:?}");
    assert_eq!(figures.wait_max_ms, figures.wait_total_ms);
}

pub(super) async fn a_call_that_waits_in_vain_is_counted_as_a_wait_and_not_as_a_take(make: impl Factory) {
    let engine = make(quick()).await;
    let job = JobId::from("job");
    take_now(&engine, &job, LONG).await;
    let mut waits = Vec::new();
    for wait in [50, 20].map(Duration::from_millis) {
        match take(&engine, &job, LONG, wait).await {
            MergeLock::Held { waited } => assert!(waited >= wait, "{waited:?}"),
            MergeLock::Acquired { .. } => panic!("the lock is held"),
        }
        waits.push(figures(&engine).await);
    }
    assert_eq!((waits[0].acquisitions, waits[0].wait_count), (1, 1));
    assert_eq!((waits[1].acquisitions, waits[1].wait_count), (1, 2));
    assert!(waits[1].wait_total_ms >= waits[0].wait_total_ms + 20.0);
    assert!(waits[1].wait_max_ms >= 50.0);
}

pub(super) async fn waiting_calls_are_served_in_order(make: impl Factory) {
    let engine = make(quick()).await;
    let job = JobId::from("job");
    let mut holder = take_now(&engine, &job, LONG).await;
    let mut calls = Vec::new();
    for _ in 0..4 {
        calls.push(start_waiting(&engine, &job).await);
    }
    for call in calls {
        release(&engine, &job, holder).await;
        let MergeLock::Acquired { token, .. } = call.await.expect("no panic") else {
            panic!("it was this call's turn");
        };
        holder = token;
    }
    assert_eq!(figures(&engine).await.acquisitions, 5);
}

pub(super) async fn an_expired_lock_passes_on_without_a_sweep(make: impl Factory) {
    let engine = make(quick()).await;
    let job = JobId::from("job");
    take_now(&engine, &job, SHORT).await;
    let started = Instant::now();
    let MergeLock::Acquired { waited, .. } = take(&engine, &job, SHORT, PATIENT).await else {
        panic!("the lock expired");
    };
    assert!(waited >= SHORT / 2 && waited < PATIENT / 2, "{waited:?}");
    assert!(started.elapsed() < PATIENT / 2);
    tokio::time::sleep(SHORT * 2).await;
    let waited_for = figures(&engine).await.wait_count;
    take_now(&engine, &job, LONG).await;
    assert_eq!(
        figures(&engine).await.wait_count,
        waited_for,
        "an expired lock is free"
    );
    engine.sweep().await.expect("reachable");
    assert!(is_held(&engine, &job).await, "a sweep leaves what is held");
}

pub(super) async fn a_late_release_leaves_the_lock_with_its_new_holder(make: impl Factory) {
    let engine = make(quick()).await;
    let job = JobId::from("job");
    let late = take_now(&engine, &job, SHORT).await;
    tokio::time::sleep(SHORT * 2).await;
    let holder = take_now(&engine, &job, LONG).await;
    release(&engine, &job, late).await;
    assert!(is_held(&engine, &job).await);
    release(&engine, &job, holder).await;
    assert!(!is_held(&engine, &job).await);
    release(&engine, &JobId::from("unknown"), holder).await;
}

pub(super) async fn locks_of_different_jobs_do_not_meet(make: impl Factory) {
    let engine = make(quick()).await;
    let (one, two) = (JobId::from("one"), JobId::from("two"));
    let token = take_now(&engine, &one, LONG).await;
    take_now(&engine, &two, LONG).await;
    release(&engine, &two, token).await;
    assert!(is_held(&engine, &two).await);
    assert!(is_held(&engine, &one).await);
}

pub(super) async fn a_dropped_call_neither_holds_nor_blocks_the_lock(make: impl Factory) {
    let engine = make(quick()).await;
    let job = JobId::from("job");
    let holder = take_now(&engine, &job, LONG).await;
    let dropped = start_waiting(&engine, &job).await;
    let patient = start_waiting(&engine, &job).await;
    dropped.abort();
    assert!(dropped.await.is_err());
    release(&engine, &job, holder).await;
    let outcome = patient.await.expect("no panic");
    assert!(matches!(outcome, MergeLock::Acquired { .. }), "{outcome:?}");
    assert_eq!(
        figures(&engine).await.wait_count,
        2,
        "the dropped call waited too"
    );
}

pub(super) async fn only_one_of_many_holds_the_lock_at_a_time(make: impl Factory) {
    let engine = make(quick()).await;
    let holders = Arc::new(AtomicU32::new(0));
    let mut calls = JoinSet::new();
    for _ in 0..32 {
        let (engine, holders) = (engine.clone(), holders.clone());
        calls.spawn(async move {
            let job = JobId::from("job");
            for _ in 0..5 {
                let MergeLock::Acquired { token, .. } = take(&engine, &job, LONG, PATIENT).await else {
                    panic!("everybody releases it soon");
                };
                assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                holders.fetch_sub(1, Ordering::SeqCst);
                release(&engine, &job, token).await;
            }
        });
    }
    calls.join_all().await;
    assert_eq!(figures(&engine).await.acquisitions, 160);
}
