//! Which workers count as online.

use std::time::Duration;

use mock_server::engine::EngineConfig;

use super::harness::{Factory, LONG, NO_WAIT, Steps, quick, worker};

pub(super) async fn a_worker_counts_as_online_for_a_while_after_each_heartbeat(make: impl Factory) {
    let worker_ttl = Duration::from_millis(300);
    let engine = make(EngineConfig {
        worker_ttl,
        ..quick()
    })
    .await;
    assert_eq!(engine.figures().await.workers_online, 0);
    engine.heartbeat(&worker("a")).await.expect("reachable");
    engine.heartbeat(&worker("b")).await.expect("reachable");
    assert_eq!(engine.figures().await.workers_online, 2);
    tokio::time::sleep(worker_ttl * 2 / 3).await;
    engine.heartbeat(&worker("a")).await.expect("reachable");
    tokio::time::sleep(worker_ttl * 2 / 3).await;
    assert_eq!(engine.figures().await.workers_online, 1);
    tokio::time::sleep(worker_ttl).await;
    assert_eq!(engine.figures().await.workers_online, 0);
}

pub(super) async fn a_worker_that_retires_is_offline_and_keeps_its_leases(make: impl Factory) {
    let engine = make(quick()).await;
    engine.submitted(1).await;
    engine.heartbeat(&worker("w")).await.expect("reachable");
    let lease = engine
        .lease(&worker("w"), LONG, NO_WAIT)
        .await
        .expect("reachable")
        .expect("due");
    engine.retire(&worker("w")).await.expect("reachable");
    engine.retire(&worker("unknown")).await.expect("reachable");
    assert_eq!(engine.figures().await.workers_online, 0);
    assert!(!lease.lost.is_cancelled());
    engine.complete_ok(&lease).await;
}

pub(super) async fn many_heartbeats_of_one_worker_are_one_worker(make: impl Factory) {
    let engine = make(quick()).await;
    for _ in 0..50 {
        engine.heartbeat(&worker("w")).await.expect("reachable");
    }
    assert_eq!(engine.figures().await.workers_online, 1);
}
