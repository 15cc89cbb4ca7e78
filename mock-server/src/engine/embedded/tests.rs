//! The embedded engine by a paused clock: what happens at which moment, to the millisecond.

use std::{
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};

use audio_api::{
    ErrorCode, JobId, Mode, ModelId, SegmentStatus,
    fault::{FaultRule, Stage},
};
use serde_json::json;
use tokio::time::{Instant, advance, sleep};

use super::{EmbeddedEngine, clock::Clock, job::Job, state::State};
use crate::engine::{
    Admission, CacheUse, Engine, EngineConfig, Failure, FailureOutcome, FaultSite, Idempotency, JobSpec,
    Lease, LeaseError, MergeLock, NewJob, RetryPolicy, SegmentResult, StageTimes, WorkerId,
    state::{JobEvent, SegmentEvent},
};

const MS: Duration = Duration::from_millis(1);
const TTL: Duration = Duration::from_secs(10);

fn spec(text: &str) -> JobSpec {
    JobSpec {
        text: text.to_owned(),
        text_digest: [0; 32],
        mode: Mode::Segments,
        model_id: ModelId::Default,
        voice_id: "anna".to_owned(),
        prefer_phonemes: false,
        reading_profile: None,
        cache: CacheUse::Allowed,
    }
}

fn job_of(segments: usize) -> NewJob {
    NewJob {
        spec: Arc::new(spec("text")),
        segments: vec![Arc::from("text"); segments],
        idempotency: None,
    }
}

fn worker() -> WorkerId {
    WorkerId(Arc::from("w"))
}

async fn submit(engine: &EmbeddedEngine, segments: usize) -> JobId {
    let open = Admission {
        max_active_jobs: u64::MAX,
        min_workers: 0,
    };
    let submitted = engine.submit(job_of(segments), open).await.expect("accepted");
    submitted.job.manifest.job_id
}

async fn lease_within(engine: &EmbeddedEngine, wait: Duration) -> Option<Lease> {
    engine.lease(&worker(), TTL, wait).await.expect("reachable")
}

async fn lease(engine: &EmbeddedEngine) -> Lease {
    lease_within(engine, Duration::ZERO).await.expect("due")
}

