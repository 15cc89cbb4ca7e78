//! Users who wait for their answers.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use load_engine::{
    Control, LoadError, Observer, Quiet, StopSignal, Target, Window,
    load::{Load, Ramp, Stage, Think},
    record::{Outcome, Record},
    run,
};

use crate::{
    server::TestServer,
    walk::{Walk, plan, users, walk},
};

#[test]
fn every_request_that_the_server_saw_is_recorded_once() {
    let server = TestServer::start();
    let ended = walk(&plan(&server, users(6.0, 400, 5)), &["/a", "/b"]).unwrap();
    let seen = server.seen.requests.load(Ordering::SeqCst);
    assert_eq!(ended.record.total(), seen);
    assert_eq!(ended.record.count(Outcome::Ok), seen);
    assert!(seen >= 12, "{seen}");
    let journeys = ended.record.journeys;
    assert_eq!((journeys.begun, journeys.finished), (journeys.due, journeys.due));
    assert_eq!(seen, 2 * journeys.finished);
    assert_eq!(
        server.seen.connections.load(Ordering::SeqCst),
        6,
        "a connection each"
    );
    assert_eq!(ended.record.connect.count(), 6);
    assert_eq!(ended.record.bytes, 10 * seen);
    assert!(!ended.stopped);
}

#[test]
fn a_user_thinks_between_journeys() {
    let server = TestServer::start();
    let ended = walk(&plan(&server, users(1.0, 1000, 100)), &["/a"]).unwrap();
    // At 0, 100, … 900 ms at the latest; a slow machine makes it fewer.
    assert!(
        (1..=10).contains(&ended.record.total()),
        "{}",
        ended.record.total()
    );
}

/// Keeps the number of users of each window.
#[derive(Default)]
struct Crowd(Vec<usize>);

impl Observer for Crowd {
    fn window(&mut self, window: &Window, _: &Record) -> Control {
        self.0.push(window.users);
        Control::Continue
    }
}

#[test]
fn users_come_and_go_by_the_ramp() {
    let server = TestServer::start();
    let second = Duration::from_secs(1);
    let ramp = Ramp::new(
        0.0,
        &[
            Stage::new(second, 8.0),
            Stage::new(second, 8.0),
            Stage::new(second, 0.0),
        ],
    )
    .unwrap();
    let load = Load::Closed {
        users: ramp,
        think: Think::between(Duration::from_millis(10), Duration::from_millis(10)),
    };
    let mut crowd = Crowd::default();
    run(
        &plan(&server, load),
        Walk::of(&["/a"]),
        &mut crowd,
        &StopSignal::new(),
    )
    .unwrap();
    let at = |window: usize| crowd.0[window];
    assert_eq!(crowd.0.iter().max(), Some(&8), "{:?}", crowd.0);
    assert!(
        at(3) < 8 && at(14) == 8 && *crowd.0.last().unwrap() < 8,
        "{:?}",
        crowd.0
    );
}

#[test]
fn a_journey_under_way_at_the_end_may_finish_and_one_that_hangs_is_cut_off() {
    let server = TestServer::start();
    let mut plan = plan(&server, users(3.0, 200, 0));
    plan.graceful = Duration::from_millis(200);
    let ended = walk(&plan, &["/hangs"]).unwrap();
    assert_eq!(ended.record.journeys.interrupted, 3);
    assert_eq!(ended.record.journeys.finished, 0);
    assert!(ended.lasted >= Duration::from_millis(400));

    let server = TestServer::stalling(Duration::from_millis(50), Duration::from_millis(400));
    let mut plan = super::walk::plan(&server, users(3.0, 200, 0));
    plan.graceful = Duration::from_secs(30);
    let ended = walk(&plan, &["/a"]).unwrap();
    assert_eq!(ended.record.journeys.interrupted, 0);
    assert_eq!(
        ended.record.count(Outcome::Ok),
        server.seen.requests.load(Ordering::SeqCst)
    );
}

#[test]
fn the_word_to_stop_ends_a_run_early() {
    let server = TestServer::start();
    struct Impatient;
    impl Observer for Impatient {
        fn window(&mut self, _: &Window, so_far: &Record) -> Control {
            if so_far.total() >= 3 {
                Control::Stop
            } else {
                Control::Continue
            }
        }
    }
    let begun = Instant::now();
    let plan = plan(&server, users(2.0, 3_600_000, 50));
    let ended = run(&plan, Walk::of(&["/a"]), &mut Impatient, &StopSignal::new()).unwrap();
    assert!(ended.stopped && ended.record.total() >= 3);
    assert!(begun.elapsed() < Duration::from_secs(600));
}

#[test]
fn a_run_stopped_by_its_caller_says_so() {
    let server = TestServer::start();
    let stop = StopSignal::new();
    stop.cancel();
    let plan = plan(&server, users(2.0, 3_600_000, 50));
    let ended = run(&plan, Walk::of(&["/a"]), &mut Quiet, &stop).unwrap();
    assert!(ended.stopped);
}

#[test]
fn a_server_that_is_not_there_is_an_error() {
    let server = TestServer::start();
    let mut plan = plan(&server, users(2.0, 1000, 0));
    // Nothing listens on a port that was just given back.
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    plan.target = Target::new(&format!("http://{gone}"), None, Duration::from_secs(5)).unwrap();
    assert!(matches!(walk(&plan, &["/a"]), Err(LoadError::Unreachable { .. })));
}

#[test]
fn the_seed_decides_what_journeys_draw_however_many_threads_there_are() {
    let server = TestServer::start();
    let drawn = |threads: usize, seed| {
        let mut plan = plan(&server, users(4.0, 60, 40));
        plan.threads = threads.try_into().unwrap();
        plan.seed = seed;
        let (journey, catalogue) = Walk::of(&["/a"]);
        let drawn = journey.drawn.clone();
        run(&plan, (journey, catalogue), &mut Quiet, &StopSignal::new()).unwrap();
        let mut drawn = drawn.lock().unwrap().clone();
        drawn.sort_unstable();
        drawn
    };
    // How many journeys there are hangs on the machine; the first of each user are there in any case.
    let common = |one: &[u64], two: &[u64]| one.iter().filter(|value| two.contains(value)).count();
    let (one, two) = (drawn(1, 7), drawn(2, 7));
    assert!(common(&one, &two) >= 4, "{one:?} {two:?}");
    assert_eq!(common(&one, &drawn(1, 8)), 0);
}
