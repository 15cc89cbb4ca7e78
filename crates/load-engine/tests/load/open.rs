//! Arrivals that come whether or not the server keeps up.

use std::{sync::atomic::Ordering, time::Duration};

use load_engine::{
    load::{Load, Ramp, Spacing},
    record::Outcome,
};

use crate::{
    server::TestServer,
    walk::{plan, walk},
};

fn arrivals(per_second: f64, lasts_ms: u64, (users, backlog): (usize, usize)) -> Load {
    Load::Open {
        rate: Ramp::constant(per_second, Duration::from_millis(lasts_ms)).unwrap(),
        spacing: Spacing::Even,
        users,
        backlog,
    }
}

#[test]
fn as_many_come_as_the_rate_says() {
    let server = TestServer::start();
    let ended = walk(&plan(&server, arrivals(200.0, 1000, (8, 1000))), &["/a"]).unwrap();
    let journeys = ended.record.journeys;
    assert_eq!((journeys.due, journeys.begun, journeys.finished), (200, 200, 200));
    assert_eq!(journeys.dropped + journeys.interrupted, 0);
    assert_eq!(server.seen.requests.load(Ordering::SeqCst), 200);
    assert_eq!(
        server.seen.connections.load(Ordering::SeqCst),
        8,
        "all opened before the start"
    );
    assert_eq!(ended.record.send_lag.count(), 200);
}

#[test]
fn arrivals_at_random_come_as_often() {
    let server = TestServer::start();
    let load = Load::Open {
        rate: Ramp::constant(300.0, Duration::from_secs(1)).unwrap(),
        spacing: Spacing::Poisson,
        users: 8,
        backlog: 1000,
    };
    let ended = walk(&plan(&server, load), &["/a"]).unwrap();
    // Six standard deviations.
    assert!(
        (196..404).contains(&ended.record.journeys.due),
        "{:?}",
        ended.record.journeys
    );
}

#[test]
fn what_the_backlog_cannot_hold_is_dropped_and_counted() {
    let server = TestServer::stalling(Duration::ZERO, Duration::from_millis(600));
    let ended = walk(&plan(&server, arrivals(100.0, 500, (2, 10))), &["/a"]).unwrap();
    let journeys = ended.record.journeys;
    assert_eq!(journeys.due, 50);
    assert_eq!(journeys.begun + journeys.dropped, 50, "{journeys:?}");
    assert_eq!(journeys.begun, 12, "2 at once and 10 that waited: {journeys:?}");
    assert_eq!(journeys.late, 10);
    assert_eq!(ended.record.count(Outcome::Ok), 12);
}

#[test]
fn what_still_hangs_after_the_graceful_end_is_cut_off() {
    let server = TestServer::start();
    let mut plan = plan(&server, arrivals(20.0, 200, (2, 100)));
    plan.graceful = Duration::from_millis(100);
    let ended = walk(&plan, &["/hangs"]).unwrap();
    let journeys = ended.record.journeys;
    assert_eq!((journeys.due, journeys.begun, journeys.interrupted), (4, 2, 2));
    assert_eq!(journeys.dropped, 2, "those that nobody was free for");
}
