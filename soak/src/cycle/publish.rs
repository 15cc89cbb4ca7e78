//! Where the result goes: its file, its page, standard output, and what a CI system reads.

use std::{fs, io};

use run_context::{Outside, Surroundings, write_whole};
use run_report::{Exporter, HtmlReport as _, Junit, Markdown, RunExit, SoakRun, Style, Terminal};

use super::{args::Format, plan::Artifacts};

/// Writes the result and its page, shows it, and gives its exit code.
///
/// # Errors
/// What the system says.
pub(super) fn publish(run: &SoakRun, to: &Artifacts, outside: Outside<'_>) -> io::Result<RunExit> {
    store(run, to)?;
    let table = terminal(outside.around);
    let out = outside.out;
    let shown = match to.format {
        Format::Table => table.export(run, out),
        Format::Json => out.write_all(run.to_json()?.as_bytes()),
        Format::Junit => Junit.export(run, out),
        Format::Markdown => Markdown::default().export(run, out),
    };
    match shown.and_then(|()| out.flush()) {
        // Whoever reads it has seen enough; the result is in its file.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
        _ => {}
    }
    if outside.around.get("GITHUB_ACTIONS") == Some("true")
        && let Some(summary) = outside.around.get("GITHUB_STEP_SUMMARY")
    {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(summary)?;
        Markdown::STEP_SUMMARY.export(run, &mut file)?;
    }
    Ok(run.exit_code)
}

/// Writes the result and its page.
///
/// # Errors
/// What the system says.
pub(super) fn store(run: &SoakRun, to: &Artifacts) -> io::Result<()> {
    write_whole(&to.json, run.to_json()?.as_bytes())?;
    write_whole(&to.page, run.to_html()?.as_bytes())
}

fn terminal(around: &Surroundings) -> Terminal {
    let width = around.get("COLUMNS").and_then(|columns| columns.parse().ok());
    let color = around.stdout_is_terminal && around.get("NO_COLOR").is_none();
    Terminal {
        width: width.unwrap_or(120),
        style: if color { Style::Color } else { Style::Plain },
    }
}
