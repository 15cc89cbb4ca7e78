//! A proof as a Markdown summary.

use std::io::{self, Write};

use super::{ProveRun, summary};
use crate::Exporter;
use crate::escape::markdown as code;

/// The proof as Markdown, for step summaries and comments. The grid bounds its size.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProveMarkdown;

impl Exporter<ProveRun> for ProveMarkdown {
    fn export(&self, proof: &ProveRun, out: &mut dyn Write) -> io::Result<()> {
        let sign = if proof.pass { "✅" } else { "❌" };
        writeln!(out, "## {sign} Proof: {}\n", summary::verdict(proof))?;
        writeln!(out, "{}.\n", summary::extent(proof))?;
        let lists = [
            proof
                .verdict_reasons
                .iter()
                .map(|reason| reason.text.clone())
                .collect(),
            summary::blind_spots(proof),
            summary::false_alarms(proof),
            summary::remarks(proof),
        ];
        for sentence in lists.iter().flatten() {
            writeln!(out, "- {}", code(sentence))?;
        }
        if !proof.slowdowns.is_empty() {
            let grid = summary::slowdowns(proof);
            writeln!(out, "\n### Slowdowns\n\n{}:\n", summary::SLOWDOWN_LEGEND)?;
            table(&grid.head, &grid.rows, out)?;
        }
        if !proof.breakages.is_empty() {
            let grid = summary::breakages(proof);
            writeln!(out, "\n### Breakages\n")?;
            table(&grid.head, &grid.rows, out)?;
        }
        Ok(())
    }
}

fn table(head: &[String], rows: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells
            .iter()
            .map(|cell| {
                if cell.is_empty() {
                    String::new()
                } else {
                    code(cell)
                }
            })
            .collect();
        format!("| {} |", cells.join(" | "))
    };
    writeln!(out, "{}", line(head))?;
    writeln!(out, "|{}", "---|".repeat(head.len()))?;
    for row in rows {
        writeln!(out, "{}", line(row))?;
    }
    Ok(())
}
