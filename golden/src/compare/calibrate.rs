//! `golden calibrate`: a server against itself, many times, which has to find nothing. Each comparison's outcome is a line of
//! a file, so that a run that was stopped goes on.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use perf_guard::comparison::PairedVerdict;
use run_report::{CompareRun, RunExit, upper_bound_95};
use serde::{Deserialize, Serialize};

use super::{command::compare, inputs::CompareInputs};
use crate::{
    cli::{CalibrateArgs, CompareSettings},
    command::usage,
    suite::Silent,
};
use run_context::{Outside, chain};

/// One comparison of a server with itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Suite {
    /// What was compared, and how: outcomes of another server or plan do not count together.
    of: Of,
    /// When it began.
    started_at: Timestamp,
    /// What it took, in seconds.
    took_s: f64,
    /// Timed values in all.
    values: usize,
    /// Those that regressed: each a false alarm.
    regressed: Vec<String>,
    /// Those that improved, which is as false.
    improved: Vec<String>,
    /// The smallest and the largest slowdown that could have been shown with 80 % power.
    detectable_ratio: Option<[f64; 2]>,
}

/// What is compared, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Of {
    server: String,
    settings_digest: String,
    runs: usize,
    smallest_effect: f64,
    error: f64,
    confirm: bool,
}

/// Why a file of outcomes cannot be gone on with.
#[derive(Debug, thiserror::Error)]
enum StateError {
    #[error("{}", .0.display())]
    Io(PathBuf, #[source] io::Error),
    #[error("{}, line {line}: no outcome of a comparison; remove the line or name another --state", path.display())]
    Line {
        path: PathBuf,
        line: usize,
        #[source]
        source: serde_json::Error,
    },
    #[error("{}, line {line}: the outcome of another server, other cases or another plan; name another --state", path.display())]
    Other { path: PathBuf, line: usize },
}

/// Runs what is missing of the comparisons, until the end or until `interrupted` completes.
///
/// # Errors
/// What the system says when words cannot be written.
pub(crate) async fn run(
    args: CalibrateArgs,
    mut outside: Outside<'_>,
    interrupted: impl Future<Output = ()>,
) -> io::Result<RunExit> {
    let (planned, state) = (args.suites as usize, args.state.clone());
    let settings = match CompareSettings::of_calibrate(args, outside.around) {
        Ok(settings) => settings,
        Err(error) => return usage(&error, &mut outside),
    };
    let inputs = match CompareInputs::read(&settings) {
        Ok(inputs) => inputs,
        Err(error) => return could_not_run(&chain(&error), &mut outside),
    };
    if let Err(error) = inputs.check(&settings) {
        return usage(&error, &mut outside);
    }
    let mut suites = match read(&state) {
        Ok(suites) => suites,
        Err(error) => return could_not_run(&chain(&error), &mut outside),
    };
    let found = suites.len();
    if found > 0 {
        writeln!(
            outside.err,
            "{found} comparisons of {} are done already",
            state.display()
        )?;
    }
    let began = Instant::now();
    let mut interrupted = std::pin::pin!(interrupted);
    while suites.len() < planned {
        let run = compare(&settings, &inputs, &Silent, &mut interrupted).await;
        if matches!(run.exit_code, RunExit::Interrupted | RunExit::CouldNotRun) || run.tests.is_empty() {
            let error = run.error.unwrap_or_default();
            writeln!(
                outside.err,
                "stopped after {} of {planned}: {error}",
                suites.len()
            )?;
            return Ok(run.exit_code);
        }
        let suite = Suite::of(&run, settings.confirm);
        if suites.first().is_some_and(|first| first.of != suite.of) {
            let error = StateError::Other { path: state, line: 1 };
            return could_not_run(&chain(&error), &mut outside);
        }
        if let Err(error) = append(&state, &suite) {
            return could_not_run(&chain(&error), &mut outside);
        }
        suites.push(suite);
        tell(
            &suites,
            (
                planned,
                began.elapsed() / u32::try_from(suites.len() - found).unwrap_or(1),
            ),
            &mut outside,
        )?;
    }
    conclude(&suites, &mut outside)
}

fn could_not_run(error: &str, outside: &mut Outside<'_>) -> io::Result<RunExit> {
    writeln!(outside.err, "error: {error}")?;
    Ok(RunExit::CouldNotRun)
}

impl Suite {
    fn of(run: &CompareRun, confirm: bool) -> Self {
        let labels = |verdict| {
            let tests = run.tests.iter().filter(|test| test.verdict == verdict);
            tests.map(run_report::ComparedTest::label).collect()
        };
        let ratios = || run.tests.iter().filter_map(|test| test.detectable_ratio);
        Self {
            of: Of {
                server: run.base.given.clone(),
                settings_digest: run.settings_digest.clone(),
                runs: run.plan.runs,
                smallest_effect: run.plan.smallest_effect,
                error: run.plan.error,
                confirm,
            },
            started_at: run.started_at,
            took_s: run.timing_total_s.map_or(0.0, perf_guard::Seconds::as_secs_f64),
            values: run.tests.len(),
            regressed: labels(PairedVerdict::Regressed),
            improved: labels(PairedVerdict::Improved),
            detectable_ratio: ratios()
                .min_by(f64::total_cmp)
                .zip(ratios().max_by(f64::total_cmp))
                .map(|(least, most)| [least, most]),
        }
    }
}

fn read(path: &Path) -> Result<Vec<Suite>, StateError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StateError::Io(path.to_owned(), error)),
    };
    let mut suites: Vec<Suite> = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let suite: Suite = serde_json::from_str(line).map_err(|source| StateError::Line {
            path: path.to_owned(),
            line: i + 1,
            source,
        })?;
        if suites.first().is_some_and(|first| first.of != suite.of) {
            return Err(StateError::Other {
                path: path.to_owned(),
                line: i + 1,
            });
        }
        suites.push(suite);
    }
    Ok(suites)
}

