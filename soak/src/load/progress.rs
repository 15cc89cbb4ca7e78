//! What is said while a run goes on: one line that is written anew on a terminal, a line every few seconds elsewhere.

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use load_engine::{
    Window,
    record::{Outcome, Record},
};

use audio_load::{ServerSample, Timed};

/// Between two lines where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// A run at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glance {
    at: Duration,
    users: usize,
    requests_per_s: f64,
    /// Of the window.
    quantiles: [Option<Duration>; 3],
    failed: u64,
    rate_limited: u64,
}

impl Glance {
    pub(super) fn of(window: &Window, so_far: &Record) -> Self {
        let lasted = (window.ends - window.begins).as_secs_f64();
        let response = window.record.timely();
        let failed = Outcome::ALL.into_iter().filter(|outcome| outcome.failed());
        Self {
            at: window.ends,
            users: window.users,
            requests_per_s: if lasted > 0.0 {
                window.record.total() as f64 / lasted
            } else {
                0.0
            },
            quantiles: [0.5, 0.95, 0.99].map(|quantile| response.quantile(quantile)),
            failed: failed.map(|outcome| so_far.count(outcome)).sum(),
            rate_limited: so_far.count(Outcome::RateLimited),
        }
    }
}

/// Says how a run goes.
pub(super) struct Narrator {
    is_terminal: bool,
    lasts: Duration,
    said: Option<Instant>,
}

impl Narrator {
    pub(super) const fn new(is_terminal: bool, lasts: Duration) -> Self {
        Self {
            is_terminal,
            lasts,
            said: None,
        }
    }

    /// Says it, or not yet.
    pub(super) fn tell(
        &mut self,
        glance: &Glance,
        server: Option<&Timed<ServerSample>>,
        err: &mut dyn Write,
    ) -> io::Result<()> {
        if !self.is_terminal && self.said.is_some_and(|said| said.elapsed() < EVERY) {
            return Ok(());
        }
        self.said = Some(Instant::now());
        let line = line(glance, self.lasts, server);
        if self.is_terminal {
            // Back to the beginning, and nothing of a longer line is left behind.
            write!(err, "\r\u{1b}[K{line}")?;
            return err.flush();
        }
        writeln!(err, "{line}")
    }

    /// The line of a terminal is over.
    pub(super) fn finish(&self, err: &mut dyn Write) -> io::Result<()> {
        if self.is_terminal && self.said.is_some() {
            write!(err, "\r\u{1b}[K")?;
        }
        Ok(())
    }
}

fn line(glance: &Glance, lasts: Duration, server: Option<&Timed<ServerSample>>) -> String {
    let [p50, p95, p99] = glance.quantiles.map(|time| {
        time.map_or_else(
            || "-".to_owned(),
            |time| format!("{:.1}", time.as_secs_f64() * 1e3),
        )
    });
    let server = server.map_or_else(
        || "server not heard".to_owned(),
        |sample| {
            let status = &sample.value.status;
            format!("queue {}, active {}", status.queue_len, status.active_jobs)
        },
    );
    format!(
        "{:.0}/{:.0} s  {} users  {:.0}/s  p50 {p50} p95 {p95} p99 {p99} ms  failed {}  429 {}  {server}",
        glance.at.as_secs_f64(),
        lasts.as_secs_f64(),
        glance.users,
        glance.requests_per_s,
        glance.failed,
        glance.rate_limited,
    )
}
