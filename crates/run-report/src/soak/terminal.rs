//! The closing tables of a soak.

use std::io::{self, Write};

use comfy_table::{Cell, Color};
use perf_guard::trend::TrendVerdict;

use super::{SoakRun, SoakTrend, words};
use crate::{
    Exporter, Terminal,
    escape::line,
    terminal::{Tone, right},
    words::millis,
};

/// No more failures than this are shown one by one.
const SHOWN_FAILURES: usize = 20;

impl Exporter<SoakRun> for Terminal {
    fn export(&self, run: &SoakRun, out: &mut dyn Write) -> io::Result<()> {
        if !run.histograms.is_empty() {
            writeln!(out, "{}", self.times(run))?;
        }
        if !run.trends.is_empty() {
            writeln!(out, "{}", self.growth(&run.trends))?;
        }
        writeln!(out, "{}", self.invariants(run))?;
        for failure in run.failures.iter().take(SHOWN_FAILURES) {
            let word = self.paint("BROKEN", Tone::Bad);
            writeln!(
                out,
                "{word} {} after {:.1} s: {}",
                failure.invariant,
                failure.at_seconds,
                line(&failure.text)
            )?;
        }
        let more = run.failures.len().saturating_sub(SHOWN_FAILURES) as u64 + run.failures_left_out;
        if more > 0 {
            writeln!(out, "and {more} more")?;
        }
        if let Some(dir) = &run.evidence {
            writeln!(out, "evidence of the first: {}", line(dir))?;
        }
        for notice in &run.notices {
            writeln!(out, "notice: {}", line(notice))?;
        }
        writeln!(out, "{}", line(&words::done(run)))?;
        writeln!(out, "{}", line(&words::warm_up(&run.warm_up)))?;
        let tone = if run.pass { Tone::Good } else { Tone::Bad };
        let verdict = format!("{} (exit {})", run.exit_code, run.exit_code.code());
        writeln!(out, "soak: {}", self.paint(&verdict, tone))?;
        for reason in &run.reasons {
            writeln!(out, "  {}", line(reason))?;
        }
        Ok(())
    }
}

impl Terminal {
    fn times(&self, run: &SoakRun) -> comfy_table::Table {
        let mut table = self.table(["time of", "count", "p50", "p95", "p99", "max"]);
        for times in &run.histograms {
            let mut cells = vec![Cell::new(line(&times.name)), right(times.count.to_string())];
            cells
                .extend([times.p50_ms, times.p95_ms, times.p99_ms, times.max_ms].map(|ms| right(millis(ms))));
            table.add_row(cells);
        }
        table
    }

    /// Figures over time.
    pub(crate) fn growth(&self, trends: &[SoakTrend]) -> comfy_table::Table {
        let mut table = self.table(["figure over time", "slope (99 %)", "limit", "points", "verdict"]);
        for trend in trends {
            let color = match trend.verdict {
                TrendVerdict::NoLeakShown => Color::Green,
                TrendVerdict::Insufficient => Color::Yellow,
                TrendVerdict::Leak => Color::Red,
            };
            table.add_row([
                Cell::new(trend.figure.in_words()),
                right(words::slope(trend)),
                right(words::limit(trend)),
                right(trend.points.to_string()),
                Cell::new(words::verdict(trend.verdict)).fg(color),
            ]);
        }
        table
    }

    fn invariants(&self, run: &SoakRun) -> comfy_table::Table {
        let mut table = self.table(["invariant", "looked at", "broken", "it says"]);
        for tally in &run.invariants {
            let color = match (tally.broken, tally.checked) {
                (1.., _) => Color::Red,
                (0, 0) => Color::Yellow,
                _ => Color::Green,
            };
            let says = tally
                .not_applicable
                .as_deref()
                .unwrap_or(tally.invariant.in_words());
            table.add_row([
                Cell::new(tally.invariant).fg(color),
                right(tally.checked.to_string()),
                right(tally.broken.to_string()),
                Cell::new(line(says)),
            ]);
        }
        table
    }
}
