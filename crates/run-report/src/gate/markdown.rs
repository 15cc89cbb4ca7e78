//! The gate as Markdown: `perf_summary_*.md` and the summary of a CI step.

use std::io::{self, Write};

use super::{
    GateRun,
    terminal::{change, ended, in_words, number, verdict_of},
};
use crate::{Markdown, escape::markdown as code, exporter::Exporter, markdown::Page};

impl Exporter<GateRun> for Markdown {
    fn export(&self, run: &GateRun, out: &mut dyn Write) -> io::Result<()> {
        let mut page = Page::new(self, "gate.json");
        let sign = if run.pass { "✅" } else { "❌" };
        page.line(&format!("## {sign} Freeze gate: {}\n", ended(run)));
        for reason in &run.reasons {
            page.line(&format!("- {}", code(reason)));
        }
        for (name, side) in [("baseline", &run.baseline), ("candidate", &run.candidate)] {
            if let Some(side) = side {
                page.line(&format!("- {name}: {}", code(&in_words(side))));
                for warning in &side.warnings {
                    page.line(&format!("  - warning: {}", code(warning)));
                }
            }
        }
        page.line(&format!("- policy: {}", code(&run.policy)));
        for difference in &run.env_differences {
            page.line(&format!(
                "- another environment: {}",
                code(&difference.to_string())
            ));
        }
        for notice in &run.notices {
            page.line(&format!("- notice: {}", code(notice)));
        }
        limits(run, &mut page);
        environment(run, &mut page);
        out.write_all(page.finish().as_bytes())
    }
}

fn limits(run: &GateRun, page: &mut Page) {
    if run.rows.is_empty() {
        page.line("\nNo limit was checked.");
        return;
    }
    page.title("Limits");
    page.line("| metric | frozen | candidate | change | limit | verdict |");
    page.line("|---|--:|--:|--:|---|---|");
    for row in &run.rows {
        page.line(&format!(
            "| {} | {} | {} | {} | {} | {} |",
            code(&row.metric),
            number(row.baseline),
            number(row.candidate),
            change(row),
            row.limit,
            verdict_of(run, row),
        ));
    }
}

fn environment(run: &GateRun, page: &mut Page) {
    let Some(candidate) = &run.candidate else { return };
    page.title("Where the candidate was measured");
    page.line("| | |");
    page.line("|---|---|");
    for (key, value) in &candidate.env {
        page.line(&format!("| {} | {} |", code(key), code(value)));
    }
}
