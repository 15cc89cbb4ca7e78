//! `make calibrate`: how often the comparison cries wolf and what it finds, in simulated suites with known truth.
//!
//! Writes a Markdown table to the path given. Seeded and without a clock: the same command writes the same
//! bytes, on however many cores.

mod elsewhere;
#[path = "../../src/comparison/noise.rs"]
mod noise;
mod rules;
mod session;
mod table;
mod tally;

use std::{env, fs, io::Write as _, process::ExitCode};

use session::{Mix, Setting, TESTS};
use table::{Cost, Elsewhere, Limit, Row};
use tally::{Failure, simulate};

/// Suites without a change, for each noise: enough to tell 0.1 % from 0.2 %.
const QUIET_SUITES: usize = 20_000;

/// Suites for each noise and each slowdown.
const SLOWED_SUITES: usize = 5_000;

/// Runs of each arm.
const PAIRS: usize = 20;

/// Runs of each arm among which the price of +10 % is looked for.
const DEARER: [usize; 6] = [20, 30, 40, 50, 60, 80];

/// Suites for each noise and each number of runs.
const DEARER_SUITES: usize = 2_000;

/// Log-SD of the body.
const LOG_SD: f64 = 0.05;

const SEED: u64 = 20_260_101;

fn main() -> ExitCode {
    match env::args()
        .nth(1)
        .ok_or_else(|| "usage: calibrate FILE".into())
        .and_then(|path| run(&path))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do when standard error is closed.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::from(4)
        }
    }
}

fn run(path: &str) -> Result<(), Failure> {
    let rows = Mix::ALL
        .iter()
        .map(|&mix| row(mix))
        .collect::<Result<Vec<_>, _>>()?;
    let limits = [Mix::ALL[0], Mix::ALL[1]]
        .map(limit)
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    let costs = [Mix::ALL[0], Mix::ALL[1]]
        .map(cost)
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    fs::write(path, table::render(&rows, &limits, &costs))
        .map_err(|error| format!("write {path}: {error}"))?;
    Ok(())
}

fn row(mix: Mix) -> Result<Row, Failure> {
    let setting = |slowdown| Setting {
        mix,
        log_sd: LOG_SD,
        tests: TESTS,
        pairs: PAIRS,
        slowdown,
    };
    let quiet = simulate(setting(1.0), QUIET_SUITES, SEED)?;
    let slowed = table::SLOWDOWNS.map(|slowdown| simulate(setting(slowdown), SLOWED_SUITES, SEED + 1));
    let slowed = slowed.into_iter().collect::<Result<Vec<_>, _>>()?;
    let alone = |slowdown| Setting {
        tests: 1,
        ..setting(slowdown)
    };
    let elsewhere = elsewhere::simulate(setting(1.0), SLOWED_SUITES, SEED + 3)?;
    let elsewhere_slowed =
        table::SLOWDOWNS.map(|slowdown| elsewhere::simulate(alone(slowdown), SLOWED_SUITES, SEED + 4));
    let elsewhere_slowed = elsewhere_slowed.into_iter().collect::<Result<Vec<_>, _>>()?;
    // Progress is a courtesy.
    let _ = writeln!(std::io::stderr(), "{}: {quiet:?}", mix.name);
    Ok(Row {
        name: mix.name,
        quiet,
        slowed,
        elsewhere: Elsewhere {
            suites: SLOWED_SUITES,
            quiet: elsewhere,
            slowed: elsewhere_slowed,
        },
    })
}

/// What finding +10 % costs in runs, and that it costs nothing in false alarms.
fn cost(mix: Mix) -> Result<Cost, Failure> {
    let setting = |pairs, slowdown| Setting {
        mix,
        log_sd: LOG_SD,
        tests: TESTS,
        pairs,
        slowdown,
    };
    let steps = DEARER.map(|pairs| {
        let quiet = simulate(setting(pairs, 1.0), DEARER_SUITES, SEED + 5)?;
        let slowed = simulate(setting(pairs, 1.10), DEARER_SUITES, SEED + 6)?;
        Ok((pairs, quiet, slowed))
    });
    Ok(Cost {
        name: mix.name,
        steps: steps.into_iter().collect::<Result<_, Failure>>()?,
    })
}

/// The largest log-SD, in steps of 0.005, up to which every one finds +20 % in at least 85 % of 1,000 suites.
fn limit(mix: Mix) -> Result<Limit, Failure> {
    let mut largest = 0.0;
    for step in 1..=60 {
        let log_sd = 0.005 * f64::from(step);
        let setting = Setting {
            mix,
            log_sd,
            tests: TESTS,
            pairs: PAIRS,
            slowdown: 1.20,
        };
        let tally = simulate(setting, 1_000, SEED + 2)?;
        if (tally.found as f64) < 0.85 * tally.suites as f64 {
            break;
        }
        largest = log_sd;
    }
    Ok(Limit {
        name: mix.name,
        log_sd: largest,
    })
}
