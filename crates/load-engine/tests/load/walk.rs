//! A journey made of paths, and a plan around it.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{Method, uri::PathAndQuery};
use load_engine::{
    Catalogue, Journey, Keep, LoadError, LoadRun, Plan, Quiet, StepId, StopSignal, Target, User,
    load::{Load, Ramp, Think},
    run,
};

use crate::server::TestServer;

/// Asks for one path after the other.
pub(crate) struct Walk {
    steps: Vec<(StepId, PathAndQuery)>,
    /// What each journey drew from its random source.
    pub(crate) drawn: Arc<Mutex<Vec<u64>>>,
}

impl Walk {
    pub(crate) fn of(paths: &[&'static str]) -> (Self, Catalogue) {
        let mut catalogue = Catalogue::default();
        let step = |path: &&'static str| (catalogue.step(path, path), PathAndQuery::from_static(path));
        let steps = paths.iter().map(step).collect();
        let drawn = Arc::default();
        (Self { steps, drawn }, catalogue)
    }
}

impl Journey for Walk {
    type Memory = ();

    fn memory(&self, _: usize) {}

    async fn run(&self, user: &mut User, (): &mut ()) {
        self.drawn.lock().unwrap().push(user.rng().u64(..));
        for (step, path) in &self.steps {
            let request = user
                .target()
                .request(Method::GET, path.clone())
                .keeping(Keep::UpTo(100));
            if let Ok(answer) = user.send(*step, &request).await {
                assert_eq!(&answer.body[..], b"0123456789");
            }
        }
    }
}

pub(crate) fn plan(server: &TestServer, load: Load) -> Plan {
    Plan {
        target: Target::new(&server.base(), None, Duration::from_secs(5)).unwrap(),
        load,
        seed: 7,
        threads: NonZeroUsize::new(2).unwrap(),
        request_timeout: Duration::from_secs(30),
        graceful: Duration::from_secs(30),
        window: Duration::from_millis(100),
        lanes: 1,
    }
}

/// So many users for so long.
pub(crate) fn users(users: f64, lasts_ms: u64, think_ms: u64) -> Load {
    let think = Duration::from_millis(think_ms);
    Load::Closed {
        users: Ramp::constant(users, Duration::from_millis(lasts_ms)).unwrap(),
        think: Think::between(think, think),
    }
}

pub(crate) fn walk(plan: &Plan, paths: &[&'static str]) -> Result<LoadRun, LoadError> {
    run(plan, Walk::of(paths), &mut Quiet, &StopSignal::new())
}
