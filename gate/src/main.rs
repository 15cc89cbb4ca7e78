//! The `gate` command.

use std::process::ExitCode;

use gate::{Cli, run_command};

fn main() -> ExitCode {
    run_context::run_program(async |cli: Cli, outside, interrupted| {
        run_command(cli, outside, interrupted).await
    })
}
