//! A comparison as Markdown, for a pull request.

use std::io::{self, Write};

use perf_guard::comparison::PairedVerdict;

use super::{CompareRun, ComparedTest, words};
use crate::{Markdown, escape::markdown as code, exporter::Exporter, markdown::Page};

impl Exporter<CompareRun> for Markdown {
    fn export(&self, run: &CompareRun, out: &mut dyn Write) -> io::Result<()> {
        let mut page = Page::new(self, "compare.json");
        head(run, &mut page);
        slower(run, &mut page);
        doubts(run, &mut page);
        all(run, &mut page);
        out.write_all(page.finish().as_bytes())
    }
}

fn head(run: &CompareRun, page: &mut Page) {
    let sign = if run.pass { "✅" } else { "❌" };
    page.line(&format!("## {sign} Head against base: {}\n", words::ended(run)));
    page.line(&format!("{}.\n", words::counts(run)));
    for reason in &run.verdict_reasons {
        page.line(&format!("- {}", code(&reason.text)));
    }
    page.line(&format!("- base: {}", code(&words::arm(&run.base))));
    page.line(&format!("- head: {}", code(&words::arm(&run.head))));
    page.line(&format!("- {}", words::method(run)));
    for text in [words::sensitivity(run), words::confirmation(run)]
        .into_iter()
        .flatten()
    {
        page.line(&format!("- {}", code(&text)));
    }
    for notice in &run.notices {
        page.line(&format!("- notice: {}", code(notice)));
    }
}

fn slower(run: &CompareRun, page: &mut Page) {
    let slower: Vec<&ComparedTest> = with(run, PairedVerdict::Regressed).collect();
    if slower.is_empty() {
        return;
    }
    page.title("Slower than base");
    for test in slower {
        page.line(&format!(
            "- {}: {}",
            code(&words::timed(test)),
            code(&words::figures(test))
        ));
        if let Some(explanation) = words::explanation(test) {
            page.line(&format!("  - {}", code(&explanation)));
        }
    }
}

fn doubts(run: &CompareRun, page: &mut Page) {
    let short: Vec<&ComparedTest> = run.tests.iter().filter(|test| test.shortage.is_some()).collect();
    if run.failures.is_empty() && short.is_empty() {
        return;
    }
    page.title("Too little data");
    for failure in &run.failures {
        let place = format!(
            "{} ({}) on {}, pair {}",
            failure.test, failure.cache, failure.arm, failure.pair
        );
        page.line(&format!("- failed: {}: {}", code(&place), code(&failure.reason)));
        for line in &failure.evidence {
            page.line(&format!("  - {}", code(line)));
        }
    }
    for test in short {
        if let Some(shortage) = test.shortage {
            page.line(&format!(
                "- {}: {}",
                code(&test.label()),
                words::shortage(shortage)
            ));
        }
    }
}

fn all(run: &CompareRun, page: &mut Page) {
    if run.tests.is_empty() {
        return;
    }
    page.title("All timed values");
    page.line(
        "| timed | cache | base | head | change (interval) | p | could show | from the cache | verdict |",
    );
    page.line("|---|---|--:|--:|--:|--:|--:|---|---|");
    for test in &run.tests {
        page.line(&format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            code(&test.name),
            test.cache,
            words::time(test.base_median_s),
            words::time(test.head_median_s),
            words::ratio(test),
            words::p(test),
            words::detectable(test),
            words::cached(test).unwrap_or_default(),
            words::verdict(test),
        ));
    }
}

fn with(run: &CompareRun, verdict: PairedVerdict) -> impl Iterator<Item = &ComparedTest> {
    run.tests.iter().filter(move |test| test.verdict == verdict)
}
