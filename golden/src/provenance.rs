//! Where a run comes from: the commit, the machine, and a digest of what changes its times.

use std::{fs, process::Command, thread};

use perf_guard::Environment;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    audio::hex,
    cases::{CaseSet, Nonce},
};

/// The working tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    /// Its commit; `None` without a repository or without git.
    pub commit: Option<String>,
    /// Whether it has changes beyond that; `None` when not known.
    pub dirty: Option<bool>,
}

/// The working tree that this run is made in.
#[must_use]
pub fn tree() -> Tree {
    let git = |args: &[&str]| {
        let output = Command::new("git")
            .args(args)
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    Tree {
        commit: git(&["rev-parse", "HEAD"]).filter(|commit| !commit.is_empty()),
        dirty: git(&["status", "--porcelain"]).map(|changes| !changes.is_empty()),
    }
}

/// This machine. The server's version is for the caller to add.
#[must_use]
pub fn environment() -> Environment {
    Environment {
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        cpu_model: after_colon("/proc/cpuinfo", "model name"),
        cores: thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX)),
        memory_bytes: after_colon("/proc/meminfo", "MemTotal")
            .and_then(|kib| kib.trim_end_matches("kB").trim().parse::<u64>().ok())
            .map(|kib| kib * 1_024),
        server_version: None,
    }
}

/// A digest of what changes the times: the target's profile, the model, the texts, and how the server was started. Neither
/// the address nor injected faults belong to it, so that a run against the same server elsewhere compares, and a proof
/// is held against the baseline that it is about.
#[must_use]
pub fn settings_digest(target: &str, model: Option<&str>, cases: &CaseSet, server_args: &[String]) -> String {
    let texts: Vec<_> = cases
        .iter()
        .map(|case| json!([case.name, case.text(&Nonce::FIXED), case.voice_id, case.model]))
        .collect();
    let settings = json!({ "target": target, "model": model, "cases": texts, "server_args": server_args });
    hex(&Sha256::digest(settings.to_string()))[..16].to_owned()
}

/// The value of the first line `NAME : VALUE` in a file of the system.
fn after_colon(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_follows_what_changes_times_and_nothing_else() {
        let cases = CaseSet::built_in().unwrap();
        let usual = settings_digest("reference", None, &cases, &[]);
        assert_eq!(usual, settings_digest("reference", None, &cases, &[]));
        assert_ne!(usual, settings_digest("reference", Some("quality"), &cases, &[]));
        assert_ne!(
            usual,
            settings_digest("reference", None, &cases, &["--workers=1".to_owned()])
        );
        assert_eq!(usual.len(), 16);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_machine_tells_its_memory() {
        assert!(environment().memory_bytes.is_some_and(|bytes| bytes > 1 << 20));
    }
}
