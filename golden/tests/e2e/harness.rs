//! The program under test, and what it wrote.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use run_report::{GoldenRun, TestResult};
use test_support::{Ran, Run};

pub(crate) const API_TOKEN: &str = "an-api-token";

/// One run of the program.
pub(crate) fn golden(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
    Run::of(env!("CARGO_BIN_EXE_golden"), args)
}

/// Against a server that this run starts.
pub(crate) fn own(args: &[&str]) -> Run {
    golden(["run", "--server-arg=--voice-cost=fast"])
        .with_server()
        .args(args)
}

/// Against a server that runs already.
pub(crate) fn at(base: &str, args: &[&str]) -> Run {
    golden(["run", "--api-base", base]).args(args)
}

/// Puts this repository's cases, and what is expected of them, into `cases` of a run's directory.
pub(crate) fn copy_cases(run: &Run) -> PathBuf {
    let to = run.dir.join("cases");
    std::fs::create_dir_all(to.join("expected")).unwrap();
    for dir in ["", "expected"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(dir);
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::copy(&path, to.join(dir).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    to
}

/// What a run of the suite wrote.
pub(crate) trait Result {
    fn result(&self) -> GoldenRun;
}

impl Result for Ran {
    #[track_caller]
    fn result(&self) -> GoldenRun {
        self.stored("artifacts/golden.json", GoldenRun::from_json, |run| {
            run.exit_code.code()
        })
    }
}

pub(crate) fn test<'a>(result: &'a GoldenRun, name: &str) -> &'a TestResult {
    result
        .tests
        .iter()
        .find(|test| test.name == name)
        .unwrap_or_else(|| panic!("no test {name} in {:?}", result.tests))
}
