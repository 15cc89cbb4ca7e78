//! The watch on a server.

use std::time::{Duration, Instant};

use audio_load::Watcher;
use server_process::ServerProcess;

use crate::place::server;

async fn until(mut is: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is() {
        assert!(Instant::now() < deadline, "it never came to that");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_watch_sees_the_servers_figures_again_and_again() {
    let reached = server(&[], &[]).await;
    let watcher = Watcher::start(&reached.client, Duration::from_millis(20)).unwrap();
    until(|| {
        watcher
            .latest()
            .is_some_and(|sample| sample.at > Duration::from_millis(60))
    })
    .await;
    let watched = watcher.finish();
    assert_eq!((watched.missed, &watched.last_error), (0, &None));
    assert!(watched.samples.len() >= 2 && watched.asked >= watched.samples.len() as u64);
    assert!(watched.samples.windows(2).all(|pair| pair[0].at < pair[1].at));
    let sample = &watched.samples[0].value;
    assert_eq!(sample.status.active_jobs, 0);
    assert!(sample.status.workers_online > 0);
    assert!(sample.resident_bytes.unwrap() > 1e6);
    assert!(sample.open_fds.unwrap() > 1.0 && sample.threads.unwrap() >= 1.0);
}

#[tokio::test]
async fn what_a_server_does_not_answer_is_counted_and_never_made_up() {
    let mut reached = server(&[], &[]).await;
    let watcher = Watcher::start(&reached.client, Duration::from_millis(20)).unwrap();
    until(|| watcher.latest().is_some()).await;
    let process: ServerProcess = reached.process.take().unwrap();
    process.stop(Duration::from_secs(5)).await.unwrap();
    // Whatever is asked from now on is asked of nobody.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let watched = watcher.finish();
    assert!(watched.missed > 0);
    assert_eq!(watched.asked, watched.missed + watched.samples.len() as u64);
    assert!(watched.last_error.is_some());
}
