//! The `soak` command.

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use clap::Parser as _;
use run_context::{Outside, Surroundings};
use run_report::RunExit;
use soak::{Cli, run_command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let around = Surroundings {
        variables: std::env::vars().collect(),
        stdout_is_terminal: io::stdout().is_terminal(),
        stderr_is_terminal: io::stderr().is_terminal(),
    };
    let exit = execute(cli, &around).unwrap_or_else(|error| {
        // Nobody may be listening any more.
        let _ = writeln!(io::stderr(), "error: {error:#}");
        RunExit::CouldNotRun
    });
    exit.into()
}

fn execute(cli: Cli, around: &Surroundings) -> anyhow::Result<RunExit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let interrupted = run_context::interrupt()?;
        let outside = Outside {
            around,
            out: &mut io::stdout(),
            err: &mut io::stderr(),
        };
        Ok(run_command(cli, outside, interrupted).await?)
    })
}
