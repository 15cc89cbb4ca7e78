//! A proof on a terminal or in a log.

use std::io::{self, Write};

use comfy_table::{Cell, Color, ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};

use super::{ProveRun, summary};
use crate::Exporter;
use crate::{
    escape::line,
    terminal::{Style, Terminal},
};

/// The tables of a proof and what there is to say about them.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProveTerminal(pub Terminal);

impl Exporter<ProveRun> for ProveTerminal {
    fn export(&self, proof: &ProveRun, out: &mut dyn Write) -> io::Result<()> {
        if !proof.slowdowns.is_empty() {
            let table = summary::slowdowns(proof);
            writeln!(out, "{}", self.table(&table.head, &table.rows))?;
            writeln!(out, "{}", summary::SLOWDOWN_LEGEND)?;
        }
        if !proof.breakages.is_empty() {
            let table = summary::breakages(proof);
            writeln!(out, "{}", self.table(&table.head, &table.rows))?;
        }
        writeln!(out, "{}", summary::extent(proof))?;
        let sections = [
            summary::false_alarms(proof),
            summary::blind_spots(proof),
            summary::remarks(proof),
        ];
        for sentence in sections.iter().flatten() {
            writeln!(out, "{}", line(sentence))?;
        }
        for reason in &proof.verdict_reasons {
            writeln!(out, "NOT PROVEN: {}", line(&reason.text))?;
        }
        writeln!(out, "{}", summary::verdict(proof))
    }
}

impl ProveTerminal {
    fn table(&self, head: &[String], rows: &[Vec<String>]) -> Table {
        let mut table = Table::new();
        table
            .load_style(UTF8_FULL_CONDENSED)
            .set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(self.0.width.max(20));
        match self.0.style {
            Style::Plain => table.force_no_tty(),
            Style::Color => table.enforce_styling(),
        };
        table.set_header(head.iter().map(|title| Cell::new(line(title))));
        for row in rows {
            table.add_row(row.iter().map(|text| self.cell(text)));
        }
        table
    }

    fn cell(&self, text: &str) -> Cell {
        let cell = Cell::new(line(text));
        if self.0.style == Style::Plain {
            return cell;
        }
        match text {
            "noticed" => cell.fg(Color::Green),
            "MISSED" | "none" => cell.fg(Color::Red),
            "not fired" | "not run" => cell.fg(Color::Yellow),
            _ => cell,
        }
    }
}
