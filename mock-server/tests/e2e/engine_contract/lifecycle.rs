//! The way of a job from submit to its end.

use std::time::Duration;

use audio_api::{ErrorCode, JobId, JobStatus, ModelId, SegmentId, SegmentStatus};
use mock_server::engine::{Failure, Fallback, SegmentResult};
use serde_json::json;

use super::harness::{Factory, Steps, count, job_of, quick, quick_with, result_for};

pub(super) async fn a_job_is_worked_off_segment_by_segment(make: impl Factory) {
    let engine = make(quick()).await;
    let submitted = engine.submit_ok(job_of(3)).await;
    assert!(!submitted.replayed);
    let manifest = submitted.job.manifest;
    assert_eq!(manifest.status, JobStatus::Queued);
    assert_eq!((manifest.segments_total, manifest.segments.len()), (3, 3));
    let first = engine.lease_soon().await;
    let record = engine.record(&manifest.job_id).await;
    assert_eq!(record.manifest.status, JobStatus::InProgress);
    assert_eq!(record.manifest.segments_in_progress, 1);
    assert_eq!(record.manifest.segments[0].status, SegmentStatus::Synthesizing);
    engine.complete_ok(&first).await;
    assert_eq!(engine.record(&manifest.job_id).await.manifest.segments_ready, 1);
    assert_eq!(engine.work_off().await, 2);
    let record = engine.record(&manifest.job_id).await;
    assert_eq!(record.manifest.status, JobStatus::Complete);
    assert_eq!(count(&record, SegmentStatus::Ready), 3);
    assert_eq!(record.manifest.error_code, None);
}

pub(super) async fn a_lease_hands_out_what_a_worker_needs(make: impl Factory) {
    let engine = make(quick()).await;
    let new = job_of(2);
    let submitted = engine.submit_ok(new.clone()).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    for index in 0..2 {
        let lease = engine.lease_soon().await;
        assert_eq!(lease.job_id, submitted.job.manifest.job_id);
        assert_eq!(lease.spec, new.spec);
        assert_eq!(lease.segment_index, index);
        assert_eq!(lease.text, new.segments[index as usize]);
        assert_eq!((lease.attempt, lease.model_id), (1, ModelId::Default));
        assert!(
            lease.queue_wait >= Duration::from_millis(20),
            "{:?}",
            lease.queue_wait
        );
        assert!(
            lease.queue_wait < Duration::from_secs(5),
            "{:?}",
            lease.queue_wait
        );
        assert!(!lease.lost.is_cancelled());
    }
}

pub(super) async fn a_manifest_says_what_the_worker_said(make: impl Factory) {
    let engine = make(quick()).await;
    let job = engine.submitted(1).await;
    let waiting = serde_json::to_value(engine.only_segment(&job).await).expect("plain");
    assert_eq!(
        waiting,
        json!({
            "index": 0, "segment_id": "seg-0000", "status": "queued", "attempts": 0, "model_id": "default",
            "fallback_used": false, "cached": false,
        })
    );
    let lease = engine.lease_soon().await;
    let result = SegmentResult {
        cached: true,
        ..result_for(7)
    };
    engine
        .complete(lease.token, result)
        .await
        .expect("the lease is held");
    let ready = serde_json::to_value(engine.only_segment(&job).await).expect("plain");
    assert_eq!(
        ready,
        json!({
            "index": 0, "segment_id": "seg-0000", "status": "ready", "attempts": 1, "model_id": "default",
            "fallback_used": false, "cached": true, "queue_wait_ms": 1.5, "synth_ms": 2.0, "encode_ms": 0.3,
            "store_ms": 0.04, "duration_ms": 1234.567, "size_bytes": 1007, "cache_key": "key-7",
        })
    );
}

pub(super) async fn a_job_with_failed_and_ready_segments_is_complete_with_errors(make: impl Factory) {
    let engine = make(quick_with(0, Fallback::Off)).await;
    let job = engine.submitted(2).await;
    let failing = engine.lease_soon().await;
    engine.fail_ok(&failing).await;
    assert_eq!(engine.record(&job).await.manifest.status, JobStatus::InProgress);
    assert_eq!(engine.work_off().await, 1);
    let manifest = engine.record(&job).await.manifest;
    assert_eq!(manifest.status, JobStatus::CompleteWithErrors);
    assert_eq!((manifest.segments_ready, manifest.segments_error), (1, 1));
    assert_eq!(manifest.error_code, None);
    assert_eq!(manifest.segments[0].error_code, Some(ErrorCode::SynthesisFailed));
}

