//! The benchmark behind the gate: jobs from submit to merged audio against a server, several times, and the median of the runs.
//!
//! Users who wait for their answers submit a new text of two segments, look until it is ready, read the playlist, parts of
//! segments and the merged file, and begin anew after a short pause. A warm-up is discarded; every run is made against the same
//! server. One benchmark runs at a time, and none on a busy machine.

mod artifact;
mod conduct;
mod control_group;
mod figures;
mod load_average;
mod lock;
mod pins;
mod report;
mod settings;

pub(crate) use artifact::{BenchmarkError, measure};
pub(crate) use report::Report;
pub(crate) use settings::{BenchmarkArgs, Settings};

use std::io;

use clap::Args;
use jiff::Timestamp;
use run_context::{Outside, chain};
use run_report::RunExit;

/// Flags of `gate bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    #[command(flatten)]
    benchmark: BenchmarkArgs,
}

/// Runs `gate bench`: it measures, writes `perf_baseline_*.json`, and judges nothing but its own run.
///
/// # Errors
/// What the system says when a result cannot be written.
pub(crate) async fn run(
    args: BenchArgs,
    mut outside: Outside<'_>,
    interrupted: impl Future<Output = ()>,
) -> io::Result<RunExit> {
    let settings = match args.benchmark.settings(outside.around) {
        Ok(settings) => settings,
        Err(error) => {
            writeln!(outside.err, "error: {}", chain(&error))?;
            return Ok(RunExit::Usage);
        }
    };
    let mut report = Report::new(&settings, Timestamp::now());
    let exit = match measure(&settings, &mut report, &mut outside, interrupted).await? {
        Ok(measured) => {
            writeln!(outside.out, "{}", measured.path.display())?;
            measured.exit
        }
        Err(error) => {
            report.say(&format!("error: {}", chain(&error)), &mut outside)?;
            error.exit()
        }
    };
    report.write_log("")?;
    Ok(exit)
}
