//! The status snapshot: its figures add up, whatever happens in whatever order.

use std::time::Duration;

use audio_api::StatusSnapshot;
use mock_server::engine::{
    CancelReason, EngineConfig, Failure, Fallback, Lease, LeaseError, RetryPolicy, SharedEngine,
};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use tokio::{runtime::Handle, task::JoinSet};

use super::harness::{Factory, LONG, NO_WAIT, PATIENT, Steps, quick, quick_with, result_for, worker};
use super::model::{MAX_RETRIES, Model};

pub(super) async fn an_engine_without_jobs_has_nothing_to_report(make: impl Factory) {
    let engine = make(quick()).await;
    assert_eq!(engine.figures().await, StatusSnapshot::default());
}

pub(super) async fn the_age_of_the_oldest_segment_grows_until_it_is_leased(make: impl Factory) {
    let engine = make(quick()).await;
    engine.submitted(1).await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    engine.submitted(1).await;
    let age = engine.figures().await.oldest_queued_age_s;
    assert!((0.06..5.0).contains(&age), "{age}");
    engine.lease_soon().await;
    let younger = engine.figures().await.oldest_queued_age_s;
    assert!(younger < age, "{younger} after {age}");
    engine.lease_soon().await;
    assert_eq!(engine.figures().await.oldest_queued_age_s, 0.0);
}

pub(super) async fn a_segment_that_waits_out_its_backoff_is_queued_but_not_yet_old(make: impl Factory) {
    let backoff = Duration::from_secs(20);
    let engine = make(EngineConfig {
        retry: RetryPolicy {
            backoff,
            max_backoff: backoff,
            ..quick().retry
        },
        ..quick()
    })
    .await;
    engine.submitted(1).await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    let lease = engine.lease_soon().await;
    engine.fail_ok(&lease).await;
    let figures = engine.figures().await;
    assert_eq!((figures.queue_len, figures.oldest_queued_age_s), (1, 0.0));
}

/// One step of a schedule; numbers choose among the leases or jobs that there are.
#[derive(Debug, Clone)]
enum Step {
    Submit(usize),
    Lease,
    Complete(usize),
    Fail(usize),
    GiveBack(usize),
    Cancel(usize),
    Delete(usize),
    Abandon,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1..4_usize).prop_map(Step::Submit),
        8 => Just(Step::Lease),
        4 => any::<usize>().prop_map(Step::Complete),
        5 => any::<usize>().prop_map(Step::Fail),
        1 => any::<usize>().prop_map(Step::GiveBack),
        1 => any::<usize>().prop_map(Step::Cancel),
        1 => any::<usize>().prop_map(Step::Delete),
        1 => Just(Step::Abandon),
    ]
}