/// One write, so that a line is there as a whole or not at all.
fn append(path: &Path, suite: &Suite) -> Result<(), StateError> {
    let io = |error| StateError::Io(path.to_owned(), error);
    let line = serde_json::to_string(suite).map_err(|error| io(error.into()))? + "\n";
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(io)?;
    }
    let mut file = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map_err(io)?;
    file.write_all(line.as_bytes()).map_err(io)
}

fn tell(suites: &[Suite], (planned, each): (usize, Duration), outside: &mut Outside<'_>) -> io::Result<()> {
    let Some(last) = suites.last() else { return Ok(()) };
    let to_come = u32::try_from(planned.saturating_sub(suites.len())).unwrap_or(u32::MAX);
    let left = Duration::from_secs((each * to_come).as_secs());
    let found = if last.regressed.is_empty() {
        "nothing found".to_owned()
    } else {
        format!("FALSE ALARM: {}", last.regressed.join(", "))
    };
    writeln!(
        outside.err,
        "suite {} of {planned}: {found}, {:.0} s, about {} left",
        suites.len(),
        last.took_s,
        humantime::format_duration(left)
    )
}

fn conclude(suites: &[Suite], outside: &mut Outside<'_>) -> io::Result<RunExit> {
    let alarms = suites.iter().filter(|suite| !suite.regressed.is_empty()).count();
    let improved = suites.iter().filter(|suite| !suite.improved.is_empty()).count();
    let bound = upper_bound_95(alarms as u64, suites.len() as u64).unwrap_or(1.0);
    writeln!(
        outside.out,
        "{alarms} of {} comparisons of a server with itself raised a false alarm: {:.1} %, at most {:.1} % with 95 % confidence",
        suites.len(),
        100.0 * alarms as f64 / suites.len() as f64,
        100.0 * bound
    )?;
    writeln!(outside.out, "{improved} said that something had improved")?;
    for suite in suites.iter().filter(|suite| !suite.regressed.is_empty()) {
        writeln!(
            outside.out,
            "{}: {}",
            suite.started_at,
            suite.regressed.join(", ")
        )?;
    }
    Ok(if alarms == 0 {
        RunExit::Pass
    } else {
        RunExit::Failed
    })
}
