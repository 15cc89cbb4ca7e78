//! A soak as Markdown.

use std::io::{self, Write};

use super::{SoakRun, SoakTrend, words};
use crate::{Exporter, Markdown, escape::markdown as code, markdown::Page, words::millis};

/// No more failures than this are told one by one.
const SHOWN_FAILURES: usize = 100;

impl Exporter<SoakRun> for Markdown {
    fn export(&self, run: &SoakRun, out: &mut dyn Write) -> io::Result<()> {
        let mut page = Page::new(self, "soak.json");
        let sign = if run.pass { "✅" } else { "❌" };
        page.line(&format!(
            "## {sign} Soak: {} (exit {})\n",
            run.exit_code,
            run.exit_code.code()
        ));
        for line in [words::done(run), words::warm_up(&run.warm_up)]
            .iter()
            .chain(&run.reasons)
        {
            page.line(&format!("- {}", code(line)));
        }
        for notice in &run.notices {
            page.line(&format!("- notice: {}", code(notice)));
        }
        failures(run, &mut page);
        growth(&run.trends, &mut page);
        page.title("Invariants");
        page.line("| invariant | looked at | broken |\n|---|--:|--:|");
        for tally in &run.invariants {
            let name = code(tally.invariant.as_str());
            page.line(&format!("| {name} | {} | {} |", tally.checked, tally.broken));
        }
        page.title("Times");
        page.line("| time of | count | p50 | p95 | p99 | max |\n|---|--:|--:|--:|--:|--:|");
        for times in &run.histograms {
            let [p50, p95, p99, max] = [times.p50_ms, times.p95_ms, times.p99_ms, times.max_ms].map(millis);
            let (name, count) = (code(&times.name), times.count);
            page.line(&format!("| {name} | {count} | {p50} | {p95} | {p99} | {max} |"));
        }
        out.write_all(page.finish().as_bytes())
    }
}

fn failures(run: &SoakRun, page: &mut Page) {
    if run.failures.is_empty() {
        return;
    }
    page.title("Broken invariants");
    page.line("| after | invariant | what was found |\n|--:|---|---|");
    for failure in run.failures.iter().take(SHOWN_FAILURES) {
        page.line(&format!(
            "| {:.1} s | {} | {} |",
            failure.at_seconds,
            failure.invariant,
            code(&failure.text)
        ));
    }
    if let Some(dir) = &run.evidence {
        page.line(&format!("\nEvidence of the first: {}", code(dir)));
    }
}

/// A table of figures over time.
pub(crate) fn growth(trends: &[SoakTrend], page: &mut Page) {
    if trends.is_empty() {
        return;
    }
    page.title("Growth");
    page.line("| figure over time | slope (99 %) | limit | verdict |\n|---|--:|--:|---|");
    for trend in trends {
        page.line(&format!(
            "| {} | {} | {} | {} |",
            trend.figure.in_words(),
            words::slope(trend),
            words::limit(trend),
            words::verdict(trend.verdict)
        ));
    }
}
