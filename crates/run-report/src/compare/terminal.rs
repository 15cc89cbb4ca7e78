//! The closing table of a comparison.

use std::io::{self, Write};

use comfy_table::{Cell, Color, Table};
use perf_guard::comparison::PairedVerdict;

use super::{CompareRun, words};
use crate::{
    escape::line,
    exporter::Exporter,
    terminal::{Terminal, Tone, right},
};

impl Exporter<CompareRun> for Terminal {
    fn export(&self, run: &CompareRun, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "base: {}", line(&words::arm(&run.base)))?;
        writeln!(out, "head: {}", line(&words::arm(&run.head)))?;
        if !run.tests.is_empty() {
            writeln!(out, "{}", self.compared(run))?;
        }
        self.regressions(run, out)?;
        self.doubts(run, out)?;
        self.comparison_verdict(run, out)
    }
}

impl Terminal {
    fn compared(&self, run: &CompareRun) -> Table {
        let mut table = self.table([
            "timed",
            "cache",
            "base",
            "head",
            "change (interval)",
            "p",
            "could show",
            "verdict",
        ]);
        for test in &run.tests {
            let color = match test.verdict {
                PairedVerdict::Regressed => Color::Red,
                PairedVerdict::Insufficient => Color::Yellow,
                PairedVerdict::Improved | PairedVerdict::NotShown => Color::Green,
            };
            table.add_row([
                Cell::new(line(&test.name)),
                Cell::new(test.cache),
                right(words::time(test.base_median_s)),
                right(words::time(test.head_median_s)),
                right(words::ratio(test)),
                right(words::p(test)),
                right(words::detectable(test)),
                Cell::new(words::verdict(test)).fg(color),
            ]);
        }
        table
    }

    fn regressions(&self, run: &CompareRun, out: &mut dyn Write) -> io::Result<()> {
        for test in run.tests.iter().filter(|t| t.verdict == PairedVerdict::Regressed) {
            let word = self.paint("SLOWER", Tone::Bad);
            writeln!(out, "{word} {}", line(&words::timed(test)))?;
            writeln!(out, "  {}", line(&words::figures(test)))?;
            if let Some(explanation) = words::explanation(test) {
                writeln!(out, "  {}", line(&explanation))?;
            }
        }
        Ok(())
    }

    fn doubts(&self, run: &CompareRun, out: &mut dyn Write) -> io::Result<()> {
        for failure in &run.failures {
            let word = self.paint("FAILED", Tone::Bad);
            writeln!(
                out,
                "{word} {} ({}) on {}, pair {}: {}",
                line(&failure.test),
                failure.cache,
                failure.arm,
                failure.pair,
                line(&failure.reason)
            )?;
            for evidence in failure.evidence.iter().flat_map(|text| text.split('\n')) {
                // The bar keeps a line of evidence from being a workflow command of its own.
                writeln!(out, "  | {}", line(evidence))?;
            }
        }
        for test in &run.tests {
            if let Some(shortage) = test.shortage {
                let word = self.paint("insufficient", Tone::Doubtful);
                writeln!(
                    out,
                    "{word} {}: {}",
                    line(&test.label()),
                    words::shortage(shortage)
                )?;
            }
        }
        for test in &run.tests {
            if let Some(cached) = words::cached(test) {
                writeln!(out, "from the cache: {}: {cached}", line(&test.label()))?;
            }
        }
        for check in &run.self_checks {
            let word = if check.holds {
                "self-check".to_owned()
            } else {
                self.paint("self-check", Tone::Doubtful)
            };
            writeln!(out, "{word}: {}", line(&check.detail))?;
        }
        for notice in &run.notices {
            writeln!(out, "notice: {}", line(notice))?;
        }
        Ok(())
    }

    fn comparison_verdict(&self, run: &CompareRun, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "method: {}", line(&words::method(run)))?;
        if let Some(sensitivity) = words::sensitivity(run) {
            writeln!(out, "{}", line(&sensitivity))?;
        }
        if let Some(confirmation) = words::confirmation(run) {
            writeln!(out, "second run: {}", line(&confirmation))?;
        }
        writeln!(out, "timed values: {}", words::counts(run))?;
        let tone = if run.pass { Tone::Good } else { Tone::Bad };
        writeln!(out, "compare: {}", self.paint(&words::ended(run), tone))?;
        for reason in &run.verdict_reasons {
            writeln!(out, "  {}", line(&reason.text))?;
        }
        Ok(())
    }
}
