//! Conducting a run: the target started and ready, the tests, the rest after them, and the end of the server. Whatever
//! ends it, what was seen until then is kept.

use std::{sync::Arc, time::Duration};

use audio_api::fault::FaultRule;
use perf_guard::CacheState;
use run_report::{Ending, FaultFired, Quiescence};
use serde_json::Value;
use server_process::ServerProcess;

use super::Inputs;
use crate::{
    cli::{Settings, Where},
    suite::{
        Board, Context, ContextParts, Event, Progress, Rest, Sharing, run_checks, settle_down, snapshot,
    },
    target::reach,
    timed::{Session, run_timed},
};
use run_context::{Evidence, TargetError, chain, wait_until_ready};

/// The longest that the server may take to end.
pub(crate) const STOP_GRACE: Duration = Duration::from_secs(15);
/// After an interrupt nobody wants to wait for long.
pub(crate) const HURRIED_DRAIN: Duration = Duration::from_secs(2);

/// How long the news of a server's end may take.
pub(crate) const DEATH_NOTICE: Duration = Duration::from_secs(1);

/// What a run saw.
#[derive(Debug)]
pub struct Conducted {
    /// Where the target was; `None` when it never came up.
    pub base: Option<String>,
    /// All results so far.
    pub board: Board,
    /// What was timed.
    pub session: Session,
    /// The status snapshot before.
    pub status_start: Option<Value>,
    /// How the target was found at the end.
    pub rest: Rest,
    /// Standing faults and how often they fired.
    pub faults: Vec<FaultFired>,
    /// Jobs that were accepted, and their characters.
    pub submitted: (u64, u64),
    /// How it ended.
    pub ending: Ending,
    /// What there is to look at if it went wrong.
    pub evidence: Evidence,
}

impl Conducted {
    /// How the target had to come to rest, and whether it did.
    #[must_use]
    pub fn quiescence(&self, settings: &Settings) -> Quiescence {
        match sharing(settings) {
            Sharing::Alone => Quiescence::NoActiveJobs,
            Sharing::Shared => Quiescence::OwnJobs {
                unfinished: self.rest.unfinished.clone(),
            },
        }
    }
}

/// The target, once there is one.
#[derive(Default)]
struct Place {
    process: Option<ServerProcess>,
    ctx: Option<Context>,
    status_start: Option<Value>,
    session: Session,
    evidence: Evidence,
}

/// Conducts a run. It ends early when `interrupted` completes, when the time for the whole run is over, and when a server
/// that it started dies.
pub async fn conduct(
    settings: &Settings,
    inputs: &Inputs,
    progress: &dyn Progress,
    interrupted: impl Future<Output = ()>,
) -> Conducted {
    let board = Board::new(
        inputs
            .checks
            .iter()
            .map(|spec| (spec.name.to_owned(), None))
            .chain(timed_rows(inputs)),
    );
    let mut place = Place::default();
    let ending = tokio::select! {
        biased;
        () = interrupted => Ending::Interrupted,
        () = tokio::time::sleep(settings.total_timeout) => Ending::TimedOut {
            error: format!("the run did not end within {:?}", settings.total_timeout),
        },
        ending = run_tests(settings, inputs, &mut place, (&board, progress)) => match ending {
            Ok(()) => Ending::Completed,
            Err(error) => Ending::CouldNotRun { error: chain(&error) },
        },
    };
    progress.tell(Event::Draining);
    finish(settings, place, board, ending).await
}

fn timed_rows(inputs: &Inputs) -> impl Iterator<Item = (String, Option<CacheState>)> {
    let planned = inputs.timed.tests.iter();
    let planned = planned.flat_map(|test| test.states.iter().map(|cache| (test.name.clone(), Some(*cache))));
    let skipped = inputs
        .timed
        .skipped
        .iter()
        .map(|(name, cache, _)| (name.clone(), Some(*cache)));
    planned.chain(skipped)
}

async fn run_tests(
    settings: &Settings,
    inputs: &Inputs,
    place: &mut Place,
    (board, progress): (&Board, &dyn Progress),
) -> Result<(), RunError> {
    let reached = reach(settings, &inputs.profile).await?;
    let log = reached.process.as_ref().map(|process| process.log().clone());
    place.evidence = Evidence {
        tape: reached.tape,
        server_log: log.clone(),
    };
    place.process = reached.process;
    let ctx = place.ctx.insert(Context::new(ContextParts {
        client: reached.client,
        web: reached.web,
        anonymous: reached.anonymous,
        cases: inputs.cases.clone(),
        expected: inputs.expected.clone(),
        model: settings.model.clone(),
        sharing: sharing(settings),
        job_timeout: settings.job_timeout,
        server_log: log,
    }));
    let tests = async {
        wait_until_ready(&ctx.client, settings.health_timeout, settings.min_workers).await?;
        place.status_start = snapshot(ctx).await.map_err(TargetError::Status)?;
        progress.tell(Event::Planned {
            steps: inputs.checks.len() as u64 + inputs.timed.steps(),
            demand: inputs.demand(),
        });
        run_checks(ctx, &inputs.checks, settings.concurrency, (board, progress)).await;
        Ok::<_, RunError>(run_timed(ctx, &inputs.timed, &inputs.repeating, (board, progress)).await)
    };
    place.session = match &mut place.process {
        None => tests.await?,
        Some(process) => tokio::select! {
            session = tests => session?,
            exit = process.wait() => return Err(RunError::Died(match exit {
                Ok(exit) => exit.to_string(),
                Err(error) => error.to_string(),
            })),
        },
    };
    Ok(())
}

