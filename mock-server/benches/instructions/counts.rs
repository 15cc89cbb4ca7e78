//! Counts, as they are committed and as they are now.

use std::{collections::BTreeMap, fs, path::PathBuf, process::Command};

use serde::{Deserialize, Serialize};

use super::{paths::PATHS, valgrind};

/// A change below this is not one: the dynamic linker and the C library choose their copies by the processor.
const TOLERANCE_PCT: f64 = 2.0;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counts {
    /// What `rustc -vV` says of version and host.
    rustc: String,
    host: String,
    valgrind: String,
    pub(super) tolerance_pct: f64,
    pub(super) instructions_per_operation: BTreeMap<String, u64>,
}

/// What a count means. Ordered, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    Same,
    Fewer,
    More,
    Missing,
}

impl Verdict {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::Fewer => "fewer",
            Self::More => "MORE",
            Self::Missing => "NOT COMMITTED",
        }
    }
}

impl Counts {
    pub(super) fn path() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../baselines/instruction_counts.json")
    }

    pub(super) fn committed() -> Result<Self, String> {
        let path = Self::path();
        let text = fs::read_to_string(&path).map_err(|error| format!("read {}: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("read {}: {error}", path.display()))
    }

    pub(super) fn measured() -> Result<Self, String> {
        let valgrind = valgrind::version()?;
        let (rustc, host) = compiler()?;
        let counted = PATHS
            .iter()
            .map(|path| Ok((path.name.to_owned(), valgrind::instructions_per_operation(path)?)));
        Ok(Self {
            rustc,
            host,
            valgrind,
            tolerance_pct: TOLERANCE_PCT,
            instructions_per_operation: counted.collect::<Result<_, String>>()?,
        })
    }

    pub(super) fn write(&self) -> Result<(), String> {
        let path = Self::path();
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        fs::write(&path, text + "\n").map_err(|error| format!("write {}: {error}", path.display()))
    }

    /// Why counts cannot be held to `committed`; empty if they can.
    pub(super) fn differences_from(&self, committed: &Self) -> Vec<String> {
        let of = [
            ("rustc", &self.rustc, &committed.rustc),
            ("host", &self.host, &committed.host),
            ("valgrind", &self.valgrind, &committed.valgrind),
        ];
        of.iter()
            .filter(|(_, now, then)| now != then)
            .map(|(what, now, then)| format!("{what} is {now}, the committed counts are of {then}"))
            .collect()
    }

    pub(super) fn verdict(&self, now: u64, committed: Option<u64>) -> Verdict {
        match committed.map(|committed| change_pct(now, committed)) {
            None => Verdict::Missing,
            Some(change) if change > self.tolerance_pct => Verdict::More,
            Some(change) if change < -self.tolerance_pct => Verdict::Fewer,
            Some(_) => Verdict::Same,
        }
    }

    /// Paths that are committed and that `now` does not have.
    pub(super) fn gone_from<'a>(&'a self, now: &Self) -> Vec<&'a str> {
        let paths = self.instructions_per_operation.keys();
        paths
            .filter(|path| !now.instructions_per_operation.contains_key(*path))
            .map(String::as_str)
            .collect()
    }
}

pub(super) fn change_pct(now: u64, committed: u64) -> f64 {
    (now as f64 / committed as f64 - 1.0) * 100.0
}

/// Version and host of the compiler that cargo uses.
fn compiler() -> Result<(String, String), String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .arg("-vV")
        .output()
        .map_err(|error| format!("run rustc -vV: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = |start: &str| {
        let found = text.lines().find_map(|line| line.strip_prefix(start));
        found
            .map(str::to_owned)
            .ok_or_else(|| format!("rustc -vV has no line that starts with {start:?}"))
    };
    Ok((line("rustc ")?, line("host: ")?))
}
