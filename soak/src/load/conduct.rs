//! Carrying a profile out: the server, the library of jobs, the load, the watch on the server, the rest at the end.

use std::{
    future::Future,
    io::{self, Write},
    pin::Pin,
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use audio_client::{Client, Outcome as CallOutcome};
use audio_load::{AudioJourney, Library, Watched, Watcher, engine_target};
use load_engine::{LoadRun, Plan, StopSignal};
use run_context::{Reached, chain, reach_in};

use super::{
    args::Settings,
    board::{Board, Kept, window_of},
    demand::{has_status, held_by, with_needs},
    progress::{Glance, Narrator},
    settle_down::{LastWord, last_word, settle_down},
};

/// Between two looks at the server.
const WATCH_EVERY: Duration = Duration::from_secs(1);
/// Between two words about how it goes.
const TELL_EVERY: Duration = Duration::from_millis(250);
/// Glances that may wait to be told.
const GLANCES: usize = 4;
/// How long the server is given to come to rest when the load is over.
const REST_WITHIN: Duration = Duration::from_secs(60);
/// The same when somebody is waiting for the end.
const REST_WHEN_INTERRUPTED: Duration = Duration::from_secs(10);
/// How long a server of our own is given to end.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// What was seen of a run.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) api_base: String,
    /// Arguments that the server was started with.
    pub(super) server_args: Vec<String>,
    pub(super) notices: Vec<String>,
    pub(super) before: LastWord,
    /// Jobs that were submitted for the library, after `before`.
    pub(super) library: u64,
    pub(super) run: LoadRun,
    pub(super) kept: Kept,
    pub(super) watched: Watched,
    pub(super) after: Result<LastWord, String>,
    pub(super) interrupted: bool,
}

/// Why there was no run.
#[derive(Debug)]
pub(super) enum Failure {
    /// It could not be made.
    CouldNotRun(String),
    /// Somebody interrupted it before the load began.
    Interrupted,
}

/// Somebody's wish that it should end.
pub(super) type Interrupt<'a> = Pin<&'a mut dyn Future<Output = ()>>;

/// Carries the profile out.
pub(super) async fn conduct(
    settings: &Settings,
    (is_terminal, err): (bool, &mut dyn Write),
    mut interrupted: Interrupt<'_>,
) -> io::Result<Result<Seen, Failure>> {
    let target = with_needs(settings.target.clone(), &settings.scenario);
    let ready = tokio::select! {
        biased;
        () = &mut interrupted => return Ok(Err(Failure::Interrupted)),
        ready = prepare(settings, &target) => ready,
    };
    let (reached, prepared) = match ready {
        Ok(ready) => ready,
        Err(error) => return Ok(Err(Failure::CouldNotRun(error))),
    };
    let client = reached.client.clone();
    let faults = prepared.faults.clone();
    let server_args = match target.place {
        run_context::Where::Own { args, .. } => args,
        run_context::Where::Remote { .. } => Vec::new(),
    };
    let mut narrator = Narrator::new(is_terminal, settings.scenario.load.lasts());
    let told = (&mut narrator, err);
    let seen = load(settings, (&client, prepared, server_args), told, interrupted).await?;
    for fault in faults {
        // The target is somebody else's, who will want it without our faults; a failure shows in the status.
        let _ = client.remove_fault(&fault).await;
    }
    if let Some(process) = reached.process {
        // What it says when it ends changes nothing of what was measured.
        let _ = process.stop(STOP_GRACE).await;
    }
    Ok(seen)
}

/// What the load begins with.
struct Prepared {
    plan: Plan,
    journey: (AudioJourney, load_engine::Catalogue),
    watcher: Watcher,
    before: LastWord,
    library: u64,
    notices: Vec<String>,
    /// Faults that were set on a target of others.
    faults: Vec<String>,
}

