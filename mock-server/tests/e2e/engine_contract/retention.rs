//! How many ended jobs are kept.

use audio_api::JobId;
use mock_server::engine::{CancelReason, EngineConfig, SharedEngine};

use super::harness::{Factory, Steps, job_of, keyed_job, quick, spec};

async fn known(engine: &SharedEngine, jobs: &[&JobId]) -> Vec<bool> {
    let mut known = Vec::new();
    for job in jobs {
        known.push(engine.job(job).await.expect("reachable").is_some());
    }
    known
}

pub(super) async fn beyond_the_limit_the_job_that_ended_first_goes_first(make: impl Factory) {
    let engine = make(EngineConfig {
        retain_jobs: 2,
        ..quick()
    })
    .await;
    let jobs = [engine.submitted(1).await, engine.submitted(1).await];
    let [first, second] = &jobs;
    let leases = [engine.lease_soon().await, engine.lease_soon().await];
    engine.complete_ok(&leases[1]).await;
    engine.complete_ok(&leases[0]).await;
    assert_eq!(known(&engine, &[first, second]).await, [true, true]);
    let third = engine.submitted(1).await;
    assert_eq!(known(&engine, &[first, second]).await, [true, true]);
    let canceled = engine.cancel(&third, CancelReason::Requested).await;
    assert!(canceled.expect("reachable").is_some());
    assert_eq!(
        known(&engine, &[first, second, &third]).await,
        [true, false, true]
    );
    let counts = engine.figures().await.jobs;
    assert_eq!((counts.submitted, counts.complete, counts.canceled), (3, 2, 1));
}

pub(super) async fn beyond_the_bytes_the_job_that_ended_first_goes_first(make: impl Factory) {
    let engine = make(EngineConfig {
        retain_bytes: 250_000,
        ..quick()
    })
    .await;
    let mut jobs = Vec::new();
    for _ in 0..8 {
        let mut large = job_of(1);
        large.spec = spec(&"x".repeat(50_000));
        jobs.push(engine.submit_ok(large).await.job.manifest.job_id);
        engine.work_off().await;
    }
    let known = known(&engine, &jobs.iter().collect::<Vec<_>>()).await;
    let kept = known.iter().filter(|known| **known).count();
    assert!((1..=5).contains(&kept), "{kept} jobs of 50 kB within 250 kB");
    assert!(known[8 - kept..].iter().all(|known| *known), "{known:?}");
}

pub(super) async fn jobs_that_have_not_ended_are_kept_whatever_the_limit(make: impl Factory) {
    let engine = make(EngineConfig {
        retain_jobs: 0,
        retain_bytes: 0,
        ..quick()
    })
    .await;
    let running = engine.submitted(2).await;
    let lease = engine.lease_soon().await;
    let queued = engine.submitted(1).await;
    assert_eq!(known(&engine, &[&running, &queued]).await, [true, true]);
    engine.complete_ok(&lease).await;
    assert_eq!(engine.work_off().await, 2);
    assert_eq!(known(&engine, &[&running, &queued]).await, [false, false]);
    assert_eq!(engine.figures().await.jobs.complete, 2);
}

pub(super) async fn a_dropped_job_s_key_makes_a_new_job(make: impl Factory) {
    let engine = make(EngineConfig {
        retain_jobs: 1,
        ..quick()
    })
    .await;
    let first = engine.submit_ok(keyed_job("key", 1)).await;
    engine.work_off().await;
    assert!(engine.submit_ok(keyed_job("key", 1)).await.replayed);
    engine.submitted(1).await;
    engine.work_off().await;
    let second = engine.submit_ok(keyed_job("key", 2)).await;
    assert!(!second.replayed);
    assert_ne!(second.job.manifest.job_id, first.job.manifest.job_id);
}
