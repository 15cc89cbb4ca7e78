//! From the wish to measure to `perf_baseline_*.json`.

use std::{io, path::PathBuf};

use audio_client::CallError;
use audio_load::{EngineTargetError, WorkloadError};
use jiff::Timestamp;
use load_engine::{LoadError, load::RampError};
use perf_guard::freeze::{FrozenRun, Origin};
use run_context::{Outside, TargetError, chain, tree, write_whole};
use run_report::RunExit;
use tokio::time::{Instant, sleep_until};

use super::{
    Report, Settings,
    conduct::{Collected, in_words, work},
    figures::metrics,
    load_average::{LoadAverage, LoadAverageError},
    lock::{BenchmarkLock, LockError},
    pins::pins,
};

/// How many lines of the server's log are kept of a benchmark that went wrong.
const LOG_LINES: usize = 50;

/// What was measured.
#[derive(Debug)]
pub(crate) struct Measured {
    /// The file.
    pub(crate) path: PathBuf,
    /// How the benchmark itself ended; the file has it too.
    pub(crate) exit: RunExit,
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchmarkError {
    /// Another benchmark runs.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The machine is busy.
    #[error(transparent)]
    LoadAverage(#[from] LoadAverageError),
    /// There is no server.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Load cannot go to it.
    #[error(transparent)]
    Engine(#[from] EngineTargetError),
    /// It lacks what is asked.
    #[error(transparent)]
    Workload(#[from] WorkloadError),
    /// The times are impossible.
    #[error("--users and --run-for")]
    Ramp(#[from] RampError),
    /// The generator could not run.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The server does not say how it is.
    #[error("the server's figures cannot be had")]
    Figures(#[from] CallError),
    /// The generator panicked.
    #[error("the generator panicked")]
    Panicked,
    /// It ended before the first run did.
    #[error("no run was completed: {0}")]
    NoRun(String),
    /// Somebody ended it before the first run did.
    #[error("interrupted before the first run was completed")]
    Interrupted,
}

impl BenchmarkError {
    /// What a command ends with.
    #[must_use]
    pub(crate) const fn exit(&self) -> RunExit {
        match self {
            Self::Interrupted => RunExit::Interrupted,
            _ => RunExit::CouldNotRun,
        }
    }
}

enum Ended {
    Interrupted,
    TimedOut,
    Worked(Result<(), BenchmarkError>),
}

/// Measures, and writes `perf_baseline_*.json` with whatever was measured, however it ended.
///
/// # Errors
/// Outside, what the system says when something cannot be written; inside, why there are no figures.
pub(crate) async fn measure(
    settings: &Settings,
    report: &mut Report,
    outside: &mut Outside<'_>,
    interrupted: impl Future<Output = ()>,
) -> io::Result<Result<Measured, BenchmarkError>> {
    let deadline = Instant::now() + settings.timeout_total;
    let _lock = match BenchmarkLock::take(&settings.lock_file) {
        Ok(lock) => lock,
        Err(error) => return Ok(Err(error.into())),
    };
    let mut collected = Collected::default();
    let ended = tokio::select! {
        biased;
        () = interrupted => Ended::Interrupted,
        () = sleep_until(deadline) => Ended::TimedOut,
        worked = work(settings, &mut collected, report, outside) => Ended::Worked(worked?),
    };
    match ended {
        Ended::Worked(Ok(())) => {}
        Ended::Worked(Err(error)) if collected.runs.is_empty() => return Ok(Err(error)),
        Ended::Worked(Err(error)) => collected.reasons.push((RunExit::CouldNotRun, chain(&error))),
        Ended::Interrupted => collected
            .reasons
            .push((RunExit::Interrupted, "interrupted".to_owned())),
        Ended::TimedOut => collected.reasons.push((
            RunExit::Inconclusive,
            format!(
                "--timeout-total {:?} is over: {} of {} runs were made",
                settings.timeout_total,
                collected.runs.len(),
                settings.runs
            ),
        )),
    }
    write(settings, &collected, report, outside)
}

fn write(
    settings: &Settings,
    collected: &Collected,
    report: &mut Report,
    outside: &mut Outside<'_>,
) -> io::Result<Result<Measured, BenchmarkError>> {
    let exit = collected.reasons.iter().map(|(exit, _)| *exit).max();
    let exit = exit.unwrap_or(RunExit::Pass);
    for (_, reason) in &collected.reasons {
        report.say(reason, outside)?;
    }
    if exit != RunExit::Pass
        && let Some(log) = &collected.log
    {
        report.keep(
            log.last(LOG_LINES)
                .into_iter()
                .map(|line| format!("server: {line}")),
        );
    }
    let measured = frozen(settings, collected, exit);
    for (name, value) in &measured.metrics {
        report.say(&format!("{name}: {value}"), outside)?;
    }
    let path = report.measured_path();
    write_whole(&path, measured.render().as_bytes())?;
    report.say(&format!("wrote {}", path.display()), outside)?;
    if measured.metrics.is_empty() {
        return Ok(Err(match exit {
            RunExit::Interrupted => BenchmarkError::Interrupted,
            _ => {
                let reasons: Vec<&str> = collected.reasons.iter().map(|(_, text)| text.as_str()).collect();
                BenchmarkError::NoRun(reasons.join("; "))
            }
        }));
    }
    Ok(Ok(Measured { path, exit }))
}

fn frozen(settings: &Settings, collected: &Collected, exit: RunExit) -> FrozenRun {
    let tree = tree();
    let mut env = pins(&tree);
    let unknown = || "unknown".to_owned();
    let load = |load: Option<LoadAverage>| load.map_or_else(unknown, |load| load.to_string());
    env.insert("load_before".to_owned(), load(collected.load_before));
    env.insert("load_after".to_owned(), load(LoadAverage::now().ok()));
    env.insert("server".to_owned(), settings.server.clone());
    env.insert("benchmark".to_owned(), in_words(settings));
    FrozenRun {
        origin: Origin::Own,
        timestamp: Some(Timestamp::now()),
        // A file of ours has to name one: without it, it is refused as a candidate and as a baseline.
        commit: settings.server_commit.clone().or(tree.commit),
        env,
        ct_exit_code: Some(i64::from(exit.code())),
        metrics: metrics(&collected.runs),
    }
}
