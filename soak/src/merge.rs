//! `soak merge`: the HdrHistogram logs of several generators, added up exactly. Percentiles of parts cannot be averaged;
//! histograms can be added.

use std::{
    fs, io,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use clap::Args;
use load_engine::record::{HlogError, Latency, Tagged, read_hlog, write_hlog};
use run_context::{Outside, chain, write_whole};
use run_report::RunExit;

/// Flags of `soak merge`.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// Logs of generators, as `soak load` writes them
    #[arg(value_name = "LOG", required = true, num_args = 2..)]
    logs: Vec<PathBuf>,
    /// Where to write the sum, as a log of the same form
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Why logs cannot be added up.
#[derive(Debug, thiserror::Error)]
enum MergeError {
    #[error("read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{}", path.display())]
    Log {
        path: PathBuf,
        #[source]
        source: HlogError,
    },
    #[error(
        "{} and {} are not of one scenario: {tag} is in one of them only; legal are logs of the same profile",
        first.display(), other.display()
    )]
    Unlike {
        first: PathBuf,
        other: PathBuf,
        tag: String,
    },
    #[error("{} is given twice; its requests would count twice", .0.display())]
    Twice(PathBuf),
}

/// Adds up logs, shows the sum and writes it.
///
/// # Errors
/// What the system says when the sum cannot be written.
pub(crate) fn run(args: &MergeArgs, outside: &mut Outside<'_>) -> io::Result<RunExit> {
    let sum = match merged(&args.logs) {
        Ok(sum) => sum,
        Err(error) => {
            writeln!(outside.err, "error: {}", chain(&error))?;
            return Ok(RunExit::CouldNotRun);
        }
    };
    if let Some(path) = &args.out {
        let mut log = Vec::new();
        write_hlog(&mut log, &sum, SystemTime::now(), Duration::ZERO)?;
        write_whole(path, &log)?;
    }
    let rows = sum.iter().map(|(tag, latency)| (tag.as_str(), row(latency)));
    let table = crate::load::terminal(outside.around).table_of_times("histogram", rows);
    match writeln!(outside.out, "{table}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        shown => shown?,
    }
    Ok(RunExit::Pass)
}

/// Count, p50, p95, p99 and the longest, in milliseconds.
fn row(latency: &Latency) -> (u64, [Option<f64>; 4]) {
    let ms = |time: Option<Duration>| time.map(|time| time.as_secs_f64() * 1e3);
    let quantile = |of: f64| ms(latency.quantile(of));
    (
        latency.count(),
        [quantile(0.5), quantile(0.95), quantile(0.99), ms(latency.max())],
    )
}

fn merged(paths: &[PathBuf]) -> Result<Tagged, MergeError> {
    let mut read: Vec<(&PathBuf, PathBuf, Tagged)> = Vec::new();
    for path in paths {
        let at = |source| MergeError::Read {
            path: path.clone(),
            source,
        };
        let log = fs::read(path).map_err(at)?;
        let real = fs::canonicalize(path).map_err(at)?;
        if read.iter().any(|(_, known, _)| *known == real) {
            return Err(MergeError::Twice(path.clone()));
        }
        let tagged = read_hlog(&log).map_err(|source| MergeError::Log {
            path: path.clone(),
            source,
        })?;
        read.push((path, real, tagged));
    }
    if let Some((first, others)) = read.split_first() {
        others.iter().try_for_each(|other| alike(first, other))?;
    }
    let mut sum = Tagged::new();
    for (tag, latency) in read.iter().flat_map(|(_, _, tagged)| tagged) {
        sum.entry(tag.clone()).or_default().add(latency);
    }
    Ok(sum)
}

type Read<'a> = (&'a PathBuf, PathBuf, Tagged);

/// Whether two logs have the same steps. Outcomes may differ: a 429 that only one generator met is none of the other's business.
fn alike((first, _, one): &Read<'_>, (other, _, two): &Read<'_>) -> Result<(), MergeError> {
    let step = |tag: &str| tag.split('|').next().unwrap_or_default().to_owned();
    let only = |one: &Tagged, two: &Tagged| {
        let steps: Vec<String> = two.keys().map(|tag| step(tag)).collect();
        one.keys().find(|tag| !steps.contains(&step(tag))).cloned()
    };
    match only(one, two).or_else(|| only(two, one)) {
        Some(tag) => Err(MergeError::Unlike {
            first: (*first).clone(),
            other: (*other).clone(),
            tag: step(&tag),
        }),
        None => Ok(()),
    }
}
