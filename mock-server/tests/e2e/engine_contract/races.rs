//! Many at once: whoever comes second is told so, and nothing happens twice.

use std::{collections::HashMap, time::Duration};

use audio_api::{JobId, SegmentStatus};
use mock_server::engine::{CancelReason, SharedEngine};
use tokio::task::JoinSet;

use super::harness::{Factory, LONG, NO_WAIT, PATIENT, Steps, count, quick, result_for, worker};

pub(super) async fn concurrent_leases_hand_out_each_segment_once(make: impl Factory) {
    let engine = make(quick()).await;
    let mut workers = JoinSet::new();
    for n in 0..64 {
        let engine = engine.clone();
        workers.spawn(async move {
            let mut taken = Vec::new();
            let name = worker(&format!("w{n}"));
            let wait = Duration::from_millis(300);
            while let Some(lease) = engine.lease(&name, LONG, wait).await.expect("reachable") {
                taken.push((lease.job_id, lease.segment_index));
            }
            taken
        });
    }
    let mut expected = HashMap::new();
    for _ in 0..50 {
        let job = engine.submitted(20).await;
        expected.extend((0..20).map(|index| ((job.clone(), index), 1)));
        tokio::task::yield_now().await;
    }
    let mut leased = HashMap::new();
    for segment in workers.join_all().await.into_iter().flatten() {
        *leased.entry(segment).or_insert(0) += 1;
    }
    assert_eq!(leased.len(), 1_000);
    assert_eq!(leased, expected);
}

pub(super) async fn after_a_cancel_no_racing_result_is_taken(make: impl Factory) {
    let engine = make(quick()).await;
    let mut canceled_early = 0;
    for round in 0..60_u32 {
        let job = engine.submitted(16).await;
        let mut workers = JoinSet::new();
        for _ in 0..16 {
            let engine = engine.clone();
            workers.spawn(async move {
                let lease = engine.lease_now().await?;
                tokio::task::yield_now().await;
                let taken = engine
                    .complete(lease.token, result_for(lease.segment_index))
                    .await;
                Some(taken.is_ok())
            });
        }
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        let acknowledged = engine
            .cancel(&job, CancelReason::Requested)
            .await
            .expect("reachable")
            .expect("known");
        let ready = count(&acknowledged, SegmentStatus::Ready);
        let taken = workers.join_all().await;
        let later = engine.record(&job).await;
        assert_eq!(later.manifest, acknowledged.manifest, "round {round}");
        assert_eq!(
            taken.iter().filter(|taken| **taken == Some(true)).count(),
            ready,
            "round {round}: a result was taken or refused against what the record says"
        );
        canceled_early += usize::from(ready < 16);
    }
    assert!(canceled_early > 0, "no cancel ever came before the last result");
    let figures = engine.figures().await;
    assert_eq!((figures.queue_len, figures.active_jobs), (0, 0));
}

pub(super) async fn racing_holders_of_one_segment_store_one_result(make: impl Factory) {
    let engine = make(quick()).await;
    for _ in 0..20 {
        let job = engine.submitted(1).await;
        let ttl = Duration::from_millis(3);
        let late = engine
            .lease(&worker("late"), ttl, NO_WAIT)
            .await
            .expect("reachable")
            .expect("due");
        let second = async {
            let lease = engine.lease_soon().await;
            let result = result_for(2);
            (lease.attempt, engine.complete(lease.token, result).await.is_ok())
        };
        let first = async {
            tokio::time::sleep(ttl).await;
            engine.complete(late.token, result_for(1)).await.is_ok()
        };
        // The first is refused unless it was in time; then there is nothing for the second.
        tokio::select! {
            biased;
            ((attempt, second_taken), first_taken) = async { tokio::join!(second, first) } => {
                assert_eq!((attempt, second_taken, first_taken), (2, true, false));
                assert_eq!(engine.only_segment(&job).await.size_bytes, Some(1_002));
            }
            () = tokio::time::sleep(PATIENT / 10) => {
                assert_eq!(engine.only_segment(&job).await.size_bytes, Some(1_001));
            }
        }
    }
}

pub(super) async fn a_delete_racing_results_leaves_nothing_behind(make: impl Factory) {
    let engine = make(quick()).await;
    for _ in 0..30 {
        let job = engine.submitted(8).await;
        let mut racers = JoinSet::new();
        for _ in 0..8 {
            let engine = engine.clone();
            racers.spawn(async move {
                if let Some(lease) = engine.lease_now().await {
                    tokio::task::yield_now().await;
                    let _ = engine.complete(lease.token, result_for(0)).await;
                }
            });
        }
        racers.spawn({
            let (engine, job) = (engine.clone(), job.clone());
            async move { assert!(engine.delete(&job).await.expect("reachable")) }
        });
        racers.join_all().await;
        assert!(engine.job(&job).await.expect("reachable").is_none());
        let figures = engine.figures().await;
        assert_eq!((figures.queue_len, figures.active_jobs), (0, 0));
        assert_eq!(
            figures.jobs.submitted,
            figures.jobs.complete + figures.jobs.canceled
        );
    }
}

pub(super) async fn concurrent_work_ends_every_job_exactly_once(make: impl Factory) {
    let engine = make(quick()).await;
    let mut workers = JoinSet::new();
    for n in 0..8_u32 {
        workers.spawn(unreliable_worker(engine.clone(), n));
    }
    let mut submitters = JoinSet::new();
    for _ in 0..4 {
        let engine = engine.clone();
        submitters.spawn(async move {
            let mut jobs: Vec<JobId> = Vec::new();
            for segments in [1, 5, 2, 9, 3] {
                jobs.push(engine.submitted(segments).await);
                tokio::task::yield_now().await;
            }
            jobs
        });
    }
    let jobs: Vec<JobId> = submitters.join_all().await.into_iter().flatten().collect();
    let stored: usize = workers.join_all().await.into_iter().sum();
    let mut ready = 0;
    for job in &jobs {
        let record = engine.record(job).await;
        assert!(
            record.manifest.status.is_terminal(),
            "{:?}",
            record.manifest.status
        );
        ready += count(&record, SegmentStatus::Ready);
    }
    assert_eq!(
        stored, ready,
        "every result that was taken is there, and no other"
    );
    let figures = engine.figures().await;
    let counts = figures.jobs;
    assert_eq!(
        (counts.submitted, figures.active_jobs, figures.queue_len),
        (20, 0, 0)
    );
    assert_eq!(
        counts.complete + counts.complete_with_errors + counts.error,
        20,
        "{counts:?}"
    );
}

/// Completes most leases, fails some, gives some back, and lets some expire; how many results were taken.
async fn unreliable_worker(engine: SharedEngine, seed: u32) -> usize {
    let mut taken = 0;
    let mut step = seed;
    let ttl = Duration::from_millis(20);
    let name = worker(&format!("w{seed}"));
    let wait = Duration::from_millis(400);
    while let Some(lease) = engine.lease(&name, ttl, wait).await.expect("reachable") {
        step += 1;
        match step % 7 {
            0 => drop(
                engine
                    .fail(lease.token, mock_server::engine::Failure::Synthesis)
                    .await,
            ),
            1 => drop(engine.give_back(lease.token).await),
            2 => tokio::time::sleep(ttl * 2).await,
            _ => {
                let result = result_for(lease.segment_index);
                taken += usize::from(engine.complete(lease.token, result).await.is_ok());
            }
        }
    }
    taken
}
