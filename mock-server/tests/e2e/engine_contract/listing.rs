//! The list of jobs, page by page.

use std::collections::HashSet;

use audio_api::{JobId, JobStatus};
use mock_server::engine::{CancelReason, EngineError, JobPage, ListQuery, SharedEngine};

use super::harness::{Factory, Steps, quick};

async fn page(
    engine: &SharedEngine,
    status: Option<JobStatus>,
    limit: usize,
    cursor: Option<String>,
) -> JobPage {
    let query = ListQuery {
        status,
        limit,
        cursor,
    };
    engine.list(&query).await.expect("a legal query")
}

fn ids(page: &JobPage) -> Vec<JobId> {
    page.jobs.iter().map(|job| job.job_id.clone()).collect()
}

pub(super) async fn the_list_is_newest_first_and_says_how_each_job_stands(make: impl Factory) {
    let engine = make(quick()).await;
    assert!(page(&engine, None, 10, None).await.jobs.is_empty());
    let done = engine.submitted(2).await;
    engine.work_off().await;
    let queued = engine.submitted(3).await;
    let listed = page(&engine, None, 10, None).await;
    assert_eq!(listed.next_cursor, None);
    assert_eq!(ids(&listed), [queued.clone(), done.clone()]);
    for summary in &listed.jobs {
        let manifest = engine.record(&summary.job_id).await.manifest;
        assert_eq!(summary.status, manifest.status);
        assert_eq!(summary.model_id, manifest.model_id);
        assert_eq!(summary.voice_id, manifest.voice_id);
        assert_eq!(
            (summary.created_at, summary.updated_at),
            (manifest.created_at, manifest.updated_at)
        );
        assert_eq!(
            (
                summary.segments_total,
                summary.segments_ready,
                summary.segments_error
            ),
            (
                manifest.segments_total,
                manifest.segments_ready,
                manifest.segments_error
            )
        );
        assert_eq!(summary.progress_pct, manifest.progress_pct);
    }
}

pub(super) async fn pages_meet_each_job_once_while_jobs_are_added(make: impl Factory) {
    let engine = make(quick()).await;
    let mut before = Vec::new();
    for _ in 0..23 {
        before.push(engine.submitted(1).await);
    }
    before.reverse();
    let mut met = Vec::new();
    let mut cursor = None;
    let mut pages = 0;
    loop {
        let next = page(&engine, None, 5, cursor).await;
        assert!(next.jobs.len() <= 5);
        met.extend(ids(&next));
        pages += 1;
        engine.submitted(1).await;
        cursor = next.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(met, before);
    assert_eq!(pages, 5);
}

pub(super) async fn a_list_of_one_state_follows_the_jobs_that_enter_and_leave_it(make: impl Factory) {
    let engine = make(quick()).await;
    let complete = engine.submitted(1).await;
    engine.work_off().await;
    let canceled = engine.submitted(1).await;
    engine
        .cancel(&canceled, CancelReason::Requested)
        .await
        .expect("reachable");
    let running = engine.submitted(1).await;
    let lease = engine.lease_soon().await;
    let queued = engine.submitted(1).await;
    let of = async |status| {
        let listed = page(&engine, Some(status), 10, None).await;
        ids(&listed).into_iter().collect::<HashSet<_>>()
    };
    assert_eq!(of(JobStatus::Complete).await, HashSet::from([complete.clone()]));
    assert_eq!(of(JobStatus::Canceled).await, HashSet::from([canceled.clone()]));
    assert_eq!(of(JobStatus::InProgress).await, HashSet::from([running.clone()]));
    assert_eq!(of(JobStatus::Queued).await, HashSet::from([queued]));
    assert_eq!(of(JobStatus::Error).await, HashSet::new());
    engine.complete_ok(&lease).await;
    engine.delete(&canceled).await.expect("reachable");
    assert_eq!(of(JobStatus::Complete).await, HashSet::from([complete, running]));
    assert_eq!(of(JobStatus::InProgress).await, HashSet::new());
    assert_eq!(of(JobStatus::Canceled).await, HashSet::new());
}

pub(super) async fn a_cursor_outlives_the_job_that_it_points_to(make: impl Factory) {
    let engine = make(quick()).await;
    let mut jobs = Vec::new();
    for _ in 0..4 {
        jobs.push(engine.submitted(1).await);
    }
    let first = page(&engine, None, 2, None).await;
    assert_eq!(ids(&first), [jobs[3].clone(), jobs[2].clone()]);
    engine.delete(&jobs[2]).await.expect("reachable");
    engine.delete(&jobs[1]).await.expect("reachable");
    let second = page(&engine, None, 2, first.next_cursor).await;
    assert_eq!(ids(&second), [jobs[0].clone()]);
    assert_eq!(second.next_cursor, None);
}

pub(super) async fn a_cursor_that_no_list_made_is_refused(make: impl Factory) {
    let engine = make(quick()).await;
    engine.submitted(1).await;
    for cursor in ["", "x", "-1", "j", "jffffffff", "j+0", "j00", "0", "'; --", "ĵ0"] {
        let query = ListQuery {
            status: None,
            limit: 5,
            cursor: Some(cursor.to_owned()),
        };
        match engine.list(&query).await {
            Err(EngineError::BadCursor { given }) => assert_eq!(given, cursor),
            other => panic!("{cursor:?}: {other:?}"),
        }
    }
}
