//! The command line.

use clap::{Parser, Subcommand};

use crate::{
    cycle::{ProveArgs, RunArgs},
    load::LoadArgs,
    merge::MergeArgs,
    plan::PlanArgs,
    seed::SeedArgs,
    slo::SloArgs,
};

const EXIT_CODES: &str = "Exit codes: 0 pass, 1 a check failed or something regressed, 2 usage, 3 inconclusive, 4 could not \
                          run, 130 interrupted.";

/// Soak and load for an audio-job server: long runs with invariants, load profiles with thresholds.
#[derive(Debug, Parser)]
#[command(name = "soak", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a load profile: users by a ramp, thresholds, invariants
    Load(Box<LoadArgs>),
    /// Add up the HdrHistogram logs of several generators, exactly
    Merge(MergeArgs),
    /// Run cycles of jobs for a long time, hold every window to its invariants, and judge whether anything grows
    Run(Box<RunArgs>),
    /// Prove that a leak of 1 MB a minute is found: two soaks side by side, one of a server that leaks; takes 10 minutes
    Prove(ProveArgs),
    /// Fill a server with synthetic jobs, the same ones whenever it is run
    Seed(Box<SeedArgs>),
    /// Hold a stored result to the service level objectives, and say how much of the error budget it uses
    Slo(SloArgs),
    /// Plan capacity: arrivals, workers for a wait target, the knee of a measured curve
    Plan(Box<PlanArgs>),
}