async fn prepare(settings: &Settings, target: &run_context::Target) -> Result<(Reached, Prepared), String> {
    let scenario = &settings.scenario;
    let in_words = |error: &dyn std::error::Error| chain(error);
    let variables = settings.leaks.as_ref().map_or(&[][..], |leaks| &leaks.server_env);
    let reached = reach_in(target, variables)
        .await
        .map_err(|error| in_words(&error))?;
    let client = &reached.client;
    has_status(client, scenario).map_err(|error| in_words(&error))?;
    let before = last_word(client).await?;
    let (mut notices, mut faults) = (Vec::new(), Vec::new());
    if !target.is_own() {
        notices = held_by(client, scenario, before.read.workers_online).map_err(|error| in_words(&error))?;
    }
    // Without faults, so that a flaky server has a library too.
    let library = Library::prepare(client, &scenario.workload.jobs, settings.seed)
        .await
        .map_err(|error| in_words(&error))?;
    if !target.is_own() {
        faults = set_faults(settings, client).await?;
    }
    let of_library = library.jobs().len() as u64;
    let (workload, missing) = scenario.workload.on(client.profile());
    notices.extend(missing.iter().map(|(action, route)| {
        format!("action {action} is left out: the target profile has no route {route}, and the profile can do without")
    }));
    let journey = AudioJourney::new(&workload, client.profile(), (library, settings.seed))
        .map_err(|error| in_words(&error))?;
    let plan = Plan {
        target: engine_target(client, target.ca_pem.as_deref()).map_err(|error| in_words(&error))?,
        load: scenario.load.clone(),
        seed: settings.seed,
        threads: settings.threads,
        request_timeout: scenario.request_timeout,
        graceful: scenario.graceful,
        window: window_of(scenario.load.lasts()),
        lanes: journey.0.lanes(),
    };
    let watcher = Watcher::start(client, WATCH_EVERY).map_err(|error| in_words(&error))?;
    let prepared = Prepared {
        plan,
        journey,
        watcher,
        before,
        library: of_library,
        notices,
        faults,
    };
    Ok((reached, prepared))
}

/// Gives a target of others the faults of the profile.
async fn set_faults(settings: &Settings, client: &Client) -> Result<Vec<String>, String> {
    let mut set = Vec::new();
    for fault in &settings.scenario.faults {
        let call = client
            .add_fault(&fault.rule)
            .await
            .map_err(|error| chain(&error))?;
        match call.outcome {
            CallOutcome::Done(record) => set.push(record.id),
            _ => {
                return Err(format!(
                    "set fault {}: the target answered {}",
                    fault.flag, call.reply.status
                ));
            }
        }
    }
    Ok(set)
}

async fn load(
    settings: &Settings,
    (client, prepared, server_args): (&Client, Prepared, Vec<String>),
    (narrator, err): (&mut Narrator, &mut dyn Write),
    mut interrupted: Interrupt<'_>,
) -> io::Result<Result<Seen, Failure>> {
    let Prepared {
        plan,
        journey,
        watcher,
        before,
        library,
        notices,
        ..
    } = prepared;
    let (tell, glances) = mpsc::sync_channel(GLANCES);
    let mut board = Board::new(&settings.scenario, tell);
    let stop = StopSignal::new();
    let stopped = stop.clone();
    let mut running = tokio::task::spawn_blocking(move || {
        let ended = load_engine::run(&plan, journey, &mut board, &stopped);
        (ended, board)
    });
    let mut is_interrupted = false;
    let mut ticks = tokio::time::interval(TELL_EVERY);
    let (ended, board) = loop {
        tokio::select! {
            ended = &mut running => break ended.map_err(io::Error::other)?,
            () = &mut interrupted, if !is_interrupted => {
                is_interrupted = true;
                stop.cancel();
            }
            _ = ticks.tick() => tell_newest(&glances, (narrator, &watcher), err)?,
        }
    };
    narrator.finish(err)?;
    let run = match ended {
        Ok(run) => run,
        Err(error) => return Ok(Err(Failure::CouldNotRun(chain(&error)))),
    };
    let within = if is_interrupted {
        REST_WHEN_INTERRUPTED
    } else {
        REST_WITHIN
    };
    let after = settle_down(client, within).await;
    Ok(Ok(Seen {
        api_base: client.base().to_owned(),
        server_args,
        notices,
        before,
        library,
        run,
        kept: board.finish(),
        watched: watcher.finish(),
        after,
        interrupted: is_interrupted,
    }))
}

fn tell_newest(
    glances: &Receiver<Glance>,
    (narrator, watcher): (&mut Narrator, &Watcher),
    err: &mut dyn Write,
) -> io::Result<()> {
    match glances.try_iter().last() {
        Some(glance) => narrator.tell(&glance, watcher.latest().as_ref(), err),
        None => Ok(()),
    }
}
