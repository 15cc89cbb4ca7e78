//! What people see while a soak runs: a line a window, on standard error.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use run_report::SoakWindow;

use crate::growth::MIB;

/// What people see.
#[derive(Debug)]
pub(super) struct Progress {
    /// Before each line, where several soaks run side by side.
    name: &'static str,
}

impl Progress {
    pub(super) const fn new(name: &'static str) -> Self {
        Self { name }
    }

    /// A window ended.
    pub(super) fn window(&self, window: &SoakWindow, duration: Duration) {
        // A reader that went away must not end the run.
        let _ = writeln!(io::stderr().lock(), "{}{}", self.name, line(window, duration));
    }
}

fn line(window: &SoakWindow, duration: Duration) -> String {
    let rss = window
        .rss_min_bytes
        .map(|bytes| format!(", {:.1} MiB", bytes / MIB))
        .unwrap_or_default();
    let p50 = window
        .request_p50_ms
        .map(|ms| format!(", p50 {ms:.2} ms"))
        .unwrap_or_default();
    let broken = if window.broken.is_empty() {
        String::new()
    } else {
        let names: Vec<&str> = window.broken.iter().map(|invariant| invariant.as_str()).collect();
        format!(", BROKEN {}", names.join(" "))
    };
    format!(
        "{:.0} of {} s{}: {} cycles, {} operations, {} errors{p50}{rss}{broken}",
        window.to_seconds,
        duration.as_secs(),
        if window.warm { "" } else { ", warming up" },
        window.cycles,
        window.tally.operations,
        window.tally.errors
    )
}
