//! The `main` of a command: arguments and surroundings in, an exit code out. Nothing else reads the environment.

use std::{
    io::{self, IsTerminal as _, Write as _},
    pin::Pin,
    process::ExitCode,
};

use clap::Parser;
use run_report::RunExit;

use crate::{Outside, Surroundings, chain, interrupt::interrupt};

/// Completes when somebody wishes that the command should end.
pub type Interrupted = Pin<Box<dyn Future<Output = ()>>>;

/// Runs a command on a runtime of its own, until its end or until an interrupt. What it cannot write, and a runtime that cannot be
/// had, is told on standard error with exit code 4.
pub fn run_program<Cli: Parser>(
    command: impl AsyncFnOnce(Cli, Outside<'_>, Interrupted) -> io::Result<RunExit>,
) -> ExitCode {
    let cli = Cli::parse();
    let around = Surroundings {
        variables: std::env::vars().collect(),
        stdout_is_terminal: io::stdout().is_terminal(),
        stderr_is_terminal: io::stderr().is_terminal(),
    };
    let exit = execute(cli, &around, command).unwrap_or_else(|error| {
        // Nobody may be listening any more.
        let _ = writeln!(io::stderr(), "error: {}", chain(&error));
        RunExit::CouldNotRun
    });
    exit.into()
}

fn execute<Cli>(
    cli: Cli,
    around: &Surroundings,
    command: impl AsyncFnOnce(Cli, Outside<'_>, Interrupted) -> io::Result<RunExit>,
) -> io::Result<RunExit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let interrupted = Box::pin(interrupt()?);
        let outside = Outside {
            around,
            out: &mut io::stdout(),
            err: &mut io::stderr(),
        };
        command(cli, outside, interrupted).await
    })
}