pub(super) async fn the_figures_add_up_after_every_step_of_any_schedule(make: impl Factory) {
    let mut runner = TestRunner::new(Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = tokio::task::block_in_place(|| {
        runner.run(&vec(step(), 1..80), |steps| {
            Handle::current().block_on(async {
                let mut config = quick_with(MAX_RETRIES, Fallback::OtherModel);
                config.retry.backoff = Duration::from_nanos(1);
                let mut run = Run {
                    engine: make(config).await,
                    model: Model::default(),
                    leases: Vec::new(),
                };
                for step in steps {
                    run.take(step).await;
                    run.check().await?;
                }
                Ok(())
            })
        })
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// The engine beside its model. Leases are kept after their end, so that the engine has to refuse them.
struct Run {
    engine: SharedEngine,
    model: Model,
    leases: Vec<Lease>,
}

impl Run {
    async fn take(&mut self, step: Step) {
        match step {
            Step::Submit(segments) => {
                let id = self.engine.submitted(segments).await;
                self.model.submit(id, segments);
            }
            Step::Lease => self.lease().await,
            Step::Complete(nth) => {
                if let Some(lease) = pick(&self.leases, nth) {
                    let result = result_for(lease.segment_index);
                    let taken = self.engine.complete(lease.token, result).await;
                    assert_eq!(held(taken), self.model.complete(lease.token));
                }
            }
            Step::Fail(nth) => {
                if let Some(lease) = pick(&self.leases, nth) {
                    let taken = self.engine.fail(lease.token, Failure::Synthesis).await;
                    assert_eq!(held(taken), self.model.fail(lease.token));
                }
            }
            Step::GiveBack(nth) => {
                if let Some(lease) = pick(&self.leases, nth) {
                    let taken = self.engine.give_back(lease.token).await;
                    assert_eq!(held(taken), self.model.give_back(lease.token));
                }
            }
            Step::Cancel(nth) => self.cancel(nth).await,
            Step::Delete(nth) => self.delete(nth).await,
            Step::Abandon => {
                let ended = self.engine.abandon(&worker("w")).await.expect("reachable");
                let model = &mut self.model;
                let held = self.leases.iter().filter(|lease| model.fail(lease.token));
                assert_eq!(ended, held.count() as u64);
            }
        }
    }

    async fn lease(&mut self) {
        let expected = self.model.queue_len() > 0;
        let wait = if expected { PATIENT } else { NO_WAIT };
        let lease = self
            .engine
            .lease(&worker("w"), LONG, wait)
            .await
            .expect("reachable");
        assert_eq!(
            lease.is_some(),
            expected,
            "a lease where there is something queued"
        );
        if let Some(lease) = lease {
            self.model.lease(&lease.job_id, lease.segment_index, lease.token);
            self.leases.push(lease);
        }
    }

    async fn cancel(&mut self, nth: usize) {
        let Some(nth) = nth.checked_rem(self.model.jobs.len()) else {
            return;
        };
        let id = self.model.jobs[nth].id.clone();
        let record = self.engine.cancel(&id, CancelReason::Requested).await;
        if let Some(record) = record.expect("reachable") {
            self.model.cancel(nth);
            assert_eq!(record.manifest.status, self.model.jobs[nth].status());
        }
    }

    async fn delete(&mut self, nth: usize) {
        let Some(nth) = nth.checked_rem(self.model.jobs.len()) else {
            return;
        };
        if self
            .engine
            .delete(&self.model.jobs[nth].id)
            .await
            .expect("reachable")
        {
            self.model.cancel(nth);
        }
    }

    async fn check(&self) -> Result<(), TestCaseError> {
        let figures = StatusSnapshot {
            oldest_queued_age_s: 0.0,
            ..self.engine.figures().await
        };
        prop_assert_eq!(figures, self.model.figures());
        for job in &self.model.jobs {
            if let Some(record) = self.engine.job(&job.id).await.expect("reachable") {
                prop_assert_eq!(record.manifest.status, job.status());
            }
        }
        Ok(())
    }
}

fn pick(leases: &[Lease], nth: usize) -> Option<&Lease> {
    leases.get(nth.checked_rem(leases.len())?)
}

fn held<T>(taken: Result<T, LeaseError>) -> bool {
    match taken {
        Ok(_) => true,
        Err(LeaseError::Lost) => false,
        Err(LeaseError::Engine(error)) => panic!("{error}"),
    }
}

pub(super) async fn submitted_jobs_are_always_ended_or_active(make: impl Factory) {
    let engine = make(EngineConfig {
        retain_jobs: 5,
        ..quick()
    })
    .await;
    let mut tasks = JoinSet::new();
    for n in 0..6_usize {
        let engine = engine.clone();
        tasks.spawn(async move {
            for round in 0..40 {
                let job = engine.submitted(1 + round % 3).await;
                match (n + round) % 4 {
                    0 => drop(engine.cancel(&job, CancelReason::Requested).await),
                    1 => drop(engine.delete(&job).await),
                    _ => work_off_what_is_not_canceled(&engine).await,
                }
            }
        });
    }
    while !tasks.is_empty() {
        let figures = engine.figures().await;
        let counts = figures.jobs;
        let ended = counts.complete + counts.complete_with_errors + counts.error + counts.canceled;
        assert_eq!(counts.submitted, ended + figures.active_jobs, "{figures:?}");
        tokio::task::yield_now().await;
        if let Some(ended) = tasks.try_join_next() {
            ended.expect("no panic");
        }
    }
    engine.work_off().await;
    let figures = engine.figures().await;
    assert_eq!((figures.active_jobs, figures.queue_len), (0, 0));
    assert_eq!(figures.jobs.submitted, 240);
}

async fn work_off_what_is_not_canceled(engine: &SharedEngine) {
    while let Some(lease) = engine.lease_now().await {
        let result = result_for(lease.segment_index);
        held(engine.complete(lease.token, result).await);
    }
}
