//! The closing table on a terminal or in a log.

use std::io::{self, Write};

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, presets::UTF8_FULL_CONDENSED,
};
use perf_guard::UpdateRow;

use crate::{
    escape::line,
    exporter::Exporter,
    golden_run::GoldenRun,
    test_result::{TestResult, TestStatus},
    words,
};

/// Whether to write colours. The caller knows: a terminal, and no `NO_COLOR`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Style {
    /// Text alone.
    #[default]
    Plain,
    /// With ANSI colours.
    Color,
}

/// The closing table and what there is to say about it, in words.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    /// Width in columns.
    pub width: u16,
    /// Colours.
    pub style: Style,
}

impl Default for Terminal {
    /// Plain and 100 columns wide, for logs.
    fn default() -> Self {
        Self {
            width: 100,
            style: Style::Plain,
        }
    }
}

impl Exporter for Terminal {
    fn export(&self, run: &GoldenRun, out: &mut dyn Write) -> io::Result<()> {
        if !run.tests.is_empty() {
            writeln!(out, "{}", self.tests(run))?;
        }
        if !run.perf_checks.is_empty() {
            writeln!(out, "{}", self.guard(run))?;
        }
        self.findings(run, out)?;
        self.remarks(run, out)?;
        self.verdict(run, out)
    }
}

impl Terminal {
    /// The rows of a baseline's update, before and after.
    ///
    /// # Errors
    /// What the writer reports.
    pub fn export_update(&self, rows: &[UpdateRow], out: &mut dyn Write) -> io::Result<()> {
        let mut table = self.table(["timed", "cache", "before", "after", "change", "effective ratio"]);
        for row in rows {
            let change = match (row.before, row.after) {
                (Some(before), Some(after)) => {
                    format!(
                        "{:+.1} %",
                        (after.as_secs_f64() / before.as_secs_f64() - 1.0) * 100.0
                    )
                }
                (None, _) => "new".to_owned(),
                (Some(_), None) => "removed".to_owned(),
            };
            let time = |t: Option<_>| t.map_or_else(|| "-".to_owned(), words::time);
            table.add_row([
                Cell::new(line(&row.key.test)),
                Cell::new(row.key.cache),
                right(time(row.before)),
                right(time(row.after)),
                right(change),
                right(row.effective_ratio.map_or_else(|| "-".to_owned(), words::ratio)),
            ]);
        }
        writeln!(out, "{table}")
    }

    fn tests(&self, run: &GoldenRun) -> Table {
        let mut table = self.table([
            "test",
            "cache",
            "result",
            "submit to complete",
            "segments",
            "cached",
        ]);
        for test in &run.tests {
            let (word, color) = match test.status {
                TestStatus::Passed => ("passed", Color::Green),
                TestStatus::Failed => ("FAILED", Color::Red),
                TestStatus::Skipped => ("skipped", Color::Yellow),
            };
            let cached = test.cached_share.map(|share| format!("{:.0} %", share * 100.0));
            table.add_row([
                Cell::new(line(&test.name)),
                Cell::new(test.cache.map(|c| c.to_string()).unwrap_or_default()),
                Cell::new(word).fg(color),
                right(
                    test.timing_submit_to_complete_s
                        .map(words::time)
                        .unwrap_or_default(),
                ),
                right(words::segments(test)),
                right(cached.unwrap_or_default()),
            ]);
        }
        table
    }

    fn guard(&self, run: &GoldenRun) -> Table {
        let mut table = self.table([
            "timed",
            "cache",
            "measured",
            "baseline",
            "threshold",
            "effective ratio",
            "guard",
        ]);
        for check in &run.perf_checks {
            let failed = run
                .perf_failures
                .iter()
                .any(|f| f.name == check.name && f.cache == check.cache);
            let (word, color) = if failed {
                ("SLOWER", Color::Red)
            } else {
                ("held", Color::Green)
            };
            table.add_row([
                Cell::new(line(&check.name)),
                Cell::new(check.cache),
                right(words::time(check.measured_s)),
                right(words::time(check.baseline_s)),
                right(words::time(check.threshold_s)),
                right(words::ratio(check.effective_ratio)),
                Cell::new(word).fg(color),
            ]);
        }
        table
    }

