//! `gate check`: a candidate held to the frozen baseline.

mod candidate;
mod publish;

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::Args;
use jiff::Timestamp;
use perf_guard::freeze::{File, FreezePolicy, FrozenRun, check_freeze};
use run_context::{Outside, chain};
use run_report::{GateEnding, GateMode, GateRow, GateRun, GateSide, RunExit};

use crate::{
    benchmark::{self, BenchmarkArgs, BenchmarkError, Report, Settings},
    file::{FileError, of_freeze, read_frozen, read_policy},
};
use candidate::{Candidate, candidate};

/// Flags of `gate check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The frozen baseline
    #[arg(long, value_name = "FILE", default_value = "baselines/baseline_cp1.json")]
    baseline: PathBuf,
    /// The policy: how far a candidate may lie from it
    #[arg(long, value_name = "FILE", default_value = "baselines/policy_cp1.json")]
    policy: PathBuf,
    /// What was measured: a file, or a pattern of which the newest wins [default: $CANDIDATE_FILE, else it is measured now]
    #[arg(long, value_name = "FILE")]
    candidate: Option<String>,
    /// Only show the verdict: a failed rule, another environment and a saturated generator end with 0. What could not be looked at
    /// (no server, no baseline, a missing metric, a busy machine) still ends with 4
    #[arg(long)]
    smoke: bool,
    /// Judge although the baseline was measured in another environment
    #[arg(long)]
    allow_env_mismatch: bool,
    #[command(flatten)]
    benchmark: BenchmarkArgs,
}

/// Runs it.
///
/// # Errors
/// What the system says when a result cannot be written.
pub(crate) async fn run(
    args: CheckArgs,
    mut outside: Outside<'_>,
    interrupted: impl Future<Output = ()>,
) -> io::Result<RunExit> {
    let mode = if args.smoke {
        GateMode::Smoke
    } else {
        GateMode::Blocking
    };
    let settings = match args.benchmark.clone().settings(outside.around) {
        Ok(settings) => settings,
        Err(error) => {
            writeln!(outside.err, "error: {}", chain(&error))?;
            return Ok(RunExit::Usage);
        }
    };
    let now = Timestamp::now();
    let mut result = GateRun::new(mode, args.policy.display().to_string(), now);
    result.env_mismatch_allowed = args.allow_env_mismatch;
    let mut report = Report::new(&settings, now);
    let ending = end(
        &args,
        (&settings, &mut result, &mut report),
        &mut outside,
        interrupted,
    )
    .await?;
    result.settle(&ending);
    publish::publish(&result, &report, &mut outside)?;
    Ok(result.exit_code)
}

/// What the candidate is, measured if need be, and how it lies.
async fn end(
    args: &CheckArgs,
    (settings, result, report): (&Settings, &mut GateRun, &mut Report),
    outside: &mut Outside<'_>,
    interrupted: impl Future<Output = ()>,
) -> io::Result<GateEnding> {
    let given = match candidate(args.candidate.as_deref(), outside.around) {
        Ok(given) => given,
        Err(error) => return Ok(could_not(&error)),
    };
    let against = match frozen(args, result) {
        Ok(against) => against,
        Err(error) => return Ok(could_not(&error)),
    };
    if let Some(given) = given {
        return Ok(hold(&against, &given, result));
    }
    if let Err(error) = against.refuse_useless() {
        return Ok(could_not(&error));
    }
    match benchmark::measure(settings, report, outside, interrupted).await? {
        Err(BenchmarkError::Interrupted) => Ok(GateEnding::Interrupted),
        Err(error) => Ok(could_not(&error)),
        Ok(measured) => {
            let given = Candidate {
                path: measured.path,
                chosen: None,
            };
            Ok(hold(&against, &given, result))
        }
    }
}

fn could_not(error: &dyn std::error::Error) -> GateEnding {
    GateEnding::CouldNotRun { error: chain(error) }
}

/// What a candidate is held against.
struct Against<'a> {
    baseline: FrozenRun,
    policy: FreezePolicy,
    path: &'a Path,
}

fn frozen<'a>(args: &'a CheckArgs, result: &mut GateRun) -> Result<Against<'a>, FileError> {
    let (baseline, _) = read_frozen("baseline", &args.baseline)?;
    let side = GateSide::new(
        args.baseline.display().to_string(),
        &baseline.run,
        baseline.warnings,
    );
    result.baseline = Some(side);
    let (policy, _) = read_policy(&args.policy)?;
    Ok(Against {
        baseline: baseline.run,
        policy,
        path: &args.baseline,
    })
}

impl Against<'_> {
    /// Refuses a baseline that could hold nothing, before anything is measured for it: it is its own candidate that lies nearest to
    /// it. The exit code of the baseline's own run is not asked for: the policy is about the candidate's.
    fn refuse_useless(&self) -> Result<(), FileError> {
        let mut policy = self.policy.clone();
        policy.gate.require_candidate_ct_exit_code_zero = false;
        policy.gate.require_all_metrics_present = false;
        match check_freeze(&self.baseline, &self.baseline, &policy) {
            Ok(_) => Ok(()),
            Err((_, source)) => Err(of_freeze("baseline", self.path, source)),
        }
    }
}

fn hold(against: &Against<'_>, given: &Candidate, result: &mut GateRun) -> GateEnding {
    match held(against, given, result) {
        Ok(()) => GateEnding::Checked,
        Err(error) => could_not(&error),
    }
}

fn held(against: &Against<'_>, given: &Candidate, result: &mut GateRun) -> Result<(), FileError> {
    let (candidate, _) = read_frozen("candidate", &given.path)?;
    let mut side = GateSide::new(
        given.path.display().to_string(),
        &candidate.run,
        candidate.warnings,
    );
    side.chosen.clone_from(&given.chosen);
    result.candidate = Some(side);
    let report =
        check_freeze(&against.baseline, &candidate.run, &against.policy).map_err(|(file, source)| {
            let (what, path) = match file {
                File::Baseline => ("baseline", against.path),
                File::Candidate => ("candidate", given.path.as_path()),
            };
            of_freeze(what, path, source)
        })?;
    result.rows = report.rows.iter().map(GateRow::from).collect();
    result.env_differences = report.differences;
    result.exit_code_required = against.policy.gate.require_candidate_ct_exit_code_zero;
    if let Some(code) = candidate.run.ct_exit_code.filter(|code| *code != 0)
        && !result.exit_code_required
    {
        result.notices.push(format!(
            "the run that measured the candidate ended with exit code {code}; the policy lets that pass"
        ));
    }
    let common = |key: &String| candidate.run.env.contains_key(key);
    if !against.baseline.env.keys().any(common) {
        let notice = "the two files have no key of env in common: nobody can say that they are comparable";
        result.notices.push(notice.to_owned());
    }
    Ok(())
}
