//! Ending jobs before their time: by a client, by a delete, by having been queued for too long.

use std::time::Duration;

use audio_api::{ErrorCode, JobId, JobStatus, SegmentStatus};
use mock_server::engine::{CancelReason, EngineConfig, JobRecord, RetryPolicy, SharedEngine};

use super::harness::{Factory, NO_WAIT, Steps, count, quick};
use super::leases::assert_lost;

async fn cancel(engine: &SharedEngine, job: &JobId) -> JobRecord {
    let record = engine.cancel(job, CancelReason::Requested).await;
    record.expect("reachable").expect("the job is known")
}

pub(super) async fn a_canceled_job_leaves_the_queue_and_loses_its_leases(make: impl Factory) {
    let engine = make(quick()).await;
    let job = engine.submitted(3).await;
    let other = engine.submitted(1).await;
    let lease = engine.lease_soon().await;
    let record = cancel(&engine, &job).await;
    assert_eq!(record.manifest.status, JobStatus::Canceled);
    assert_eq!(record.manifest.error_code, Some(ErrorCode::Canceled));
    assert_eq!(record.manifest.segments_in_progress, 0);
    for segment in &record.manifest.segments {
        assert_eq!(segment.status, SegmentStatus::Canceled);
        assert_eq!(segment.error_code, Some(ErrorCode::Canceled));
    }
    assert!(lease.lost.is_cancelled());
    let figures = engine.figures().await;
    assert_eq!((figures.queue_len, figures.active_jobs), (1, 1));
    assert_eq!((figures.jobs.canceled, figures.stale_queued_cancels), (1, 0));
    assert_eq!(engine.lease_soon().await.job_id, other);
    assert!(engine.lease_now().await.is_none());
}

pub(super) async fn after_a_cancel_every_way_to_end_a_lease_is_refused(make: impl Factory) {
    let engine = make(quick()).await;
    let job = engine.submitted(2).await;
    let lease = engine.lease_soon().await;
    let canceled = cancel(&engine, &job).await.manifest;
    assert_lost(&engine, lease.token).await;
    assert_eq!(engine.record(&job).await.manifest, canceled);
    assert_eq!(engine.figures().await.retry_counts.segment_retries, 0);
}

pub(super) async fn a_cancel_keeps_what_was_ready(make: impl Factory) {
    let engine = make(quick()).await;
    let job = engine.submitted(3).await;
    let lease = engine.lease_soon().await;
    engine.complete_ok(&lease).await;
    let record = cancel(&engine, &job).await;
    assert_eq!(record.manifest.status, JobStatus::Canceled);
    assert_eq!(count(&record, SegmentStatus::Ready), 1);
    assert_eq!(count(&record, SegmentStatus::Canceled), 2);
    assert_eq!(record.manifest.segments[0].size_bytes, Some(1_000));
    assert_eq!(record.manifest.progress_pct, 100.0);
}

pub(super) async fn a_cancel_leaves_an_ended_job_as_it_is_and_repeats_itself(make: impl Factory) {
    let engine = make(quick()).await;
    let complete = engine.submitted(1).await;
    engine.work_off().await;
    assert_eq!(
        cancel(&engine, &complete).await.manifest.status,
        JobStatus::Complete
    );
    let running = engine.submitted(1).await;
    let first = cancel(&engine, &running).await;
    let second = cancel(&engine, &running).await;
    assert_eq!(first.manifest, second.manifest);
    let counts = engine.figures().await.jobs;
    assert_eq!((counts.complete, counts.canceled), (1, 1));
    let unknown = engine
        .cancel(&JobId::from("nothing"), CancelReason::Requested)
        .await;
    assert!(unknown.expect("reachable").is_none());
}

pub(super) async fn a_segment_canceled_during_its_backoff_never_comes_back(make: impl Factory) {
    let backoff = Duration::from_millis(60);
    let engine = make(EngineConfig {
        retry: RetryPolicy {
            backoff,
            max_backoff: backoff,
            ..quick().retry
        },
        ..quick()
    })
    .await;
    let job = engine.submitted(1).await;
    let lease = engine.lease_soon().await;
    engine.fail_ok(&lease).await;
    cancel(&engine, &job).await;
    assert_eq!(engine.figures().await.queue_len, 0);
    tokio::time::sleep(backoff * 2).await;
    assert!(engine.lease_now().await.is_none());
}

pub(super) async fn a_deleted_job_is_gone_and_stays_counted(make: impl Factory) {
    let engine = make(quick()).await;
    let job = engine.submitted(2).await;
    let lease = engine.lease_soon().await;
    assert!(engine.delete(&job).await.expect("reachable"));
    assert!(engine.job(&job).await.expect("reachable").is_none());
    assert!(lease.lost.is_cancelled());
    assert_lost(&engine, lease.token).await;
    assert!(engine.lease_now().await.is_none());
    assert!(!engine.delete(&job).await.expect("reachable"));
    let unknown = engine.cancel(&job, CancelReason::Requested).await;
    assert!(unknown.expect("reachable").is_none());
    let figures = engine.figures().await;
    assert_eq!((figures.jobs.submitted, figures.jobs.canceled), (1, 1));
    assert_eq!((figures.active_jobs, figures.queue_len), (0, 0));
}

pub(super) async fn deleting_an_ended_job_does_not_count_it_again(make: impl Factory) {
    let engine = make(quick()).await;
    let job = engine.submitted(1).await;
    engine.work_off().await;
    assert!(engine.delete(&job).await.expect("reachable"));
    let counts = engine.figures().await.jobs;
    assert_eq!((counts.submitted, counts.complete, counts.canceled), (1, 1, 0));
}

pub(super) async fn a_job_that_is_queued_for_too_long_is_canceled_as_stale(make: impl Factory) {
    let stale_queued_after = Duration::from_millis(80);
    let engine = make(EngineConfig {
        stale_queued_after,
        ..quick()
    })
    .await;
    let job = engine.submitted(2).await;
    assert_eq!(engine.sweep().await.expect("reachable").stale_jobs, 0);
    tokio::time::sleep(stale_queued_after * 2).await;
    assert_eq!(engine.sweep().await.expect("reachable").stale_jobs, 1);
    let manifest = engine.record(&job).await.manifest;
    assert_eq!(manifest.status, JobStatus::Canceled);
    assert_eq!(manifest.error_code, Some(ErrorCode::StaleQueued));
    assert_eq!(manifest.segments[1].error_code, Some(ErrorCode::StaleQueued));
    let figures = engine.figures().await;
    assert_eq!((figures.stale_queued_cancels, figures.jobs.canceled), (1, 1));
    assert_eq!(figures.queue_len, 0);
    assert!(engine.lease_now().await.is_none());
}

pub(super) async fn a_job_that_was_leased_once_is_never_stale(make: impl Factory) {
    let stale_queued_after = Duration::from_millis(80);
    let engine = make(EngineConfig {
        stale_queued_after,
        ..quick()
    })
    .await;
    let job = engine.submitted(2).await;
    let lease = engine
        .lease(&super::harness::worker("w"), stale_queued_after * 10, NO_WAIT)
        .await
        .expect("reachable")
        .expect("due");
    engine.give_back(lease.token).await.expect("the lease is held");
    tokio::time::sleep(stale_queued_after * 2).await;
    assert_eq!(engine.sweep().await.expect("reachable").stale_jobs, 0);
    assert_eq!(engine.record(&job).await.manifest.status, JobStatus::InProgress);
    assert_eq!(engine.work_off().await, 2);
}