    pub(crate) fn table<const N: usize>(&self, header: [&str; N]) -> Table {
        self.table_of(header.into_iter().map(ToOwned::to_owned))
    }

    pub(crate) fn table_of(&self, header: impl Iterator<Item = String>) -> Table {
        let mut table = Table::new();
        table
            .load_style(UTF8_FULL_CONDENSED)
            .set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(self.width.max(20));
        match self.style {
            Style::Plain => table.force_no_tty(),
            Style::Color => table.enforce_styling(),
        };
        table.set_header(header.map(|title| Cell::new(title).add_attribute(Attribute::Bold)));
        table
    }

    fn findings(&self, run: &GoldenRun, out: &mut dyn Write) -> io::Result<()> {
        for failure in &run.perf_failures {
            writeln!(
                out,
                "{} {}",
                self.paint("SLOWER", Tone::Bad),
                line(&words::timed(failure))
            )?;
            writeln!(out, "  {}", line(&words::figures(failure)))?;
            writeln!(out, "  {}", line(&words::explanation(&failure.explain)))?;
        }
        for test in run.tests.iter().filter(|t| t.status == TestStatus::Failed) {
            self.of_test(&self.paint("FAILED", Tone::Bad), test, out)?;
            for evidence in test.evidence.iter().flat_map(|text| text.split('\n')) {
                // The bar keeps a line of evidence from being a workflow command of its own.
                writeln!(out, "  | {}", line(evidence))?;
            }
        }
        for test in run.tests.iter().filter(|t| t.status == TestStatus::Skipped) {
            self.of_test(&self.paint("skipped", Tone::Doubtful), test, out)?;
        }
        Ok(())
    }

    fn of_test(&self, word: &str, test: &TestResult, out: &mut dyn Write) -> io::Result<()> {
        let reason = test.reason.as_deref().unwrap_or("no reason given");
        writeln!(out, "{word} {}: {}", line(&test.label()), line(reason))
    }

    fn remarks(&self, run: &GoldenRun, out: &mut dyn Write) -> io::Result<()> {
        for unguarded in words::unguarded(run) {
            let word = self.paint("not guarded", Tone::Doubtful);
            writeln!(out, "{word} {}", line(&unguarded))?;
        }
        for extra in &run.perf_extra {
            let word = self.paint("not measured", Tone::Doubtful);
            writeln!(
                out,
                "{word} {} ({}), which the baseline has",
                line(&extra.name),
                extra.cache
            )?;
        }
        for difference in &run.env_differences {
            let word = self.paint("baseline from elsewhere", Tone::Doubtful);
            writeln!(out, "{word}: {}", line(&difference.to_string()))?;
        }
        for fault in &run.faults_fired {
            writeln!(
                out,
                "fault {} fired {} times",
                line(&fault.rule),
                fault.fired_total
            )?;
        }
        for notice in &run.notices {
            writeln!(out, "notice: {}", line(notice))?;
        }
        Ok(())
    }

    fn verdict(&self, run: &GoldenRun, out: &mut dyn Write) -> io::Result<()> {
        let count = |status| run.tests.iter().filter(|t| t.status == status).count();
        let time = run
            .timing_total_s
            .map(|s| format!(" in {}", words::time(s)))
            .unwrap_or_default();
        let (passed, failed) = (count(TestStatus::Passed), count(TestStatus::Failed));
        let skipped = count(TestStatus::Skipped);
        writeln!(
            out,
            "tests: {passed} passed, {failed} failed, {skipped} skipped{time}"
        )?;
        writeln!(out, "guard: {}", line(&words::guard(run)))?;
        let tone = if run.pass { Tone::Good } else { Tone::Bad };
        writeln!(out, "golden: {}", self.paint(&words::verdict(run), tone))?;
        for reason in run.reasons_beyond_findings() {
            writeln!(out, "  {}", line(&reason.text))?;
        }
        Ok(())
    }

    pub(crate) fn paint(&self, word: &str, tone: Tone) -> String {
        let code = match tone {
            Tone::Good => "32",
            Tone::Doubtful => "33",
            Tone::Bad => "31",
        };
        match self.style {
            Style::Plain => word.to_owned(),
            Style::Color => format!("\u{1b}[1;{code}m{word}\u{1b}[0m"),
        }
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Tone {
    Good,
    Doubtful,
    Bad,
}

pub(crate) fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}
