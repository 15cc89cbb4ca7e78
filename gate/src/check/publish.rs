//! Where the gate's result goes: files, standard output, and what a CI system reads.

use std::{fs, io};

use run_context::{Outside, write_whole};
use run_report::{Annotations, Exporter as _, GateRun, Json, Junit, Markdown, Terminal};

use crate::benchmark::Report;

/// Writes `gate.json`, `gate.xml`, the log and the summary, and shows the closing table.
pub(super) fn publish(result: &GateRun, report: &Report, outside: &mut Outside<'_>) -> io::Result<()> {
    let dir = report.out_dir();
    write_whole(&dir.join("gate.json"), Json.to_text(result)?.as_bytes())?;
    write_whole(&dir.join("gate.xml"), Junit.to_text(result)?.as_bytes())?;
    let summary = Markdown::STEP_SUMMARY.to_text(result)?;
    write_whole(&report.summary_path(), summary.as_bytes())?;
    report.write_log(&Terminal::default().to_text(result)?)?;
    let width = outside
        .around
        .get("COLUMNS")
        .and_then(|columns| columns.parse().ok())
        .unwrap_or(120);
    let table = Terminal {
        width,
        style: if outside.around.stdout_is_terminal && outside.around.get("NO_COLOR").is_none() {
            run_report::Style::Color
        } else {
            run_report::Style::Plain
        },
    };
    match table
        .export(result, outside.out)
        .and_then(|()| outside.out.flush())
    {
        // Whoever reads it has seen enough; the result is in its file.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
        shown => shown?,
    }
    if outside.around.get("GITHUB_ACTIONS") == Some("true") {
        Annotations.export(result, outside.out)?;
    }
    if let Some(path) = outside.around.get("GITHUB_STEP_SUMMARY") {
        use io::Write as _;
        let mut file = fs::OpenOptions::new().append(true).create(true).open(path)?;
        file.write_all(summary.as_bytes())?;
    }
    Ok(())
}
