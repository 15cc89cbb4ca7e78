//! The command line.

use clap::{Parser, Subcommand};

use crate::{benchmark::BenchArgs, bump::BumpArgs, check::CheckArgs, verify::VerifyArgs};

const EXIT_CODES: &str = "Exit codes: 0 pass, 1 a check failed or something regressed, 2 usage, 3 inconclusive, 4 could not \
                          run, 130 interrupted.";

/// The freeze gate: holds a candidate to the frozen baseline by its policy.
#[derive(Debug, Parser)]
#[command(name = "gate", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Hold a candidate to the frozen baseline; without one, measure it first
    Check(Box<CheckArgs>),
    /// Measure only: what `check` does when it is given no candidate, and what `bump` freezes
    Bench(Box<BenchArgs>),
    /// Freeze what was measured, and write down why
    Bump(Box<BumpArgs>),
    /// Find frozen files that changed without an entry in BUMPS.md
    Verify(VerifyArgs),
}
