//! The working tree that a run is made in.

use std::process::Command;

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
