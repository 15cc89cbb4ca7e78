//! The closing table of many runs.

use std::io::{self, Write};

use comfy_table::{Cell, Color};

use super::{FlakeRun, Rate, Subject};
use crate::{
    Terminal,
    escape::line,
    terminal::{Tone, right},
    words,
};

/// No more failures than this are shown one by one.
const SHOWN_FAILURES: usize = 20;

impl Terminal {
    /// Each test's rate by phase, then what failed, and the verdict.
    ///
    /// # Errors
    /// What the writer reports.
    pub fn export_flake(&self, run: &FlakeRun, out: &mut dyn Write) -> io::Result<()> {
        if run.phases.iter().any(|result| !result.rates.is_empty()) {
            writeln!(out, "{}", self.rates(run))?;
        }
        self.failures(run, out)?;
        for notice in &run.notices {
            writeln!(out, "notice: {}", line(notice))?;
        }
        for phase in phases(run) {
            writeln!(out, "{phase}")?;
        }
        let tone = if run.pass { Tone::Good } else { Tone::Bad };
        let verdict = format!("{} (exit {})", run.exit_code, run.exit_code.code());
        writeln!(out, "flake: {}", self.paint(&verdict, tone))?;
        for reason in &run.reasons {
            writeln!(out, "  {}", line(reason))?;
        }
        Ok(())
    }

    fn rates(&self, run: &FlakeRun) -> comfy_table::Table {
        let titles = run.phases.iter().map(|result| format!("{} passed", result.phase));
        let header = ["test".to_owned(), "nearest to threshold".to_owned()];
        let mut table = self.table_of(header.into_iter().chain(titles));
        for row in rows(run) {
            let mut cells = vec![
                Cell::new(line(&row.what)),
                right(row.nearest.map(percent).unwrap_or_default()),
            ];
            cells.extend(row.rates.iter().map(|rate| {
                let color = match rate {
                    Some(rate) if rate.failed > 0 => Color::Red,
                    Some(rate) if rate.passed > 0 => Color::Green,
                    _ => Color::Yellow,
                };
                right(rate.map(in_words).unwrap_or_default()).fg(color)
            }));
            table.add_row(cells);
        }
        table
    }

    fn failures(&self, run: &FlakeRun, out: &mut dyn Write) -> io::Result<()> {
        for failure in run.failures.iter().take(SHOWN_FAILURES) {
            let word = self.paint("FAILED", Tone::Bad);
            writeln!(
                out,
                "{word} {} in {} run {}: {}",
                line(&failure.name),
                failure.phase,
                failure.run,
                line(&failure.reason)
            )?;
            match &failure.evidence {
                Some(dir) => writeln!(out, "  evidence: {}", line(dir))?,
                None => writeln!(out, "  evidence: none was kept")?,
            }
        }
        let more = run.failures.len().saturating_sub(SHOWN_FAILURES) as u64 + run.failures_left_out;
        if more > 0 {
            writeln!(out, "and {more} more failures")?;
        }
        Ok(())
    }
}

/// Something in all phases.
pub(super) struct Row<'a> {
    pub(super) what: String,
    pub(super) nearest: Option<f64>,
    /// One entry a phase; `None` where it was not met.
    pub(super) rates: Vec<Option<&'a Rate>>,
}

/// Everything that was met, in the order of the suite.
pub(super) fn rows(run: &FlakeRun) -> Vec<Row<'_>> {
    let mut keys: Vec<(Subject, &str, _)> = Vec::new();
    for rate in run.phases.iter().flat_map(|result| &result.rates) {
        let key = (rate.subject, rate.name.as_str(), rate.cache);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let row = |(subject, name, cache): (Subject, &str, _)| {
        let is_it = |rate: &&Rate| rate.subject == subject && rate.name == name && rate.cache == cache;
        let rates: Vec<Option<&Rate>> = run
            .phases
            .iter()
            .map(|result| result.rates.iter().find(is_it))
            .collect();
        let label = rates
            .iter()
            .flatten()
            .next()
            .map(|rate| rate.label())
            .unwrap_or_default();
        Row {
            what: match subject {
                Subject::Time => format!("{label}, time"),
                Subject::Test | Subject::Run => label,
            },
            nearest: rates
                .iter()
                .flatten()
                .filter_map(|rate| rate.nearest_to_threshold)
                .reduce(f64::max),
            rates,
        }
    };
    let order = |subject: Subject| match subject {
        Subject::Run => 0,
        Subject::Test => 1,
        Subject::Time => 2,
    };
    keys.sort_by_key(|(subject, ..)| order(*subject));
    keys.into_iter().map(row).collect()
}

/// `49/50, < 9.1 %`: how often it passed, and the upper bound of the rate at which it does not.
pub(super) fn in_words(rate: &Rate) -> String {
    if rate.counted() == 0 {
        return "skipped".to_owned();
    }
    let skipped = match rate.skipped {
        0 => String::new(),
        n => format!(", {n} skipped"),
    };
    let bound = percent(rate.flake_rate_upper_95);
    format!("{}/{}{skipped}, < {bound}", rate.passed, rate.counted())
}

/// What each phase came to, one line a phase.
pub(super) fn phases(run: &FlakeRun) -> impl Iterator<Item = String> {
    run.phases.iter().map(|result| {
        let busy = match result.busy_processes {
            0 => String::new(),
            n => format!(", beside {n} busy processes"),
        };
        let time = perf_guard::Samples::new(result.runs_s.clone())
            .map(|times| format!("; a run takes {}", words::time(times.median())))
            .unwrap_or_default();
        format!(
            "{}: {} of {} runs{busy}, {} failed; a run fails in less than {} (95 %){time}",
            result.phase,
            result.runs,
            run.runs_planned,
            result.runs_failed,
            percent(result.failed_rate_upper_95)
        )
    })
}

/// A share for people: `5.8 %`.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
