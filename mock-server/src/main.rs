//! The `mock-server` command.

use std::{io::Write as _, process::ExitCode};

use clap::Parser as _;
use mock_server::cli::{Cli, Usage, run};

fn main() -> ExitCode {
    run(Cli::parse()).unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "mock-server: {error:#}");
        ExitCode::from(if error.is::<Usage>() { 2 } else { 4 })
    })
}
