//! `golden flake` on the command line.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use run_context::{Surroundings, time};
use run_report::Phase;

use super::{
    Artifacts, Format, Purpose, Settings, UsageError,
    args::{GuardArgs, RemoteArgs, TargetArgs},
};

/// Flags of `golden flake`.
#[derive(Debug, Args)]
pub struct FlakeArgs {
    #[command(flatten)]
    remote: RemoteArgs,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    guard: GuardArgs,
    /// Runs in each phase
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: u32,
    /// Only this phase; may be repeated [default: all three]
    #[arg(long, value_enum, value_name = "PHASE")]
    phase: Vec<PhaseChoice>,
    /// Stop when this time is over; what was planned and not made then leaves the result inconclusive
    #[arg(long, value_name = "TIME", default_value = "2h", value_parser = time)]
    budget: Duration,
    /// Only tests whose name contains this; may be repeated
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// Repeats of each timed test in a run, as in `golden run`
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    repeat: u32,
    /// Correctness tests at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    concurrency: u16,
    /// Start the servers with this fault, as in `synth:error=500,p=0.01`; may be repeated
    #[arg(long, value_name = "RULE")]
    fault: Vec<String>,
    /// Where to write the result, after every run anew; evidence of failed runs goes into the directory of the same name
    #[arg(long, value_name = "FILE", default_value = "artifacts/flake.json")]
    out_json: PathBuf,
    /// What to write to standard output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Flags of the hidden `golden burn`, by which `golden flake` keeps a core busy.
#[derive(Debug, Args)]
pub struct BurnArgs {
    /// The longest that it burns
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    pub(crate) at_most: Duration,
}

/// Under which conditions runs are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PhaseChoice {
    /// Each run against a server started for it, with texts that are new to it
    Cold,
    /// All runs against one server, whose cache knows the texts
    Warm,
    /// As `golden run`, with every core kept busy
    Busy,
}

/// What `golden flake` was told, checked.
#[derive(Debug, Clone)]
pub struct FlakeSettings {
    /// Of each run; the cache states are for the phase to say.
    pub run: Settings,
    /// Runs in each phase.
    pub runs: u32,
    /// The phases, each once, in their order.
    pub phases: Vec<Phase>,
    /// The longest that all runs together may take.
    pub budget: Duration,
}

impl FlakeSettings {
    /// From its flags.
    ///
    /// # Errors
    /// What cannot be meant.
    pub fn of(args: FlakeArgs, around: &Surroundings) -> Result<Self, UsageError> {
        let artifacts = Artifacts {
            out_json: args.out_json,
            format: args.format,
        };
        let common = Settings::reaching(
            (args.remote, args.target, args.guard),
            (args.fault, Purpose::Check, artifacts),
            around,
        )?;
        let chosen =
            |phase: &Phase| args.phase.is_empty() || args.phase.iter().any(|choice| choice.phase() == *phase);
        Ok(Self {
            run: Settings {
                repeats: args.repeat,
                filter: args.filter,
                concurrency: usize::from(args.concurrency),
                ..common
            },
            runs: args.runs,
            phases: Phase::ALL.into_iter().filter(chosen).collect(),
            budget: args.budget,
        })
    }
}

impl PhaseChoice {
    const fn phase(self) -> Phase {
        match self {
            Self::Cold => Phase::Cold,
            Self::Warm => Phase::Warm,
            Self::Busy => Phase::Busy,
        }
    }
}
