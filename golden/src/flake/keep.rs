//! Where the evidence of failed runs is kept.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use run_report::{Exporter as _, GoldenRun, Json, Phase};

use run_context::{Evidence, write_whole};

/// The evidence of no more runs than this is kept.
const MOST_RUNS: u32 = 40;
/// The run's own result.
const RESULT: &str = "golden.json";

/// The directory of all evidence: `artifacts/flake.json` → `artifacts/flake/`.
#[derive(Debug)]
pub(super) struct Keep {
    dir: PathBuf,
    kept: u32,
}

impl Keep {
    /// Beside the result, emptied of what an earlier command kept there.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn beside(out_json: &Path) -> io::Result<Self> {
        let dir = out_json.with_extension("");
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries.collect::<Result<Vec<_>, _>>()?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        for entry in entries {
            if is_of_a_run(&entry.file_name().to_string_lossy()) {
                let _ = fs::remove_file(entry.path().join(RESULT));
                Evidence::remove(&entry.path())?;
            }
        }
        Ok(Self { dir, kept: 0 })
    }

    /// Keeps a run's result and evidence, and says where; `None` once there is enough of it.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn keep(
        &mut self,
        (phase, number): (Phase, u32),
        run: &GoldenRun,
        evidence: &Evidence,
    ) -> io::Result<Option<String>> {
        if self.kept == MOST_RUNS {
            return Ok(None);
        }
        self.kept += 1;
        let dir = self.dir.join(format!("{phase}-{number:04}"));
        write_whole(&dir.join(RESULT), Json.to_text(run)?.as_bytes())?;
        evidence.write(&dir)?;
        Ok(Some(dir.display().to_string()))
    }
}

/// Whether a directory has a name as [`Keep::keep`] gives them.
fn is_of_a_run(name: &str) -> bool {
    name.split_once('-').is_some_and(|(phase, number)| {
        Phase::ALL.iter().any(|known| known.as_str() == phase)
            && number.len() >= 4
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_directories_of_runs_are_emptied() {
        let dir = tempfile::tempdir().unwrap();
        let json = dir.path().join("flake.json");
        for kept in ["cold-0001", "busy-1000", "mine", "cold-notes"] {
            let dir = dir.path().join("flake").join(kept);
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join(RESULT), "").unwrap();
        }
        Keep::beside(&json).unwrap();
        let mut left: Vec<String> = fs::read_dir(dir.path().join("flake"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["cold-notes", "mine"]);
    }
}
