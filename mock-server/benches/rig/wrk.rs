//! The client: wrk, one thread, keep-alive, told by `load.lua` what to ask for and how to report it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{
    Unmeasured, child,
    cores::{self, Pinning},
    load::{Load, Part, Report},
};

/// wrk and the means to put it on its core.
#[derive(Debug, Clone)]
pub(crate) struct Wrk {
    program: PathBuf,
    pinning: Pinning,
}

impl Wrk {
    /// Looks for it.
    pub(crate) fn find(pinning: &Pinning) -> Result<Self, Unmeasured> {
        let program = child::find("wrk", "wrk")?;
        let pinning = pinning.clone();
        Ok(Self { program, pinning })
    }

    /// Loads `url`. A single answer that is not as it should be makes it no measurement.
    pub(crate) fn run(&self, url: &str, load: &Load) -> Result<Report, Unmeasured> {
        let [taskset, words @ ..] = self.pinning.on(cores::CLIENT, &self.program);
        let mut command = Command::new(taskset);
        command
            .args(words)
            .args(["--threads", "1", "--timeout", "10s", "--connections"])
            .arg(load.connections.to_string())
            .args(["--duration", &format!("{}s", load.time.as_secs())])
            .arg("--script")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/rig/load.lua"))
            .args([url, "--"]);
        if let Part::Ranges { len, of } = load.part {
            command.args([len.to_string(), of.to_string()]);
        }
        let output = command.stdin(Stdio::null()).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        report(&text).ok_or_else(|| {
            let told = String::from_utf8_lossy(&output.stderr);
            Unmeasured(format!(
                "wrk did not report a load without errors: {} {told}{text}",
                output.status
            ))
        })
    }
}

/// Reads the line that `load.lua` writes at the end.
fn report(text: &str) -> Option<Report> {
    let line = text.lines().find_map(|line| line.strip_prefix("load "))?;
    let mut numbers = line.split(' ').map(str::parse::<u64>);
    let mut next = || numbers.next()?.ok();
    let (requests, micros, errors) = (next()?, next()?, next()?);
    Report::of(requests, micros).filter(|_| errors == 0)
}
