//! The result of all runs: its file, standard output, and what a CI system reads.

use std::{
    fs,
    io::{self, Write},
};

use run_report::{FlakeRun, Junit, Markdown, RunExit};

use crate::{
    cli::{Artifacts, Format},
    output::terminal,
};
use run_context::{Surroundings, write_whole};

/// Writes `flake.json` as a whole.
///
/// # Errors
/// What the system says.
pub(super) fn write(run: &FlakeRun, to: &Artifacts) -> io::Result<()> {
    write_whole(&to.out_json, run.to_json()?.as_bytes())
}

/// Writes it for the last time, shows it on `out`, and gives its exit code.
///
/// # Errors
/// What the system says.
pub(super) fn publish(
    run: &FlakeRun,
    to: &Artifacts,
    around: &Surroundings,
    out: &mut dyn Write,
) -> io::Result<RunExit> {
    write(run, to)?;
    let shown = match to.format {
        Format::Table => terminal(around).export_flake(run, out),
        Format::Json => out.write_all(run.to_json()?.as_bytes()),
        Format::Junit => Junit.export_flake(run, out),
        Format::Markdown => Markdown::default().export_flake(run, out),
    };
    match shown.and_then(|()| out.flush()) {
        // Whoever reads it has seen enough; the result is in its file.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
        _ => {}
    }
    if around.get("GITHUB_ACTIONS") == Some("true")
        && let Some(summary) = around.get("GITHUB_STEP_SUMMARY")
    {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(summary)?;
        Markdown::STEP_SUMMARY.export_flake(run, &mut file)?;
    }
    Ok(run.exit_code)
}
