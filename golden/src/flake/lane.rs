//! One phase at work: how each of its runs is made.

use std::time::{Duration, Instant};

use perf_guard::CacheState;
use run_report::{Ending, GoldenRun, Phase, Quiescence};

use super::{busy::BusyCores, warm::WarmServer};
use crate::{
    cli::{Settings, Where},
    run::{Conducted, Inputs, conduct, head, into_result},
    suite::Silent,
};
use run_context::{Evidence, Tree, chain};

/// The longest that a run may take beside the limits it has: starting and stopping its server.
const START_AND_STOP: Duration = Duration::from_secs(60);

/// One phase at work.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) phase: Phase,
    settings: Settings,
    inputs: Inputs,
    warm: Option<WarmServer>,
    /// Wall time of each run, with starting and stopping the server.
    took: Vec<Duration>,
}

/// One run that was made.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) run: GoldenRun,
    pub(super) evidence: Evidence,
    /// Processes that kept the cores busy from its start to its end.
    pub(super) busy_processes: u32,
    /// What kept it from showing what it should.
    pub(super) doubt: Option<String>,
}

impl Lane {
    /// What a run of this phase is told.
    pub(super) fn settings(phase: Phase, settings: &Settings) -> Settings {
        let states = match phase {
            Phase::Cold => vec![CacheState::Cold],
            Phase::Warm => vec![CacheState::Warm],
            Phase::Busy => CacheState::ALL.to_vec(),
        };
        Settings {
            states,
            ..settings.clone()
        }
    }

    pub(super) const fn new(phase: Phase, settings: Settings, inputs: Inputs) -> Self {
        Self {
            phase,
            settings,
            inputs,
            warm: None,
            took: Vec::new(),
        }
    }

    pub(super) const fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// The mean time of a run so far.
    pub(super) fn mean(&self) -> Option<Duration> {
        let runs = u32::try_from(self.took.len()).ok()?;
        (runs > 0).then(|| self.took.iter().sum::<Duration>() / runs)
    }

    /// Makes one run, which ends early when `stopped` completes.
    pub(super) async fn run(&mut self, tree: &Tree, stopped: impl Future<Output = ()>) -> Made {
        let began = Instant::now();
        let busy = match self.phase {
            Phase::Busy => BusyCores::start(self.longest()).map(Some),
            Phase::Cold | Phase::Warm => Ok(None),
        };
        let made = match busy {
            Ok(busy) => {
                let mut made = self.measured(tree, stopped).await;
                if let Some(busy) = busy {
                    under_load(&mut made, busy).await;
                }
                made
            }
            Err(error) => self.not_made(tree, format!("the cores cannot be kept busy: {error}")),
        };
        self.took.push(began.elapsed());
        made
    }

    /// Ends what it kept.
    pub(super) async fn stop(self) {
        if let Some(server) = self.warm {
            server.stop().await;
        }
    }

    fn longest(&self) -> Duration {
        let limits = &self.settings;
        limits.total_timeout + limits.health_timeout + limits.drain_timeout + START_AND_STOP
    }

    async fn measured(&mut self, tree: &Tree, stopped: impl Future<Output = ()>) -> Made {
        match self.phase {
            Phase::Cold | Phase::Busy => {
                let settings = self.settings.clone();
                self.conducted(&settings, tree, stopped).await
            }
            Phase::Warm => self.on_warm_server(tree, stopped).await,
        }
    }

    async fn on_warm_server(&mut self, tree: &Tree, stopped: impl Future<Output = ()>) -> Made {
        let mut stopped = std::pin::pin!(stopped);
        let mut server = match self.warm.take() {
            Some(server) => server,
            None => {
                let started = tokio::select! {
                    biased;
                    () = stopped.as_mut() => None,
                    started = WarmServer::start(&self.settings, &self.inputs) => Some(started),
                };
                match started {
                    None => return self.cut(tree, Ending::Interrupted),
                    Some(Ok(server)) => server,
                    Some(Err(error)) => return self.not_made(tree, chain(&error)),
                }
            }
        };
        let settings = server.settings().clone();
        let mut made = self.conducted(&settings, tree, stopped).await;
        if matches!(self.settings.target, Where::Own { .. }) {
            made.evidence.server_log = server.log();
        }
        match server.ended() {
            // The next run starts another.
            Some(exit) => made.run.notices.push(format!("the server has ended: {exit}")),
            None => self.warm = Some(server),
        }
        made
    }

    async fn conducted(&self, settings: &Settings, tree: &Tree, stopped: impl Future<Output = ()>) -> Made {
        let mut run = head(&self.settings, Some(&self.inputs), tree);
        let began = Instant::now();
        let seen: Conducted = Box::pin(conduct(settings, &self.inputs, &Silent, stopped)).await;
        let evidence = seen.evidence.clone();
        // They have been judged; nobody records them.
        let _measurements = into_result(&mut run, seen, (&self.settings, &self.inputs.baseline, began));
        Made {
            run,
            evidence,
            busy_processes: 0,
            doubt: None,
        }
    }

    fn not_made(&self, tree: &Tree, error: String) -> Made {
        self.cut(tree, Ending::CouldNotRun { error })
    }

    fn cut(&self, tree: &Tree, ending: Ending) -> Made {
        let mut run = head(&self.settings, Some(&self.inputs), tree);
        run.settle(ending, &Quiescence::NoActiveJobs);
        Made {
            run,
            evidence: Evidence::default(),
            busy_processes: 0,
            doubt: None,
        }
    }
}

async fn under_load(made: &mut Made, busy: BusyCores) {
    let started = busy.len();
    match busy.stop().await {
        Ok(ran) if ran == started => made.busy_processes = ran,
        Ok(ran) => {
            made.busy_processes = ran;
            made.doubt = Some(format!(
                "only {ran} of {started} busy processes lasted to the end of a run"
            ));
        }
        Err(error) => made.doubt = Some(format!("a busy process could not be ended: {error}")),
    }
}
