//! How requests end.

use std::{num::NonZeroUsize, sync::atomic::Ordering, time::Duration};

use http::{Method, uri::PathAndQuery};
use load_engine::{
    Catalogue, Journey, Quiet, StepId, StopSignal, User,
    record::{Outcome, StepRecord},
    run,
};
use rstest::rstest;

use crate::{
    server::TestServer,
    walk::{plan, users, walk},
};

#[rstest]
#[case::whole("/a", Outcome::Ok)]
#[case::not_ready("/accepted", Outcome::Accepted)]
#[case::back_pressure("/limited", Outcome::RateLimited)]
#[case::unknown("/unknown", Outcome::Refused)]
#[case::unavailable("/fails", Outcome::ServerError)]
#[case::a_connection_that_breaks("/breaks", Outcome::Broken)]
#[case::no_answer_in_time("/hangs", Outcome::TimedOut)]
fn each_end_is_counted_as_what_it_is(#[case] path: &'static str, #[case] outcome: Outcome) {
    let server = TestServer::start();
    let mut plan = plan(&server, users(1.0, 300, 20));
    plan.request_timeout = Duration::from_millis(if outcome == Outcome::TimedOut { 50 } else { 30_000 });
    let ended = walk(&plan, &[path]).unwrap();
    let (_, step) = ended.record.steps().next().unwrap();
    assert!(step.total() > 0);
    assert_eq!(step.count(outcome), step.total());
    let of_outcome = step.of(outcome).unwrap();
    assert_eq!(of_outcome.response.count(), of_outcome.service.count());
    let has_head = !matches!(outcome, Outcome::Broken | Outcome::TimedOut);
    assert_eq!(step.first_byte.count() > 0, has_head);
    assert_eq!(ended.record.lost_connections > 0, outcome == Outcome::Broken);
}

#[test]
fn after_a_broken_connection_comes_a_new_one() {
    let server = TestServer::start();
    let ended = walk(&plan(&server, users(1.0, 200, 20)), &["/breaks", "/a"]).unwrap();
    assert!(ended.record.count(Outcome::Ok) > 0);
    assert_eq!(
        ended.record.connect.count(),
        server.seen.connections.load(Ordering::SeqCst)
    );
}

/// Asks for four paths at once, once.
struct Overview {
    whole: StepId,
    parts: Vec<(StepId, PathAndQuery)>,
}

impl Journey for Overview {
    type Memory = bool;

    fn memory(&self, _: usize) -> bool {
        false
    }

    async fn run(&self, user: &mut User, done: &mut bool) {
        if !std::mem::replace(done, true) {
            let request = |(step, path): &(StepId, PathAndQuery)| {
                (*step, user.target().request(Method::GET, path.clone()))
            };
            let parts = self.parts.iter().map(request).collect();
            let answers = user.send_together(self.whole, parts).await;
            assert_eq!(answers.len(), 4);
        }
        user.pause(Duration::from_millis(20)).await;
    }
}

#[test]
fn several_at_once_take_as_long_as_the_slowest_and_end_as_the_worst() {
    let server = TestServer::start();
    let mut catalogue = Catalogue::default();
    let whole = catalogue.composite("overview");
    let parts = ["/a", "/b", "/limited", "/c"]
        .map(|path| (catalogue.step(path, path), PathAndQuery::from_static(path)));
    let mut plan = plan(&server, users(1.0, 200, 0));
    plan.threads = NonZeroUsize::MIN;
    plan.lanes = 4;
    let journey = Overview {
        whole,
        parts: parts.to_vec(),
    };
    let ended = run(&plan, (journey, catalogue), &mut Quiet, &StopSignal::new()).unwrap();
    assert_eq!(ended.record.total(), 4);
    assert_eq!(server.seen.connections.load(Ordering::SeqCst), 4);
    let overview: &StepRecord = ended.record.steps().next().unwrap().1;
    assert_eq!((overview.total(), overview.count(Outcome::RateLimited)), (1, 1));
    let longest = ended
        .record
        .steps()
        .skip(1)
        .filter_map(|(_, step)| step.occurred().next());
    let longest = longest.filter_map(|(_, timings)| timings.response.max()).max();
    let whole = overview.of(Outcome::RateLimited).unwrap().response.max();
    assert_eq!(whole, longest);
}