fn result() -> SegmentResult {
    SegmentResult {
        cache_key: "key".to_owned(),
        size_bytes: 1,
        duration: MS,
        cached: false,
        times: StageTimes::default(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_good_until_its_time_and_not_a_moment_longer() {
    let engine = EmbeddedEngine::new(EngineConfig::default());
    submit(&engine, 2).await;
    let (kept, late) = (lease(&engine).await, lease(&engine).await);
    advance(TTL - MS).await;
    engine.complete(kept.token, result()).await.expect("in time");
    advance(MS).await;
    let refused = engine.complete(late.token, result()).await;
    assert!(matches!(refused, Err(LeaseError::Lost)), "{refused:?}");
    assert!(late.lost.is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn an_extension_counts_from_when_it_is_asked_for() {
    let engine = EmbeddedEngine::new(EngineConfig::default());
    submit(&engine, 1).await;
    let lease = lease(&engine).await;
    advance(TTL / 2).await;
    engine.extend(lease.token, TTL).await.expect("held");
    advance(TTL - MS).await;
    engine.extend(lease.token, 2 * MS).await.expect("held");
    advance(2 * MS).await;
    assert!(engine.extend(lease.token, TTL).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_waiting_worker_gets_a_retry_at_the_end_of_its_backoff() {
    let engine = EmbeddedEngine::new(EngineConfig::default());
    submit(&engine, 1).await;
    let first = lease(&engine).await;
    advance(3 * MS).await;
    let FailureOutcome::Retry { after } = engine.fail(first.token, Failure::Synthesis).await.expect("held")
    else {
        panic!("a first failure is retried");
    };
    let failed = Instant::now();
    let retry = lease_within(&engine, TTL).await.expect("comes due");
    let waited = failed.elapsed();
    assert!(
        waited >= after && waited <= after + 2 * MS,
        "{waited:?} for {after:?}"
    );
    assert!(retry.queue_wait <= 2 * MS, "{:?}", retry.queue_wait);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_worker_gets_an_expired_segment_after_lease_and_backoff() {
    let engine = EmbeddedEngine::new(EngineConfig::default());
    submit(&engine, 1).await;
    lease(&engine).await;
    let leased = Instant::now();
    let again = lease_within(&engine, 10 * TTL).await.expect("comes back");
    assert_eq!(again.attempt, 2);
    let most = EngineConfig::default().retry.backoff + 5 * MS;
    assert!(
        (TTL..TTL + most).contains(&leased.elapsed()),
        "{:?}",
        leased.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn jobs_that_fail_together_do_not_come_back_together() {
    let backoff = Duration::from_secs(1);
    let retry = RetryPolicy {
        backoff,
        ..RetryPolicy::default()
    };
    let engine = EmbeddedEngine::new(EngineConfig {
        retry,
        ..EngineConfig::default()
    });
    let mut delays = std::collections::BTreeSet::new();
    for _ in 0..50 {
        submit(&engine, 1).await;
        let lease = lease(&engine).await;
        match engine.fail(lease.token, Failure::Synthesis).await.expect("held") {
            FailureOutcome::Retry { after } => delays.insert(after),
            other => panic!("{other:?}"),
        };
    }
    assert_eq!(delays.len(), 50);
    assert!(delays.iter().all(|delay| (backoff / 2..=backoff).contains(delay)));
}

#[tokio::test(start_paused = true)]
async fn a_job_is_stale_at_its_limit_and_no_lease_call_gets_it_then() {
    let engine = EmbeddedEngine::new(EngineConfig::default());
    let limit = EngineConfig::default().stale_queued_after;
    let job = submit(&engine, 1).await;
    advance(limit - MS).await;
    assert_eq!(engine.sweep().await.expect("reachable").stale_jobs, 0);
    advance(MS).await;
    assert!(lease_within(&engine, Duration::ZERO).await.is_none());
    let record = engine.job(&job).await.expect("reachable").expect("kept");
    assert_eq!(record.manifest.error_code, Some(ErrorCode::StaleQueued));
    assert_eq!(engine.sweep().await.expect("reachable").stale_jobs, 1);
    assert_eq!(engine.sweep().await.expect("reachable").stale_jobs, 0);
}

#[tokio::test(start_paused = true)]
async fn a_worker_is_online_until_its_time_after_the_last_heartbeat() {
    let engine = EmbeddedEngine::new(EngineConfig::default());
    let online = async || engine.snapshot().await.expect("reachable").workers_online;
    engine.heartbeat(&worker()).await.expect("reachable");
    advance(TTL - MS).await;
    assert_eq!(online().await, 1);
    engine.heartbeat(&worker()).await.expect("reachable");
    advance(TTL - MS).await;
    assert_eq!(online().await, 1);
    advance(MS).await;
    assert_eq!(online().await, 0);
}

#[tokio::test(start_paused = true)]
async fn the_oldest_age_is_that_of_the_segment_that_came_due_first() {
    let engine = EmbeddedEngine::new(EngineConfig::default());
    let age = async || engine.snapshot().await.expect("reachable").oldest_queued_age_s;
    submit(&engine, 1).await;
    advance(Duration::from_secs(2)).await;
    submit(&engine, 1).await;
    advance(Duration::from_secs(3)).await;
    assert_eq!(age().await, 5.0);
    let oldest = lease(&engine).await;
    assert_eq!(oldest.queue_wait, Duration::from_secs(5));
    assert_eq!(age().await, 3.0);
    engine.give_back(oldest.token).await.expect("held");
    assert_eq!(age().await, 5.0);
}

#[tokio::test(start_paused = true)]
async fn merge_waits_are_counted_to_the_millisecond() {
    let engine = Arc::new(EmbeddedEngine::new(EngineConfig::default()));
    let job = JobId::from("job");
    let take = async |ttl, wait| engine.merge_lock(&job, ttl, wait).await.expect("reachable");
    take(300 * MS, Duration::ZERO).await;
    let in_vain = take(TTL, 100 * MS).await;
    assert_eq!(in_vain, MergeLock::Held { waited: 100 * MS });
    let MergeLock::Acquired { waited, .. } = take(TTL, TTL).await else {
        panic!("the lock expired");
    };
    assert_eq!(waited, 200 * MS);
    let figures = engine.snapshot().await.expect("reachable").merge_lock_contention;
    assert_eq!((figures.acquisitions, figures.wait_count), (2, 2));
    assert_eq!((figures.wait_total_ms, figures.wait_max_ms), (300.0, 200.0));
}

#[tokio::test(start_paused = true)]
async fn the_next_in_line_watches_for_the_end_of_the_hold_before_it() {
    let engine = Arc::new(EmbeddedEngine::new(EngineConfig::default()));
    let started = Instant::now();
    let calls: Vec<_> = (0..4)
        .map(|_| {
            let engine = Arc::clone(&engine);
            tokio::spawn(async move {
                let lock = engine.merge_lock(&JobId::from("job"), 50 * MS, TTL).await;
                (lock.expect("reachable"), started.elapsed())
            })
        })
        .collect();
    for (place, call) in (0..).zip(calls) {
        let (lock, at) = call.await.expect("no panic");
        assert!(matches!(lock, MergeLock::Acquired { .. }), "{lock:?}");
        assert!(
            (place * 50 * MS..place * 50 * MS + 5 * MS).contains(&at),
            "{place}: {at:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_released_lock_goes_to_the_first_in_line_whoever_asks_or_wakes_before_it() {
    let engine = EmbeddedEngine::new(EngineConfig::default());
    let job = JobId::from("job");
    let mut context = Context::from_waker(Waker::noop());
    let MergeLock::Acquired { token, .. } = engine.merge_lock(&job, TTL, MS).await.expect("reachable") else {
        panic!("the lock is free");
    };
    let mut first = engine.merge_lock(&job, TTL, TTL);
    let mut second = engine.merge_lock(&job, TTL, 100 * MS);
    for call in [&mut first, &mut second] {
        assert!(call.as_mut().poll(&mut context).is_pending());
    }
    advance(100 * MS).await;
    engine.merge_unlock(&job, token).await.expect("reachable");
    let newcomer = engine
        .merge_lock(&job, TTL, Duration::ZERO)
        .await
        .expect("reachable");
    assert_eq!(
        newcomer,
        MergeLock::Held {
            waited: Duration::ZERO
        }
    );
    assert_eq!(
        second.await.expect("reachable"),
        MergeLock::Held { waited: 100 * MS }
    );
    let first = first.await.expect("reachable");
    assert!(matches!(first, MergeLock::Acquired { .. }), "{first:?}");
}

#[tokio::test(start_paused = true)]
async fn a_rule_strikes_until_its_time_is_over() {
    let engine = EmbeddedEngine::new(EngineConfig::default());
    let wire = json!({"stage": "synth", "kind": {"stall": true}, "ttl_ms": 500});
    let rule: FaultRule = serde_json::from_value(wire).expect("legal");
    engine.add_fault(rule).await.expect("there is room");
    let job = spec("text");
    let site = FaultSite::of_job(Stage::Synth, Some(&job));
    advance(499 * MS).await;
    let strikes = engine.strike(&site).await.expect("reachable");
    assert_eq!(strikes.len(), 1);
    advance(MS).await;
    assert!(engine.strike(&site).await.expect("reachable").is_empty());
    assert!(strikes[0].released.is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn waits_and_times_beyond_all_bounds_are_no_error() {
    let engine = Arc::new(EmbeddedEngine::new(EngineConfig {
        stale_queued_after: Duration::MAX,
        worker_ttl: Duration::MAX,
        ..EngineConfig::default()
    }));
    let waiting = tokio::spawn({
        let engine = Arc::clone(&engine);
        async move { engine.lease(&worker(), Duration::MAX, Duration::MAX).await }
    });
    sleep(TTL).await;
    engine.heartbeat(&worker()).await.expect("reachable");
    submit(&engine, 1).await;
    let lease = waiting.await.expect("no panic").expect("reachable").expect("due");
    engine.extend(lease.token, Duration::MAX).await.expect("held");
    let lock = engine
        .merge_lock(&lease.job_id, Duration::MAX, Duration::MAX)
        .await;
    assert!(matches!(lock, Ok(MergeLock::Acquired { .. })), "{lock:?}");
    assert_eq!(engine.snapshot().await.expect("reachable").workers_online, 1);
}

#[test]
fn a_wall_clock_that_is_set_back_does_not_take_updated_at_with_it() {
    let clock = Clock::read();
    let earlier = Clock {
        wall: clock.wall - jiff::SignedDuration::from_hours(1),
        ..clock
    };
    let mut job = Job::new(JobId::from("job"), job_of(1), clock);
    job.apply(JobEvent::Lease, earlier).expect("legal");
    let event = SegmentEvent::Lease(crate::engine::LeaseToken(1));
    job.apply_segment(0, event, earlier).expect("legal");
    assert_eq!(job.record().manifest.updated_at, clock.wall);
}

#[test]
fn a_refused_event_changes_nothing() {
    let clock = Clock::read();
    let mut job = Job::new(JobId::from("job"), job_of(1), clock);
    let before = job.record().manifest;
    assert!(job.apply_segment(0, SegmentEvent::Requeue, clock).is_err());
    assert!(job.apply_segment(9, SegmentEvent::Requeue, clock).is_err());
    assert_eq!(job.record().manifest, before);
    assert_eq!(before.segments[0].status, SegmentStatus::Queued);
}

#[test]
fn the_estimate_of_a_job_s_size_grows_with_all_that_it_keeps() {
    let size = |new| Job::new(JobId::from("job"), new, Clock::read()).size_bytes;
    let base = size(job_of(1));
    let mut large = job_of(1);
    large.spec = Arc::new(spec(&"x".repeat(10_000)));
    assert!(size(large) >= base + 9_000);
    assert!(size(job_of(101)) >= base + 100 * 300);
    let mut keyed = job_of(1);
    keyed.idempotency = Some(Idempotency {
        key: "k".repeat(1_000),
        body_digest: [0; 32],
    });
    assert!(size(keyed) >= base + 1_000);
    let mut read = job_of(1);
    let mut profiled = spec("text");
    profiled.reading_profile = Some("n".repeat(1_000).into());
    read.spec = Arc::new(profiled);
    assert!(size(read) >= base + 1_000);
}

#[test]
fn an_engine_forgets_all_traces_of_its_jobs() {
    let mut state = State::new(EngineConfig {
        retain_jobs: 0,
        ..EngineConfig::default()
    });
    let clock = Clock::read();
    for n in 0..10 {
        let open = Admission {
            max_active_jobs: u64::MAX,
            min_workers: 0,
        };
        let mut keyed = job_of(3);
        keyed.idempotency = Some(Idempotency {
            key: format!("key-{n}"),
            body_digest: [0; 32],
        });
        state.submit(keyed, open, clock).expect("accepted");
    }
    while let Some(lease) = state.take(&worker(), TTL, clock).expect("consistent") {
        state.complete(lease.token, result(), clock).expect("held");
    }
    state.settle(clock);
    assert!(state.jobs.is_empty());
    assert_eq!((state.queue.len(), state.leases.first_end()), (0, None));
}
