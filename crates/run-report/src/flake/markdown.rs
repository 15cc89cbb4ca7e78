//! Many runs as Markdown.

use std::io::{self, Write};

use super::{
    FlakeRun,
    terminal::{in_words, percent, phases, rows},
};
use crate::{Markdown, escape::markdown as code, markdown::Page};

impl Markdown {
    /// Each test's rate by phase, after what failed.
    ///
    /// # Errors
    /// What the writer reports.
    pub fn export_flake(&self, run: &FlakeRun, out: &mut dyn Write) -> io::Result<()> {
        let mut page = Page::new(self, "flake.json");
        let sign = if run.pass { "✅" } else { "❌" };
        page.line(&format!(
            "## {sign} Flake: {} (exit {})\n",
            run.exit_code,
            run.exit_code.code()
        ));
        for line in phases(run).chain(run.reasons.iter().cloned()) {
            page.line(&format!("- {}", code(&line)));
        }
        for notice in &run.notices {
            page.line(&format!("- notice: {}", code(notice)));
        }
        if !run.failures.is_empty() {
            page.title("Failures");
            page.line("| run | failed | reason | evidence |");
            page.line("|---|---|---|---|");
            for failure in &run.failures {
                page.line(&format!(
                    "| {} {} | {} | {} | {} |",
                    failure.phase,
                    failure.run,
                    code(&failure.name),
                    code(&failure.reason),
                    code(failure.evidence.as_deref().unwrap_or("none was kept"))
                ));
            }
        }
        page.title("Passed, and the upper bound of the flake rate (95 %)");
        let titles: Vec<&str> = run.phases.iter().map(|result| result.phase.as_str()).collect();
        page.line(&format!(
            "| test | nearest to threshold | {} |",
            titles.join(" | ")
        ));
        page.line(&format!("|---|--:|{}", "--:|".repeat(titles.len())));
        for row in rows(run) {
            let rates: Vec<String> = row
                .rates
                .iter()
                .map(|rate| rate.map(in_words).unwrap_or_default())
                .collect();
            page.line(&format!(
                "| {} | {} | {} |",
                code(&row.what),
                row.nearest.map(percent).unwrap_or_default(),
                rates.join(" | ")
            ));
        }
        out.write_all(page.finish().as_bytes())
    }
}
