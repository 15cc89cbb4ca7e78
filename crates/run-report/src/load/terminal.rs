//! The closing tables of a load run.

use std::io::{self, Write};

use comfy_table::{Cell, Color, Table};

use super::{
    LoadResult, Times,
    words::{figure, plan, time, totals},
};
use crate::{
    Terminal,
    escape::line,
    exporter::Exporter,
    soak::words::warm_up,
    terminal::{Tone, right},
    words::{millis, ratio},
};

impl Exporter<LoadResult> for Terminal {
    fn export(&self, run: &LoadResult, out: &mut dyn Write) -> io::Result<()> {
        if !run.steps.is_empty() {
            writeln!(out, "{}", self.load_steps(run))?;
        }
        if !run.thresholds.is_empty() {
            writeln!(out, "{}", self.load_thresholds(run))?;
        }
        if !run.endpoints.is_empty() {
            writeln!(out, "{}", self.load_endpoints(run))?;
        }
        if let Some(leaks) = run.leaks.as_ref().filter(|leaks| !leaks.trends.is_empty()) {
            writeln!(out, "{}", self.growth(&leaks.trends))?;
            writeln!(out, "{}", line(&warm_up(&leaks.warm_up)))?;
        }
        self.load_checks(run, out)?;
        for one in &run.figures {
            writeln!(out, "{}: {}", line(&one.name), figure(one))?;
        }
        for notice in &run.notices {
            writeln!(out, "notice: {}", line(notice))?;
        }
        writeln!(out, "{}; {}", plan(&run.plan), totals(run))?;
        let tone = if run.pass { Tone::Good } else { Tone::Bad };
        let verdict = format!("{} (exit {})", run.exit_code, run.exit_code.code());
        writeln!(out, "load {}: {}", line(&run.profile), self.paint(&verdict, tone))?;
        for reason in &run.reasons {
            writeln!(out, "  {}", line(&reason.text))?;
        }
        Ok(())
    }
}

impl Terminal {
    /// Distributions of times by name: how many, p50, p95, p99 and the longest, in milliseconds.
    pub fn table_of_times<'r>(
        &self,
        what: &str,
        rows: impl Iterator<Item = (&'r str, (u64, [Option<f64>; 4]))>,
    ) -> String {
        let mut table = self.table([what, "count", "p50", "p95", "p99", "max"]);
        for (name, (count, times)) in rows {
            let mut cells = vec![Cell::new(line(name)), right(count.to_string())];
            cells.extend(times.map(|time| right(time.map_or_else(|| "-".to_owned(), millis))));
            table.add_row(cells);
        }
        table.to_string()
    }

    fn load_steps(&self, run: &LoadResult) -> Table {
        let mut table = self.table([
            "step", "requests", "/s", "failed", "429", "p50", "p95", "p99", "max",
        ]);
        for step in &run.steps {
            let times = step.response.as_ref();
            let failed = if step.failed > 0 { Color::Red } else { Color::Green };
            table.add_row([
                Cell::new(line(&step.step)),
                right(step.requests.to_string()),
                right(format!("{:.1}", step.requests_per_s)),
                right(step.failed.to_string()).fg(failed),
                right(step.rate_limited.to_string()),
                right(time(times, |t| t.p50_ms)),
                right(time(times, |t| t.p95_ms)),
                right(time(times, |t| t.p99_ms)),
                right(time(times, |t| t.max_ms)),
            ]);
        }
        for trend in &run.trends {
            let Some(times) = &trend.times else { continue };
            table.add_row(trend_row(&trend.trend, times));
        }
        table
    }

    fn load_thresholds(&self, run: &LoadResult) -> Table {
        let mut table = self.table(["threshold or invariant", "value", ""]);
        let verdict = |pass| match pass {
            true => Cell::new("held").fg(Color::Green),
            false => Cell::new("BROKEN").fg(Color::Red),
        };
        for one in &run.thresholds {
            table.add_row([
                Cell::new(line(&one.threshold)),
                right(line(&one.shown)),
                verdict(one.pass),
            ]);
        }
        for one in &run.invariants {
            table.add_row([
                Cell::new(line(&one.name)),
                Cell::new(line(&one.detail)),
                verdict(one.pass),
            ]);
        }
        table
    }

    fn load_endpoints(&self, run: &LoadResult) -> Table {
        let mut table = self.table(["endpoint", "p95", "target", "baseline p95", "ratio", ""]);
        let ms = |value: Option<f64>| right(value.map_or_else(|| "-".to_owned(), millis));
        for one in &run.endpoints {
            let verdict = match one.pass {
                true => Cell::new("held").fg(Color::Green),
                false => Cell::new("SLOWER").fg(Color::Red),
            };
            table.add_row([
                Cell::new(line(&one.endpoint)),
                ms(one.p95_ms),
                ms(one.target_ms),
                ms(one.baseline_p95_ms),
                right(one.ratio.map_or_else(|| "-".to_owned(), ratio)),
                verdict,
            ]);
        }
        table
    }

    fn load_checks(&self, run: &LoadResult, out: &mut dyn Write) -> io::Result<()> {
        for check in run.checks.iter().filter(|check| check.failed > 0) {
            let word = self.paint("check failed", Tone::Bad);
            writeln!(
                out,
                "{word} {}: {} of {} times",
                line(&check.check),
                check.failed,
                check.passed + check.failed
            )?;
        }
        for phase in &run.phases {
            let times = phase.response.as_ref();
            writeln!(
                out,
                "{}: {} requests, p95 {}, failed {}, 429 {}",
                line(&phase.phase),
                phase.requests,
                time(times, |t| t.p95_ms),
                phase.failed,
                phase.rate_limited
            )?;
        }
        Ok(())
    }
}

fn trend_row(name: &str, times: &Times) -> [Cell; 9] {
    let ms = |value| right(millis(value));
    [
        Cell::new(line(name)),
        right(times.count.to_string()),
        Cell::new(""),
        Cell::new(""),
        Cell::new(""),
        ms(times.p50_ms),
        ms(times.p95_ms),
        ms(times.p99_ms),
        ms(times.max_ms),
    ]
}
