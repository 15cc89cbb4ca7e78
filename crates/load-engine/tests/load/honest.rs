//! What a stall of the server looks like. All bounds are one-sided: a slow machine makes latencies longer, never shorter.

use std::time::Duration;

use load_engine::load::{Load, Ramp, Spacing};

use crate::{
    server::TestServer,
    walk::{plan, walk},
};

#[test]
fn a_stall_shows_in_the_response_times_of_all_that_were_due_in_it() {
    // 200 a second for 4 s, of which 1 s is a stall: 200 of 800 arrivals wait, on average half a second.
    let server = TestServer::stalling(Duration::from_secs(1), Duration::from_secs(1));
    let load = Load::Open {
        rate: Ramp::constant(200.0, Duration::from_secs(4)).unwrap(),
        spacing: Spacing::Even,
        users: 10,
        backlog: 10_000,
    };
    let ended = walk(&plan(&server, load), &["/a"]).unwrap();
    let (_, step) = ended.record.steps().next().unwrap();
    let timings = step.of(load_engine::record::Outcome::Ok).unwrap();
    let ms =
        |latency: &load_engine::record::Latency, quantile| latency.quantile(quantile).unwrap().as_millis();
    // Of 800, the 8 slowest of the 200 are beyond p99: 40 ms below the whole stall.
    assert!(
        ms(&timings.response, 0.99) >= 950,
        "{}",
        ms(&timings.response, 0.99)
    );
    assert!(
        ms(&timings.response, 0.875) >= 450,
        "{}",
        ms(&timings.response, 0.875)
    );
    // From when they were sent, only the ten under way saw it: what a generator that forgets due times would report.
    let slow = timings.service.count() - timings.service.micros().count_between(0, 400_000);
    assert!(slow <= 10, "{slow}");
    assert!(ended.record.journeys.late > 100, "{:?}", ended.record.journeys);
    // That the requests were late was the server's doing, and not the generator's.
    assert_eq!(ended.record.send_lag.count(), 800);
}
