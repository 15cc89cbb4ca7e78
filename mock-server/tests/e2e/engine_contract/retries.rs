//! What follows failed attempts, and how it is counted.

use audio_api::{ErrorCode, JobStatus, ModelId, SegmentStatus, StatusSnapshot};
use mock_server::engine::{Failure, FailureOutcome, Fallback};

use super::harness::{Factory, Steps, quick, quick_with};

/// Retries, segments at the cap, fallbacks tried, dead letters.
fn counted(figures: &StatusSnapshot) -> [u64; 4] {
    [
        figures.retry_counts.segment_retries,
        figures.retry_counts.capped_retries,
        figures.fallback_model_usage,
        figures.dead_letters,
    ]
}

pub(super) async fn a_segment_is_retried_to_the_cap_then_tried_with_the_fallback_then_failed(
    make: impl Factory,
) {
    let engine = make(quick()).await;
    let job = engine.submitted(1).await;
    for (attempt, expected) in [(1, [1, 0, 0, 0]), (2, [2, 0, 0, 0]), (3, [2, 1, 1, 0])] {
        let lease = engine.lease_soon().await;
        assert_eq!((lease.attempt, lease.model_id), (attempt, ModelId::Default));
        let outcome = engine.fail_ok(&lease).await;
        assert_eq!(matches!(outcome, FailureOutcome::Retry { .. }), attempt < 3);
        assert_eq!(outcome == FailureOutcome::Fallback, attempt == 3);
        assert_eq!(counted(&engine.figures().await), expected);
        assert_eq!(engine.only_segment(&job).await.status, SegmentStatus::Queued);
    }
    let lease = engine.lease_soon().await;
    assert_eq!((lease.attempt, lease.model_id), (4, ModelId::Quality));
    let outcome = engine.fail_ok(&lease).await;
    assert_eq!(outcome, FailureOutcome::Failed(ErrorCode::FallbackFailed));
    assert_eq!(counted(&engine.figures().await), [2, 1, 1, 1]);
    let segment = engine.only_segment(&job).await;
    assert_eq!((segment.status, segment.attempts), (SegmentStatus::Error, 4));
    assert_eq!(segment.error_code, Some(ErrorCode::FallbackFailed));
    assert_eq!(engine.record(&job).await.manifest.status, JobStatus::Error);
}

pub(super) async fn a_fallback_that_succeeds_shows_its_model(make: impl Factory) {
    let engine = make(quick_with(1, Fallback::OtherModel)).await;
    let job = engine.submitted(1).await;
    for _ in 0..2 {
        let lease = engine.lease_soon().await;
        engine.fail_ok(&lease).await;
    }
    let waiting = engine.only_segment(&job).await;
    assert_eq!(
        (waiting.model_id.as_str(), waiting.fallback_used),
        ("quality", true)
    );
    let lease = engine.lease_soon().await;
    engine.complete_ok(&lease).await;
    let segment = engine.only_segment(&job).await;
    assert_eq!(
        (segment.model_id.as_str(), segment.fallback_used),
        ("quality", true)
    );
    let manifest = engine.record(&job).await.manifest;
    assert_eq!(
        (manifest.status, manifest.model_id.as_str()),
        (JobStatus::Complete, "default")
    );
    assert_eq!(counted(&engine.figures().await), [1, 1, 1, 0]);
}

pub(super) async fn without_a_fallback_the_cap_is_the_reason(make: impl Factory) {
    let engine = make(quick_with(1, Fallback::Off)).await;
    let job = engine.submitted(1).await;
    let lease = engine.lease_soon().await;
    engine.fail_ok(&lease).await;
    let lease = engine.lease_soon().await;
    let outcome = engine.fail_ok(&lease).await;
    assert_eq!(outcome, FailureOutcome::Failed(ErrorCode::RetryCapExceeded));
    let segment = engine.only_segment(&job).await;
    assert_eq!(segment.error_code, Some(ErrorCode::RetryCapExceeded));
    assert!(!segment.fallback_used);
    assert_eq!(counted(&engine.figures().await), [1, 1, 0, 1]);
}

pub(super) async fn without_retries_the_fallback_comes_at_once(make: impl Factory) {
    let engine = make(quick_with(0, Fallback::OtherModel)).await;
    engine.submitted(1).await;
    let lease = engine.lease_soon().await;
    assert_eq!(engine.fail_ok(&lease).await, FailureOutcome::Fallback);
    let fallback = engine.lease_now().await.expect("no backoff");
    assert_eq!((fallback.attempt, fallback.model_id), (2, ModelId::Quality));
    assert_eq!(counted(&engine.figures().await), [0, 1, 1, 0]);
}

pub(super) async fn without_retries_and_fallback_the_failure_is_the_reason(make: impl Factory) {
    let engine = make(quick_with(0, Fallback::Off)).await;
    let reasons = [
        (Failure::Synthesis, ErrorCode::SynthesisFailed),
        (Failure::Encoding, ErrorCode::EncodeFailed),
        (Failure::Storing, ErrorCode::EncodeFailed),
    ];
    for (failure, code) in reasons {
        let job = engine.submitted(1).await;
        let lease = engine.lease_soon().await;
        let outcome = engine.fail(lease.token, failure).await;
        assert_eq!(outcome.expect("the lease is held"), FailureOutcome::Failed(code));
        assert_eq!(engine.only_segment(&job).await.error_code, Some(code));
    }
    assert_eq!(counted(&engine.figures().await), [0, 3, 0, 3]);
}

pub(super) async fn dead_letters_count_segments(make: impl Factory) {
    let engine = make(quick_with(0, Fallback::Off)).await;
    engine.submitted(3).await;
    for _ in 0..3 {
        let lease = engine.lease_soon().await;
        engine.fail_ok(&lease).await;
    }
    let figures = engine.figures().await;
    assert_eq!((figures.dead_letters, figures.jobs.error), (3, 1));
}
