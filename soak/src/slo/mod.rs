//! `soak slo`: what was measured, held to service level objectives, and how much of the month's error budget that uses.

mod evaluate;
mod evidence;
mod objectives;
mod report;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::Args;
use run_context::{Outside, chain, write_whole};
use run_report::RunExit;

use evaluate::evaluate;
use evidence::{Evidence, EvidenceError};
use objectives::{Objectives, ObjectivesError};
use report::{BudgetBasis, SloReport};

/// Flags of `soak slo`.
#[derive(Debug, Args)]
pub struct SloArgs {
    /// A stored result of `soak load` or `soak run`
    #[arg(value_name = "RESULT")]
    result: PathBuf,
    /// The objectives
    #[arg(long, value_name = "FILE", default_value = "baselines/slo.toml")]
    slo: PathBuf,
    /// What of the month's error budget was used before, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, value_parser = seconds)]
    spent: f64,
    /// Count the bad seconds of the result itself; without it, it stands for a month that goes on like this
    #[arg(long)]
    as_measured: bool,
    /// Where to write the report
    #[arg(long, value_name = "FILE", default_value = "artifacts/slo.json")]
    out_json: PathBuf,
}

/// Why nothing could be evaluated. Exit code 4.
#[derive(Debug, thiserror::Error)]
enum SloError {
    #[error("read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{}", path.display())]
    Objectives {
        path: PathBuf,
        #[source]
        source: ObjectivesError,
    },
    #[error("{}", path.display())]
    Evidence {
        path: PathBuf,
        #[source]
        source: EvidenceError,
    },
}

/// Runs it.
///
/// # Errors
/// What the system says when the report cannot be written.
pub(crate) fn run(args: &SloArgs, outside: &mut Outside<'_>) -> io::Result<RunExit> {
    let report = match report(args) {
        Ok(report) => report,
        Err(error) => {
            writeln!(outside.err, "error: {}", chain(&error))?;
            return Ok(RunExit::CouldNotRun);
        }
    };
    let text = serde_json::to_string_pretty(&report)? + "\n";
    write_whole(&args.out_json, text.as_bytes())?;
    write!(outside.out, "{report}")?;
    Ok(report.exit_code)
}

fn report(args: &SloArgs) -> Result<SloReport, SloError> {
    let objectives = Objectives::parse(&read(&args.slo)?).map_err(|source| SloError::Objectives {
        path: args.slo.clone(),
        source,
    })?;
    let evidence = Evidence::parse(&read(&args.result)?).map_err(|source| SloError::Evidence {
        path: args.result.clone(),
        source,
    })?;
    let basis = if args.as_measured {
        BudgetBasis::Measured
    } else {
        BudgetBasis::Projected
    };
    let mut report = evaluate(&evidence, &objectives, (args.spent, basis));
    report.result = args.result.display().to_string();
    Ok(report)
}

fn read(path: &Path) -> Result<String, SloError> {
    fs::read_to_string(path).map_err(|source| SloError::Read {
        path: path.to_owned(),
        source,
    })
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok();
    let legal = seconds.filter(|seconds: &f64| (0.0..=1e9).contains(seconds));
    legal.ok_or_else(|| "legal are seconds from 0".to_owned())
}
