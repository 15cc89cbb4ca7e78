//! The closing table of the gate.

use std::io::{self, Write};

use comfy_table::{Cell, Color, Table};

use super::{GateMode, GateRow, GateRun, GateSide};
use crate::{
    escape::line,
    exporter::Exporter,
    terminal::{Terminal, Tone, right},
};

impl Exporter<GateRun> for Terminal {
    fn export(&self, run: &GateRun, out: &mut dyn Write) -> io::Result<()> {
        for (name, side) in [("baseline", &run.baseline), ("candidate", &run.candidate)] {
            if let Some(side) = side {
                writeln!(out, "{name}: {}", line(&in_words(side)))?;
            }
        }
        if !run.rows.is_empty() {
            writeln!(out, "{}", self.limits(run))?;
        }
        let sides = [&run.baseline, &run.candidate].into_iter().flatten();
        for (side, warning) in sides.flat_map(|side| side.warnings.iter().map(move |text| (side, text))) {
            let word = self.paint("warning", Tone::Doubtful);
            writeln!(out, "{word} {}: {}", line(&side.path), line(warning))?;
        }
        for difference in &run.env_differences {
            let word = self.paint("another environment", Tone::Doubtful);
            writeln!(out, "{word} {}", line(&difference.to_string()))?;
        }
        for notice in &run.notices {
            writeln!(out, "notice: {}", line(notice))?;
        }
        let tone = if run.pass { Tone::Good } else { Tone::Bad };
        writeln!(out, "gate: {}", self.paint(&ended(run), tone))?;
        for reason in &run.reasons {
            writeln!(out, "  {}", line(reason))?;
        }
        Ok(())
    }
}

impl Terminal {
    fn limits(&self, run: &GateRun) -> Table {
        let mut table = self.table(["metric", "frozen", "candidate", "change", "limit", "verdict"]);
        for row in &run.rows {
            let (word, color) = word(run, row);
            table.add_row([
                Cell::new(line(&row.metric)),
                right(number(row.baseline)),
                right(number(row.candidate)),
                right(change(row)),
                Cell::new(&row.limit),
                Cell::new(word).fg(color),
            ]);
        }
        table
    }
}

fn word(run: &GateRun, row: &GateRow) -> (&'static str, Color) {
    match row.holds {
        _ if run.bad_exit_code().is_some() => ("not judged", Color::Yellow),
        Some(true) => ("holds", Color::Green),
        Some(false) => ("FAILS", Color::Red),
        None => ("not checked", Color::Yellow),
    }
}

/// As in `held` or `not judged`, for Markdown.
pub(super) fn verdict_of(run: &GateRun, row: &GateRow) -> &'static str {
    word(run, row).0
}

/// A figure with as many digits as it is worth.
pub(super) fn number(value: Option<f64>) -> String {
    value.map_or_else(
        || "-".to_owned(),
        |value| match value.abs() {
            1000.0.. => format!("{value:.0}"),
            10.0.. => format!("{value:.1}"),
            0.0 => "0".to_owned(),
            _ => format!("{value:.3}"),
        },
    )
}

pub(super) fn change(row: &GateRow) -> String {
    row.change_pct
        .map_or_else(|| "-".to_owned(), |percent| format!("{percent:+.1} %"))
}

pub(super) fn in_words(side: &GateSide) -> String {
    let commit = side.commit.as_deref().unwrap_or("no commit");
    let commit = commit.get(..12).unwrap_or(commit);
    let at = side
        .timestamp
        .map_or_else(|| "at no known time".to_owned(), |at| format!("at {at:.0}"));
    let chosen = side
        .chosen
        .as_ref()
        .map(|chosen| format!(" ({chosen})"))
        .unwrap_or_default();
    format!("{}{chosen}, {commit}, measured {at}", side.path)
}

/// As in `failed (exit 1)`, or `failed, shown only (exit 0)`.
pub(super) fn ended(run: &GateRun) -> String {
    let shown = match run.mode {
        GateMode::Smoke if run.exit_code != run.verdict => ", shown only",
        _ => "",
    };
    format!("{}{shown} (exit {})", run.verdict, run.exit_code.code())
}
