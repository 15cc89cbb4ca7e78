//! Where results go: files beside each other, standard output, and what a CI system reads.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use load_engine::record::{Record, write_hlog};
use run_context::{Surroundings, write_whole};
use run_report::{
    Annotations, Exporter, HtmlReport as _, Json, Junit, Markdown, Style, Terminal, load::LoadResult,
};

use super::args::{Artifacts, Format};

/// The closing tables.
pub(crate) fn terminal(around: &Surroundings) -> Terminal {
    let columns = around.get("COLUMNS").and_then(|columns| columns.parse().ok());
    Terminal {
        width: columns.unwrap_or(120),
        style: if around.stdout_is_terminal && around.get("NO_COLOR").is_none() {
            Style::Color
        } else {
            Style::Plain
        },
    }
}

/// Writes the files of a run and shows it.
pub(super) fn publish(
    result: &LoadResult,
    record: Option<&Record>,
    (to, around): (&Artifacts, &Surroundings),
    out: &mut dyn Write,
) -> io::Result<()> {
    write_whole(&to.json, Json.to_text(result)?.as_bytes())?;
    write_whole(&to.html, result.to_html()?.as_bytes())?;
    write_whole(&beside(to, "junit.xml"), Junit.to_text(result)?.as_bytes())?;
    write_whole(
        &beside(to, "ndjson"),
        result.timeline_ndjson().map_err(io::Error::other)?.as_bytes(),
    )?;
    match record {
        Some(record) => write_whole(&beside(to, "hlog"), &hlog(result, record)?)?,
        // What an earlier run left there is not of this one.
        None => match fs::remove_file(beside(to, "hlog")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        },
    }
    let table = terminal(around);
    let exporter: &dyn Exporter<LoadResult> = match to.format {
        Format::Table => &table,
        Format::Json => &Json,
        Format::Junit => &Junit,
        Format::Markdown => &Markdown::STEP_SUMMARY,
    };
    match exporter.export(result, out).and_then(|()| out.flush()) {
        // Whoever reads it has seen enough; the result is in its file.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
        shown => shown?,
    }
    tell_ci(result, (to.format, around), out)
}

/// A file beside the result, with another ending.
fn beside(to: &Artifacts, ending: &str) -> std::path::PathBuf {
    Path::new(&to.json).with_extension(ending)
}

fn hlog(result: &LoadResult, record: &Record) -> io::Result<Vec<u8>> {
    let mut log = Vec::new();
    let lasted = result.lasted_s.map_or(std::time::Duration::ZERO, |lasted| {
        std::time::Duration::from_secs_f64(lasted.as_secs_f64())
    });
    write_hlog(&mut log, &record.tagged(), result.started_at.into(), lasted)?;
    Ok(log)
}

/// GitHub reads annotations from either stream of a step; beside a format that programs read they go to standard error.
fn tell_ci(
    result: &LoadResult,
    (format, around): (Format, &Surroundings),
    out: &mut dyn Write,
) -> io::Result<()> {
    if around.get("GITHUB_ACTIONS") != Some("true") {
        return Ok(());
    }
    match format {
        Format::Table | Format::Markdown => Annotations.export(result, out)?,
        Format::Json | Format::Junit => Annotations.export(result, &mut io::stderr().lock())?,
    }
    let Some(summary) = around.get("GITHUB_STEP_SUMMARY") else {
        return Ok(());
    };
    let mut file = fs::OpenOptions::new().append(true).create(true).open(summary)?;
    Markdown::STEP_SUMMARY.export(result, &mut file)
}