/// Why the tests could not be run to their end.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("the server ended in the middle of the run: {0}")]
    Died(String),
}

fn sharing(settings: &Settings) -> Sharing {
    match &settings.target {
        Where::Remote { sharing, .. } => *sharing,
        Where::Own { .. } => Sharing::Alone,
    }
}

async fn finish(settings: &Settings, place: Place, board: Board, mut ending: Ending) -> Conducted {
    let Place {
        mut process,
        ctx,
        status_start,
        session,
        evidence,
    } = place;
    let (mut rest, mut faults, mut submitted) = (Rest::default(), Vec::new(), (0, 0));
    if let Some(ctx) = &ctx {
        let drain = match ending {
            Ending::Completed => settings.drain_timeout,
            _ => {
                cancel_own_jobs(ctx).await;
                settings.drain_timeout.min(HURRIED_DRAIN)
            }
        };
        let hurried = ctx
            .client
            .with_call_timeout(settings.drain_timeout.min(settings.job_timeout));
        rest = settle_down(ctx, drain).await;
        faults = standing_faults(&hurried, settings).await;
        submitted = (ctx.ledger.jobs().len() as u64, ctx.ledger.characters());
    }
    if ending == Ending::Completed && rest.unreachable {
        let error = why_unreachable(process.as_mut(), &rest).await;
        ending = Ending::CouldNotRun { error };
    }
    if let Some(process) = process {
        // It is killed in the end if it has to be; how it ends is the server's tests' concern.
        let _ = process.stop(STOP_GRACE).await;
    }
    let base = ctx.as_ref().map(|ctx| ctx.client.base().to_owned());
    Conducted {
        base,
        board,
        session,
        status_start,
        rest,
        faults,
        submitted,
        ending,
        evidence,
    }
}

/// The tests may all have failed before the end of the server was known.
async fn why_unreachable(process: Option<&mut ServerProcess>, rest: &Rest) -> String {
    if let Some(process) = process
        && let Ok(Ok(exit)) = tokio::time::timeout(DEATH_NOTICE, process.wait()).await
    {
        return RunError::Died(exit.to_string()).to_string();
    }
    let why = rest.why_none.clone().unwrap_or_default();
    format!("the server no longer answers: {why}")
}

/// A run that is cut short leaves no work behind, as far as that is in its power.
pub(crate) async fn cancel_own_jobs(ctx: &Context) {
    if !ctx.profile().can(audio_client::Capability::Cancel) {
        return;
    }
    let client = Arc::new(ctx.client.with_call_timeout(HURRIED_DRAIN));
    let cancel_all = async {
        for job in ctx.ledger.jobs().iter().rev() {
            // Canceling a job that has ended changes nothing.
            if client.cancel(job).await.is_err_and(|error| error.is_transport()) {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(HURRIED_DRAIN, cancel_all).await;
}

async fn standing_faults(client: &audio_client::Client, settings: &Settings) -> Vec<FaultFired> {
    if !client.has_faults() {
        return Vec::new();
    }
    let Ok(list) = client.faults().await else {
        return Vec::new();
    };
    let audio_client::Outcome::Done(list) = list.outcome else {
        return Vec::new();
    };
    let records = list.faults.into_iter();
    records
        .map(|record| FaultFired {
            rule: in_words(&record.rule, settings),
            fired_total: record.fired_total,
        })
        .collect()
}

/// A rule as it was given, or else as it stands on the wire.
fn in_words(rule: &FaultRule, settings: &Settings) -> String {
    let given = match &settings.target {
        Where::Own { faults, .. } => faults.as_slice(),
        Where::Remote { .. } => &[],
    };
    let same = |flag: &&String| flag.parse::<FaultRule>().is_ok_and(|parsed| parsed == *rule);
    let wire = || serde_json::to_string(rule).unwrap_or_else(|_| rule.stage().to_string());
    given.iter().find(same).cloned().unwrap_or_else(wire)
}
