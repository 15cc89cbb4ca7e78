//! The runs themselves, one after the other.

use std::{io, time::Duration};

use audio_load::{Action, AudioJourney, JobSettings, Library, Order, Share, Workload, engine_target};
use load_engine::{
    Limits, LoadRun, Plan, Quiet, StopSignal,
    load::{Load, Ramp, Think},
};
use run_context::{Outside, Reached, reach, server_figures};
use run_report::RunExit;
use server_process::LogTail;
use tokio::time::{Instant, sleep};

use super::{BenchmarkError, Report, Settings, figures::RunFigures, load_average::LoadAverage};

/// Between two journeys of a user: a share of the time in which nothing is asked, so that requests seldom wait for each other and
/// latency is the server's rather than that of a full queue.
const THINK: Duration = Duration::from_millis(20);
/// The pause between two looks at a job.
const POLL: Duration = Duration::from_millis(5);
/// Parts of segments that are read of each job.
const RANGES: u32 = 8;
/// The longest that a request may take, and journeys after the end of a run.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest until no job is active after a run.
const REST_WITHIN: Duration = Duration::from_secs(30);
const REST_PAUSE: Duration = Duration::from_millis(50);

/// What came of it so far; it outlives the work, which may be cut off.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) load_before: Option<LoadAverage>,
    pub(super) runs: Vec<RunFigures>,
    /// Why the figures are no measurement.
    pub(super) reasons: Vec<(RunExit, String)>,
    pub(super) log: Option<LogTail>,
}

/// How the load is, in words: two runs of which this differs are not comparable.
pub(super) fn in_words(settings: &Settings) -> String {
    format!(
        "{} users, {THINK:?} between journeys, jobs of 2 new segments, looked at every {POLL:?}, {RANGES} ranges each; {} runs of {:?} \
         after {:?}",
        settings.users, settings.runs, settings.run_for, settings.warm_up
    )
}

/// Waits for the machine, reaches the server, warms it up and makes the runs.
pub(super) async fn work(
    settings: &Settings,
    collected: &mut Collected,
    report: &mut Report,
    outside: &mut Outside<'_>,
) -> io::Result<Result<(), BenchmarkError>> {
    match LoadAverage::at_most(settings.max_load, settings.settle).await {
        Ok(found) => collected.load_before = Some(found),
        Err(error) => return Ok(Err(error.into())),
    }
    let reached = match reach(&settings.target).await {
        Ok(reached) => reached,
        Err(error) => return Ok(Err(error.into())),
    };
    collected.log = reached.process.as_ref().map(|process| process.log().clone());
    report.say(&format!("measuring: {}", in_words(settings)), outside)?;
    // The texts of a server that runs already have to be new to it, too.
    let salt = if settings.target.is_own() {
        1
    } else {
        jiff::Timestamp::now().as_millisecond().unsigned_abs()
    };
    if let Err(error) = one(settings, &reached, settings.warm_up, salt).await {
        return Ok(Err(error));
    }
    for number in 1..=settings.runs {
        let run = match one(
            settings,
            &reached,
            settings.run_for,
            salt.wrapping_add(u64::from(number)),
        )
        .await
        {
            Ok(run) => run,
            Err(error) => return Ok(Err(error)),
        };
        let told = match enter(&run, &reached, collected).await {
            Ok(told) => told,
            Err(error) => return Ok(Err(error)),
        };
        report.say(&format!("run {number} of {}: {told}", settings.runs), outside)?;
    }
    Ok(Ok(()))
}

/// One run, or the warm-up.
async fn one(
    settings: &Settings,
    reached: &Reached,
    lasts: Duration,
    seed: u64,
) -> Result<LoadRun, BenchmarkError> {
    let client = &reached.client;
    let workload = workload();
    let (journey, catalogue) = AudioJourney::new(&workload, client.profile(), (Library::default(), seed))?;
    let users = Ramp::constant(f64::from(settings.users), lasts)?;
    let plan = Plan {
        target: engine_target(client, settings.target.ca_pem.as_deref())?,
        load: Load::Closed {
            users,
            think: Think::between(THINK, THINK),
        },
        seed,
        threads: Plan::DEFAULT_THREADS,
        request_timeout: PATIENCE,
        graceful: PATIENCE,
        window: Duration::from_secs(1),
        lanes: journey.lanes(),
    };
    let stop = StopSignal::new();
    // Whatever cuts this off, the generator comes to its end.
    let _at_the_end = stop.clone().drop_guard();
    let generating =
        tokio::task::spawn_blocking(move || load_engine::run(&plan, (journey, catalogue), &mut Quiet, &stop));
    match generating.await {
        Ok(run) => Ok(run?),
        Err(_) => Err(BenchmarkError::Panicked),
    }
}

fn workload() -> Workload {
    Workload {
        mix: vec![Share::new(Action::Create, 1)],
        order: Order::InTurn,
        jobs: JobSettings {
            segments: [2, 2],
            fresh: 1.0,
            poll: POLL,
            patience: PATIENCE,
            deadline: PATIENCE,
            ranges: RANGES,
            library: 0,
            ..JobSettings::default()
        },
    }
}

/// Takes a run's figures, once the server is at rest again.
async fn enter(
    run: &LoadRun,
    reached: &Reached,
    collected: &mut Collected,
) -> Result<String, BenchmarkError> {
    let number = collected.runs.len() + 1;
    let deadline = Instant::now() + REST_WITHIN;
    let figures = loop {
        let figures = server_figures(&reached.client).await?;
        if figures.status.active_jobs == 0 {
            break figures;
        }
        if Instant::now() >= deadline {
            let text = format!(
                "run {number}: {} jobs were active still {REST_WITHIN:?} after it",
                figures.status.active_jobs
            );
            collected.reasons.push((RunExit::Failed, text));
            break figures;
        }
        sleep(REST_PAUSE).await;
    };
    let doubts = run.doubts(&Limits::default(), None);
    let invalid = doubts
        .iter()
        .map(|doubt| (RunExit::Inconclusive, format!("INVALID: run {number}: {doubt}")));
    collected.reasons.extend(invalid);
    let Some(found) = RunFigures::of(&run.record, run.lasted, figures.resident_bytes()) else {
        return Ok("nothing was measured".to_owned());
    };
    collected.runs.push(found);
    Ok(format!(
        "{found}, generator at {:.0} % of a core",
        run.cpu_share() * 100.0
    ))
}
