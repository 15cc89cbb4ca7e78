//! Where results go: files, standard output, and what a CI system reads.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use run_report::{
    Annotations, Exporter, HtmlReport, Json, Junit, Markdown, ProveJson, ProveJunit, ProveMarkdown, ProveRun,
    ProveTerminal, Style, Terminal,
};

use crate::cli::{Artifacts, Format};
use run_context::{Surroundings, write_whole};

/// Writes the page of a result.
///
/// # Errors
/// What the system says.
pub fn write_html(report: &dyn HtmlReport, path: &Path) -> io::Result<()> {
    write_whole(path, report.to_html()?.as_bytes())
}

/// Whether standard output is coloured.
#[must_use]
pub fn style(around: &Surroundings) -> Style {
    if around.stdout_is_terminal && around.get("NO_COLOR").is_none() {
        Style::Color
    } else {
        Style::Plain
    }
}

/// The closing table.
#[must_use]
pub fn terminal(around: &Surroundings) -> Terminal {
    let width = around
        .get("COLUMNS")
        .and_then(|columns| columns.parse().ok())
        .unwrap_or(120);
    Terminal {
        width,
        style: style(around),
    }
}

/// Writes `golden.json`, shows the run on `out`, and tells the CI system that it runs under.
///
/// # Errors
/// What the system says.
pub fn publish<Run>(run: &Run, to: &Artifacts, around: &Surroundings, out: &mut dyn Write) -> io::Result<()>
where
    Json: Exporter<Run>,
    Junit: Exporter<Run>,
    Markdown: Exporter<Run>,
    Terminal: Exporter<Run>,
    Annotations: Exporter<Run>,
{
    write_whole(&to.out_json, Json.to_text(run)?.as_bytes())?;
    let table = terminal(around);
    let exporter: &dyn Exporter<Run> = match to.format {
        Format::Table => &table,
        Format::Json => &Json,
        Format::Junit => &Junit,
        Format::Markdown => &Markdown::STEP_SUMMARY,
    };
    match exporter.export(run, out).and_then(|()| out.flush()) {
        // Whoever reads it has seen enough; the result is in its file.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
        shown => shown?,
    }
    tell_ci(run, to.format, around, out)
}

/// Writes `prove.json` and shows the proof on `out`.
///
/// # Errors
/// What the system says.
pub fn publish_prove(
    proof: &ProveRun,
    to: &Artifacts,
    around: &Surroundings,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_whole(&to.out_json, ProveJson.to_text(proof)?.as_bytes())?;
    let shown = match to.format {
        Format::Table => ProveTerminal(terminal(around)).export(proof, out),
        Format::Json => ProveJson.export(proof, out),
        Format::Junit => ProveJunit.export(proof, out),
        Format::Markdown => ProveMarkdown.export(proof, out),
    };
    match shown.and_then(|()| out.flush()) {
        // Whoever reads it has seen enough; the result is in its file.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
        shown => shown?,
    }
    let summary = around.get("GITHUB_STEP_SUMMARY");
    if let Some(summary) = summary.filter(|_| around.get("GITHUB_ACTIONS") == Some("true")) {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(summary)?;
        ProveMarkdown.export(proof, &mut file)?;
    }
    Ok(())
}

/// GitHub reads annotations from either stream of a step; beside a format that programs read they go to standard error.
fn tell_ci<Run>(run: &Run, format: Format, around: &Surroundings, out: &mut dyn Write) -> io::Result<()>
where
    Annotations: Exporter<Run>,
    Markdown: Exporter<Run>,
{
    if around.get("GITHUB_ACTIONS") != Some("true") {
        return Ok(());
    }
    match format {
        Format::Table | Format::Markdown => Annotations.export(run, out)?,
        Format::Json | Format::Junit => Annotations.export(run, &mut io::stderr().lock())?,
    }
    let Some(summary) = around.get("GITHUB_STEP_SUMMARY") else {
        return Ok(());
    };
    let mut file = fs::OpenOptions::new().append(true).create(true).open(summary)?;
    Markdown::STEP_SUMMARY.export(run, &mut file)
}