pub(super) async fn a_job_without_a_ready_segment_is_in_error_for_its_first_segment_s_reason(
    make: impl Factory,
) {
    let engine = make(quick_with(0, Fallback::Off)).await;
    let job = engine.submitted(2).await;
    let (first, second) = (engine.lease_soon().await, engine.lease_soon().await);
    for (lease, failure) in [(second, Failure::Synthesis), (first, Failure::Encoding)] {
        engine
            .fail(lease.token, failure)
            .await
            .expect("the lease is held");
    }
    let manifest = engine.record(&job).await.manifest;
    assert_eq!(manifest.status, JobStatus::Error);
    assert_eq!(manifest.error_code, Some(ErrorCode::EncodeFailed));
    assert_eq!(engine.figures().await.jobs.error, 1);
}

pub(super) async fn one_segment_is_looked_up_by_its_id_and_by_no_other_spelling(make: impl Factory) {
    let engine = make(quick()).await;
    let job = engine.submitted(2).await;
    let second = SegmentId::of_index(1);
    let look_up = async || engine.segment(&job, &second).await.expect("reachable");
    let waiting = look_up().await.expect("known");
    assert_eq!(waiting.segment.status, SegmentStatus::Queued);
    assert_eq!((waiting.job_status, waiting.ready_at), (JobStatus::Queued, None));
    engine.work_off().await;
    let ready = look_up().await.expect("known");
    assert_eq!(ready.segment, engine.record(&job).await.manifest.segments[1]);
    assert_eq!(ready.job_status, JobStatus::Complete);
    let created = engine.record(&job).await.manifest.created_at;
    assert!(ready.ready_at.is_some_and(|at| at >= created));
    for other in ["seg-0002", "seg-1", "1", "", "seg-00001"] {
        let other = engine
            .segment(&job, &SegmentId::from(other))
            .await
            .expect("reachable");
        assert!(other.is_none());
    }
}

pub(super) async fn what_is_unknown_is_none(make: impl Factory) {
    let engine = make(quick()).await;
    for id in ["", "nothing", "0190b4a0-0000-7000-8000-000000000000"].map(JobId::from) {
        assert!(engine.job(&id).await.expect("reachable").is_none());
        let segment = engine
            .segment(&id, &SegmentId::of_index(0))
            .await
            .expect("reachable");
        assert!(segment.is_none());
    }
}

pub(super) async fn updated_at_never_goes_back_and_created_at_stays(make: impl Factory) {
    let engine = make(quick()).await;
    let first = engine.submit_ok(job_of(6)).await.job.manifest;
    assert_eq!(first.created_at, first.updated_at);
    let mut last = first.updated_at;
    while let Some(lease) = engine.lease_now().await {
        let leased = engine.record(&first.job_id).await.manifest.updated_at;
        assert!(leased >= last);
        tokio::time::sleep(Duration::from_millis(2)).await;
        engine.complete_ok(&lease).await;
        let manifest = engine.record(&first.job_id).await.manifest;
        assert!(manifest.updated_at > leased, "a completion is a change");
        assert_eq!(manifest.created_at, first.created_at);
        last = manifest.updated_at;
    }
}

pub(super) async fn progress_is_the_share_of_ended_segments(make: impl Factory) {
    let engine = make(quick_with(0, Fallback::Off)).await;
    let job = engine.submitted(4).await;
    let progress = async || engine.record(&job).await.manifest.progress_pct;
    assert_eq!(progress().await, 0.0);
    let lease = engine.lease_soon().await;
    assert_eq!(progress().await, 0.0);
    engine.complete_ok(&lease).await;
    assert_eq!(progress().await, 25.0);
    let lease = engine.lease_soon().await;
    engine.fail_ok(&lease).await;
    assert_eq!(progress().await, 50.0);
    engine.work_off().await;
    assert_eq!(progress().await, 100.0);
}
