//! The command line.

use clap::{Parser, Subcommand};

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
pub enum Command {}
