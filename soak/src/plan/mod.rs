//! `soak plan`: how many workers a demand takes, from what was measured. The mathematics is `perf_guard::capacity`.

mod capacity;
mod measured;

use std::{io, path::PathBuf, time::Duration};

use clap::Args;
use run_context::{Outside, chain, time, write_whole};
use run_report::RunExit;

use capacity::{CapacityPlan, PlanError, Wishes};
use measured::{Measured, MeasuredError};

/// Flags of `soak plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// A stored result of `soak load`, for the service time and for the knee of its curve
    #[arg(value_name = "RESULT", required_unless_present = "service_time")]
    result: Option<PathBuf>,
    /// Jobs that come in a day
    #[arg(long, value_name = "N", required_unless_present = "users", conflicts_with_all = ["users", "per_user"])]
    arrivals: Option<f64>,
    /// Users
    #[arg(long, value_name = "N", requires = "per_user")]
    users: Option<f64>,
    /// Jobs of each user in a day
    #[arg(long, value_name = "N", requires = "users")]
    per_user: Option<f64>,
    /// How much busier the busiest moment is than the mean of the day
    #[arg(long, value_name = "N", default_value_t = 10.0)]
    peak_factor: f64,
    /// How long a worker is busy with a job [default: the mean from submit to ready in RESULT, less what looking at intervals added]
    #[arg(long, value_name = "TIME", value_parser = time)]
    service_time: Option<Duration>,
    /// How long a job may wait for a worker
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = time)]
    wait: Duration,
    /// The share of jobs that may not wait longer, above 0 and below 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.95)]
    wait_share: f64,
    /// The share of its time that a worker may be busy in the busiest moment, above 0 and below 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.8)]
    max_utilisation: f64,
    /// Where to write the plan
    #[arg(long, value_name = "FILE", default_value = "artifacts/plan.json")]
    out_json: PathBuf,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error("{}", path.display())]
    Measured {
        path: PathBuf,
        #[source]
        source: MeasuredError,
    },
    #[error("{} timed no job from submit to ready, so it does not say how long a worker is busy; say it with --service-time", .0.display())]
    NoJobs(PathBuf),
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl CommandError {
    const fn exit(&self) -> RunExit {
        match self {
            Self::Plan(_) => RunExit::Usage,
            Self::Measured { .. } | Self::NoJobs(_) => RunExit::CouldNotRun,
        }
    }
}

/// Runs it.
///
/// # Errors
/// What the system says when the plan cannot be written.
pub(crate) fn run(args: &PlanArgs, outside: &mut Outside<'_>) -> io::Result<RunExit> {
    let plan = match plan(args) {
        Ok(plan) => plan,
        Err(error) => {
            writeln!(outside.err, "error: {}", chain(&error))?;
            return Ok(error.exit());
        }
    };
    write_whole(
        &args.out_json,
        (serde_json::to_string_pretty(&plan)? + "\n").as_bytes(),
    )?;
    write!(outside.out, "{plan}")?;
    Ok(RunExit::Pass)
}

fn plan(args: &PlanArgs) -> Result<CapacityPlan, CommandError> {
    let measured = args.result.as_ref().map(|path| {
        Measured::read(path).map_err(|source| CommandError::Measured {
            path: path.clone(),
            source,
        })
    });
    let measured = measured.transpose()?;
    let (service_s, from) = match (args.service_time, &args.result) {
        (Some(time), _) => (time.as_secs_f64(), "--service-time".to_owned()),
        (None, Some(path)) => {
            let job_s = measured.as_ref().and_then(|measured| measured.job_s);
            let job_s = job_s.ok_or_else(|| CommandError::NoJobs(path.clone()))?;
            (
                job_s,
                format!(
                    "the mean from submit to ready in {}, without the time between looks",
                    path.display()
                ),
            )
        }
        (None, None) => unreachable!("one of both is required"),
    };
    let a_day = match (args.arrivals, args.users, args.per_user) {
        (Some(arrivals), ..) => arrivals,
        (None, Some(users), Some(per_user)) => users * per_user,
        _ => unreachable!("one of both is required, and users with what each does"),
    };
    let wishes = Wishes {
        a_day,
        peak_factor: args.peak_factor,
        service_s,
        service_from: from,
        wait_s: args.wait.as_secs_f64(),
        wait_share: args.wait_share,
        max_utilisation: args.max_utilisation,
    };
    Ok(CapacityPlan::new(wishes, measured.as_ref())?)
}
