//! Where a benchmark's artifacts go, and what is told on the way.

use std::{
    io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use run_context::{Outside, write_whole};

use super::Settings;

/// The artifacts of one command: `perf_baseline_*.json`, `perf_gate_*.log` and `perf_summary_*.md`, told apart by when it began.
#[derive(Debug)]
pub(crate) struct Report {
    dir: PathBuf,
    stamp: String,
    lines: Vec<String>,
}

impl Report {
    /// Nothing told yet.
    #[must_use]
    pub(crate) fn new(settings: &Settings, began: Timestamp) -> Self {
        Self {
            dir: settings.out_dir.clone(),
            stamp: began.strftime("%Y%m%dT%H%M%SZ").to_string(),
            lines: Vec::new(),
        }
    }

    /// The directory of the artifacts.
    #[must_use]
    pub(crate) fn out_dir(&self) -> &Path {
        &self.dir
    }

    /// What was measured.
    #[must_use]
    pub(crate) fn measured_path(&self) -> PathBuf {
        self.dir.join(format!("perf_baseline_{}.json", self.stamp))
    }

    /// For people.
    #[must_use]
    pub(crate) fn summary_path(&self) -> PathBuf {
        self.dir.join(format!("perf_summary_{}.md", self.stamp))
    }

    /// Tells one line, and keeps it for the log.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn say(&mut self, text: &str, outside: &mut Outside<'_>) -> io::Result<()> {
        writeln!(outside.err, "{text}")?;
        self.lines.push(format!("{:.3} {text}", Timestamp::now()));
        Ok(())
    }

    /// Keeps lines for the log alone.
    pub(crate) fn keep(&mut self, lines: impl IntoIterator<Item = String>) {
        self.lines.extend(lines);
    }

    /// Writes the log, which ends with `table`.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn write_log(&self, table: &str) -> io::Result<()> {
        let mut text = self.lines.join("\n");
        if !text.is_empty() {
            text.push('\n');
        }
        let path = self.dir.join(format!("perf_gate_{}.log", self.stamp));
        write_whole(&path, (text + table).as_bytes())
    }
}
