//! The baseline's file: found, read, written in one step.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use perf_guard::{Baseline, LoadError};
use run_report::BaselineInfo;

/// Where the baseline usually is.
pub const USUAL: &str = "baselines/golden_baseline.json";
/// Where it was in older suites.
const OLDER: &str = "artifacts/golden_baseline.json";

/// A baseline and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct BaselineFile {
    /// Where it is, or would be.
    pub path: PathBuf,
    /// What is in it; `None` when there is no such file.
    pub baseline: Option<Baseline>,
    /// What people should know about where it was found.
    pub notices: Vec<String>,
}

/// Why there is no telling what the baseline is. Exit code 4.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// The file cannot be read.
    #[error("read baseline {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is no baseline.
    #[error("baseline {}", path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: LoadError,
    },
    /// The file cannot be written.
    #[error("write baseline {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Finds and reads the baseline: the named one, else that in its usual place, else that in the older one. A file that is
/// not there is no error.
///
/// # Errors
/// When a file is there and is no baseline.
pub fn find(named: Option<&Path>) -> Result<BaselineFile, BaselineError> {
    let path = named.unwrap_or(Path::new(USUAL));
    let mut file = BaselineFile {
        path: path.to_owned(),
        baseline: read(path)?,
        notices: Vec::new(),
    };
    if file.baseline.is_none() && named.is_none() {
        let older = Path::new(OLDER);
        file.baseline = read(older)?;
        if file.baseline.is_some() {
            file.path = older.to_owned();
            file.notices.push(format!(
                "the baseline was read from its older place, {OLDER}; {USUAL} is the place now"
            ));
        }
    }
    if file.baseline.is_none() {
        file.notices.push(format!(
            "there is no baseline at {}, so no time was judged; `golden run --update-baseline` writes one",
            path.display()
        ));
    }
    Ok(file)
}

fn read(path: &Path) -> Result<Option<Baseline>, BaselineError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(BaselineError::Read {
                path: path.to_owned(),
                source,
            });
        }
    };
    let baseline = Baseline::parse(&text).map_err(|source| BaselineError::Load {
        path: path.to_owned(),
        source,
    })?;
    Ok(Some(baseline))
}

impl BaselineFile {
    /// What a result says of it; `None` when there is none.
    #[must_use]
    pub fn info(&self) -> Option<BaselineInfo> {
        let provenance = self.baseline.as_ref()?.provenance.as_ref();
        Some(BaselineInfo {
            path: self.path.display().to_string(),
            git_commit: provenance.and_then(|p| p.git_commit.clone()),
            recorded_at: provenance.map(|p| p.recorded_at),
        })
    }
}

/// Writes a baseline: whole, or not at all.
///
/// # Errors
/// When it cannot be rendered or written.
pub fn write(path: &Path, baseline: &Baseline) -> Result<(), BaselineError> {
    let text = baseline.render().map_err(|source| BaselineError::Load {
        path: path.to_owned(),
        source,
    })?;
    run_context::write_whole(path, text.as_bytes()).map_err(|source| BaselineError::Write {
        path: path.to_owned(),
        source,
    })
}
