//! Counting by valgrind.

use std::{io, process::Command};

use super::paths::Path;

/// The operations of the first of the two runs: it has grown what grows once.
const FEW: u64 = 4;

/// Its version, or what to do without it.
pub(super) fn version() -> Result<String, String> {
    let output = Command::new("valgrind")
        .arg("--version")
        .output()
        .map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                "valgrind is not installed; apt-get install valgrind".to_owned()
            } else {
                format!("run valgrind: {error}")
            }
        })?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// What one operation of a path executes.
pub(super) fn instructions_per_operation(path: &Path) -> Result<u64, String> {
    let few = instructions(path.name, FEW)?;
    let many = instructions(path.name, FEW + path.operations)?;
    let more = many
        .checked_sub(few)
        .filter(|more| *more > 0)
        .ok_or_else(|| format!("{}: {} operations executed nothing", path.name, path.operations))?;
    Ok(more / path.operations)
}

fn instructions(path: &str, operations: u64) -> Result<u64, String> {
    let program = std::env::current_exe().map_err(|error| format!("find this program: {error}"))?;
    let output = Command::new("valgrind")
        .args([
            "--tool=cachegrind",
            "--cache-sim=no",
            "--cachegrind-out-file=/dev/null",
        ])
        .arg(program)
        .args(["--run", path, &operations.to_string()])
        .output()
        .map_err(|error| format!("run valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    // ==123== I refs:        1,234,567   (also "I   refs:" in older versions)
    let count = said.lines().find_map(|line| {
        let (before, count) = line.split_once("refs:")?;
        before
            .trim_end()
            .ends_with('I')
            .then(|| count.replace(',', ""))?
            .trim()
            .parse()
            .ok()
    });
    count
        .filter(|_| output.status.success())
        .ok_or_else(|| format!("{path}: valgrind did not count ({}):\n{said}", output.status))
}
