//! What people see while a suite runs: a bar on a terminal, a line a test elsewhere.

use std::{
    io::{self, Write},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use run_report::{TestResult, TestStatus};

use crate::suite::{Event, Progress};
use run_context::Surroundings;

const COLOURED: &str = "{bar:30.cyan/blue} {pos:>3}/{len} {elapsed:>4} {wide_msg}";
const PLAIN: &str = "{bar:30} {pos:>3}/{len} {elapsed:>4} {wide_msg}";

/// The reporter that fits standard error.
#[must_use]
pub fn for_surroundings(around: &Surroundings) -> Box<dyn Progress> {
    if around.stderr_is_terminal && around.get("CI").is_none() {
        let template = if around.get("NO_COLOR").is_none() {
            COLOURED
        } else {
            PLAIN
        };
        Box::new(Bar::new(template))
    } else {
        Box::new(Lines)
    }
}

/// A bar, with a line for each test that does not pass.
#[derive(Debug)]
struct Bar(ProgressBar);

impl Bar {
    fn new(template: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar)
    }
}

impl Progress for Bar {
    fn tell(&self, event: Event<'_>) {
        match event {
            Event::Planned { steps, .. } => {
                self.0.set_position(0);
                self.0.set_length(steps);
                self.0.println(planned(event).unwrap_or_default());
                self.0.enable_steady_tick(Duration::from_millis(200));
            }
            Event::Began { name } => self.0.set_message(name.to_owned()),
            Event::Ended { result } => {
                if result.status == TestStatus::Failed {
                    self.0.println(ended(result));
                }
                if result.cache.is_none() {
                    self.0.inc(1);
                }
            }
            Event::Timed { .. } => self.0.inc(1),
            Event::Paired { left, .. } => self.0.set_message(format!("about {} left", whole_seconds(left))),
            Event::Spared { steps } => self.0.inc(steps),
            Event::Draining => self.0.set_message("waiting until the target is at rest"),
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A line for the plan and for each test.
#[derive(Debug)]
struct Lines;

impl Progress for Lines {
    fn tell(&self, event: Event<'_>) {
        let line = match event {
            Event::Ended { result } => Some(ended(result)),
            Event::Paired { made, planned, left } => {
                // About ten lines are enough.
                let told = made == planned || made.is_multiple_of(planned.div_ceil(10).max(1));
                told.then(|| format!("pair {made} of {planned}, about {} left", whole_seconds(left)))
            }
            _ => planned(event),
        };
        if let Some(line) = line {
            // A reader that went away must not end the run.
            let _ = writeln!(io::stderr().lock(), "{line}");
        }
    }
}

fn planned(event: Event<'_>) -> Option<String> {
    let Event::Planned { steps, demand } = event else {
        return None;
    };
    Some(format!(
        "{steps} tests and timed runs, which submit at most {} jobs with {} characters",
        demand.jobs, demand.characters
    ))
}

fn whole_seconds(time: Duration) -> humantime::FormattedDuration {
    humantime::format_duration(Duration::from_secs(time.as_secs()))
}

fn ended(result: &TestResult) -> String {
    let word = match result.status {
        TestStatus::Passed => "passed ",
        TestStatus::Failed => "FAILED ",
        TestStatus::Skipped => "skipped",
    };
    let time = result
        .timing_total_s
        .map(|time| format!(" ({time:.2})"))
        .unwrap_or_default();
    let why = result
        .reason
        .as_ref()
        .map(|reason| format!(": {reason}"))
        .unwrap_or_default();
    format!("{word} {}{time}{why}", result.label())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_the_test_and_the_reason() {
        let result = TestResult::failed("cancel", None, "segment seg-0003 turned ready");
        assert_eq!(ended(&result), "FAILED  cancel: segment seg-0003 turned ready");
    }
}
