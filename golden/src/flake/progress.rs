//! What people see while runs are made: a bar on a terminal, a line a run elsewhere, both with the time left.

use run_context::Surroundings;
use std::{
    io::{self, Write as _},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use run_report::{GoldenRun, Phase, RunExit};

const TEMPLATE: &str = "{bar:30} {pos:>3}/{len} {elapsed:>4} {wide_msg}";

/// What people see.
#[derive(Debug)]
pub(super) struct Progress {
    /// `None` where nobody would see it move.
    bar: Option<ProgressBar>,
    left: String,
}

impl Progress {
    /// For so many runs.
    pub(super) fn new(around: &Surroundings, runs: u64) -> Self {
        let seen = around.stderr_is_terminal && around.get("CI").is_none();
        let bar = seen.then(|| {
            let bar = ProgressBar::with_draw_target(Some(runs), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(500));
            bar
        });
        Self {
            bar,
            left: String::new(),
        }
    }

    /// A run began.
    pub(super) fn began(&self, (phase, number): (Phase, u32)) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{phase} {number}{}", self.left));
        }
    }

    /// A run ended, and what is left takes about so long.
    pub(super) fn ended(
        &mut self,
        (phase, number): (Phase, u32),
        (run, failed): (&GoldenRun, bool),
        left: Duration,
    ) {
        self.left = format!(
            ", {} left",
            humantime::format_duration(Duration::from_secs(left.as_secs()))
        );
        let line = format!("{phase} {number}: {}{}", in_words(run, failed), self.left);
        match &self.bar {
            Some(bar) => {
                bar.inc(1);
                if failed {
                    bar.println(line);
                }
            }
            // A reader that went away must not end the runs.
            None => drop(writeln!(io::stderr().lock(), "{line}")),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn in_words(run: &GoldenRun, failed: bool) -> String {
    let time = run
        .timing_total_s
        .map(|time| format!(" in {time:.1}"))
        .unwrap_or_default();
    if run.exit_code == RunExit::Interrupted {
        return format!("cut short{time}");
    }
    if !failed {
        return format!("passed{time}");
    }
    let reasons: Vec<&str> = run
        .verdict_reasons
        .iter()
        .map(|reason| reason.text.as_str())
        .collect();
    format!("FAILED{time}: {}", reasons.join("; "))
}
