//! A reference server, and load on it.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use audio_load::{AudioJourney, Library, Workload, engine_target};
use clap::Parser;
use load_engine::{
    Control, LoadRun, Observer, Plan, StopSignal, Target, Window,
    load::{Load, Ramp, Think},
    record::{Record, StepRecord},
};
use run_context::{Reached, Surroundings, TargetArgs, reach};

/// No test waits longer than this for what it waits for.
const LONGEST: Duration = Duration::from_secs(60);

/// The token that every client of a server here has.
pub(crate) const TOKEN: &str = "t0ken";

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    target: TargetArgs,
}

/// The target of flags.
fn flags(args: &[&str], variables: &[(&str, &str)]) -> run_context::Target {
    let around = Surroundings {
        variables: variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..Surroundings::default()
    };
    Flags::parse_from([&["test"], args].concat())
        .target
        .target(&around)
        .unwrap()
}

/// A server of its own that answers fast.
pub(crate) async fn server(args: &[&str], faults: &[&str]) -> Reached {
    let args = ["--voice-cost=fast"].iter().chain(args).map(ToString::to_string);
    let target = flags(&["--bearer-token-env=TOKEN"], &[("TOKEN", TOKEN)])
        .with_server_args(args)
        .with_faults(faults.iter().map(ToString::to_string));
    reach(&target).await.unwrap()
}

/// Ends a run when it has seen what it is for.
struct Until<F>(F);

impl<F: FnMut(&Record) -> bool> Observer for Until<F> {
    fn window(&mut self, _: &Window, so_far: &Record) -> Control {
        if (self.0)(so_far) {
            Control::Stop
        } else {
            Control::Continue
        }
    }
}

/// Load of so many users until `done`.
pub(crate) async fn load(
    reached: &Reached,
    (workload, users): (&Workload, f64),
    done: impl FnMut(&Record) -> bool + Send + 'static,
) -> LoadRun {
    let target = engine_target(&reached.client, None).unwrap();
    load_at(target, reached, (workload, users), done).await
}

/// The same over another way to the server.
pub(crate) async fn load_at(
    target: Target,
    reached: &Reached,
    (workload, users): (&Workload, f64),
    done: impl FnMut(&Record) -> bool + Send + 'static,
) -> LoadRun {
    let seed = 7;
    let library = Library::prepare(&reached.client, &workload.jobs, seed)
        .await
        .unwrap();
    let (journey, catalogue) =
        AudioJourney::new(workload, &Arc::clone(reached.client.profile()), (library, seed)).unwrap();
    let plan = plan(target, users, journey.lanes());
    let run = move || load_engine::run(&plan, (journey, catalogue), &mut Until(done), &StopSignal::new());
    tokio::task::spawn_blocking(run).await.unwrap().unwrap()
}

/// Users who never pause.
pub(crate) fn plan(target: Target, users: f64, lanes: usize) -> Plan {
    Plan {
        target,
        load: Load::Closed {
            users: Ramp::constant(users, LONGEST).unwrap(),
            think: Think::NONE,
        },
        seed: 7,
        threads: NonZeroUsize::MIN,
        request_timeout: Duration::from_secs(30),
        graceful: Duration::from_secs(30),
        window: Duration::from_millis(50),
        lanes,
    }
}

/// A step by its name.
pub(crate) fn step<'r>(record: &'r Record, name: &str) -> &'r StepRecord {
    record.steps().find(|(step, _)| step.name == name).unwrap().1
}

/// How often a check passed and failed.
pub(crate) fn checked(record: &Record, name: &str) -> (u64, u64) {
    let (_, count) = record.checks().find(|(known, _)| *known == name).unwrap();
    (count.passed, count.failed)
}
