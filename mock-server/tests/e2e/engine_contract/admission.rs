//! Which jobs are accepted, and which submits are the same submit.

use audio_api::JobStatus;
use mock_server::engine::{Admission, CancelReason, SubmitError};
use tokio::task::JoinSet;

use super::harness::{Factory, OPEN, Steps, job_of, keyed_job, quick, worker};

const ONE_ACTIVE: Admission = Admission {
    max_active_jobs: 1,
    min_workers: 0,
};

pub(super) async fn the_limit_of_active_jobs_refuses_and_leaves_nothing_behind(make: impl Factory) {
    let engine = make(quick()).await;
    let first = engine.submitted(1).await;
    let refused = engine.submit(keyed_job("key", 1), ONE_ACTIVE).await;
    assert!(
        matches!(refused, Err(SubmitError::TooManyActive { active: 1, limit: 1 })),
        "{refused:?}"
    );
    let figures = engine.figures().await;
    assert_eq!((figures.jobs.submitted, figures.queue_len), (1, 1));
    engine
        .cancel(&first, CancelReason::Requested)
        .await
        .expect("reachable");
    let retried = engine
        .submit(keyed_job("key", 2), ONE_ACTIVE)
        .await
        .expect("the key was not taken");
    assert!(!retried.replayed);
}

pub(super) async fn an_ended_job_makes_room_for_another(make: impl Factory) {
    let engine = make(quick()).await;
    for _ in 0..3 {
        engine.submit(job_of(2), ONE_ACTIVE).await.expect("there is room");
        assert!(engine.submit(job_of(1), ONE_ACTIVE).await.is_err());
        engine.work_off().await;
    }
    let job = engine.submit(job_of(1), ONE_ACTIVE).await.expect("there is room");
    assert!(engine.delete(&job.job.manifest.job_id).await.expect("reachable"));
    engine.submit(job_of(1), ONE_ACTIVE).await.expect("there is room");
}

pub(super) async fn without_the_workers_that_are_required_a_job_is_refused(make: impl Factory) {
    let engine = make(quick()).await;
    let admission = Admission {
        min_workers: 1,
        ..OPEN
    };
    let refused = engine.submit(job_of(1), admission).await;
    assert!(matches!(refused, Err(SubmitError::NoWorkers)), "{refused:?}");
    assert_eq!(engine.figures().await.jobs.submitted, 0);
    engine.heartbeat(&worker("w")).await.expect("reachable");
    engine
        .submit(job_of(1), admission)
        .await
        .expect("a worker is online");
}

pub(super) async fn a_repeated_submit_returns_the_first_job_before_any_limit(make: impl Factory) {
    let engine = make(quick()).await;
    let first = engine.submit_ok(keyed_job("key", 1)).await;
    let closed = Admission {
        max_active_jobs: 1,
        min_workers: 5,
    };
    let again = engine
        .submit(keyed_job("key", 1), closed)
        .await
        .expect("known already");
    assert!(again.replayed);
    assert_eq!(again.job.manifest, first.job.manifest);
    engine.work_off().await;
    let later = engine
        .submit(keyed_job("key", 1), closed)
        .await
        .expect("known already");
    assert_eq!(later.job.manifest.job_id, first.job.manifest.job_id);
    assert_eq!(later.job.manifest.status, JobStatus::Complete);
    assert_eq!(engine.figures().await.jobs.submitted, 1);
}

pub(super) async fn a_key_with_another_body_is_refused_by_the_name_of_the_first_job(make: impl Factory) {
    let engine = make(quick()).await;
    let made = engine.submit_ok(keyed_job("key", 1)).await;
    match engine.submit(keyed_job("key", 2), OPEN).await {
        Err(SubmitError::KeyReused { first }) => assert_eq!(first, made.job.manifest.job_id),
        other => panic!("{other:?}"),
    }
    assert!(!engine.submit_ok(keyed_job("other", 2)).await.replayed);
}

pub(super) async fn racing_submits_with_one_key_make_one_job(make: impl Factory) {
    let engine = make(quick()).await;
    let mut racers = JoinSet::new();
    for _ in 0..32 {
        let engine = engine.clone();
        racers.spawn(async move { engine.submit_ok(keyed_job("key", 1)).await });
    }
    let submits = racers.join_all().await;
    let first = &submits[0].job.manifest.job_id;
    assert!(submits.iter().all(|submit| submit.job.manifest.job_id == *first));
    assert_eq!(submits.iter().filter(|submit| !submit.replayed).count(), 1);
    let figures = engine.figures().await;
    assert_eq!((figures.jobs.submitted, figures.queue_len), (1, 1));
}

pub(super) async fn a_deleted_job_s_key_makes_a_new_job(make: impl Factory) {
    let engine = make(quick()).await;
    let first = engine.submit_ok(keyed_job("key", 1)).await.job.manifest.job_id;
    engine.delete(&first).await.expect("reachable");
    let second = engine.submit_ok(keyed_job("key", 2)).await;
    assert!(!second.replayed);
    assert_ne!(second.job.manifest.job_id, first);
}

pub(super) async fn active_jobs_are_those_that_have_not_ended(make: impl Factory) {
    let engine = make(quick()).await;
    let ended = engine.submitted(1).await;
    engine.work_off().await;
    let running = engine.submitted(2).await;
    engine.lease_soon().await;
    let queued = engine.submitted(1).await;
    let mut active = engine.active_jobs().await.expect("reachable");
    active.sort();
    let mut expected = vec![running, queued];
    expected.sort();
    assert_eq!(active, expected);
    assert!(!active.contains(&ended));
}
