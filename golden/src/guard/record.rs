//! A run's times as the new baseline.

use jiff::Timestamp;
use perf_guard::{
    Baseline, DirtyTree, Measurement, Provenance, Recording, RunResult, Unmeasured, Update, UpdateError,
    UpdateOptions, update,
};
use run_report::GoldenRun;

use super::{BaselineError, BaselineFile, write};

/// Why there is no new baseline.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The run makes none.
    #[error(transparent)]
    Update(#[from] UpdateError),
    /// It cannot be written.
    #[error(transparent)]
    File(#[from] BaselineError),
}

/// Makes a baseline of a run and writes it. A timed test that is gone is removed from it, and shown among the rows.
///
/// # Errors
/// A run that failed, too few repeats, a dirty tree unless allowed, or a file that cannot be written.
pub fn record(
    run: &GoldenRun,
    measurements: Vec<Measurement>,
    old: &BaselineFile,
    dirty: DirtyTree,
) -> Result<Update, RecordError> {
    let result = if run.correctness_pass {
        RunResult::Passed
    } else {
        let reasons: Vec<&str> = run
            .verdict_reasons
            .iter()
            .map(|reason| reason.text.as_str())
            .collect();
        RunResult::Failed {
            reason: reasons.join("; "),
        }
    };
    let provenance = Provenance {
        git_commit: run.git_commit.clone(),
        git_dirty: run.git_dirty,
        environment: run.environment.clone(),
        settings_digest: run.settings_digest.clone(),
        recorded_at: Timestamp::now(),
        runs: run.repeats,
    };
    let recording = Recording {
        result,
        measurements,
        provenance,
    };
    let options = UpdateOptions {
        dirty,
        unmeasured: Unmeasured::Remove,
    };
    let updated = update(old.baseline.as_ref(), &recording, options)?;
    write(&old.path, &updated.baseline)?;
    Ok(updated)
}

/// The same baseline, to hold the run against that made it.
impl BaselineFile {
    /// With what was just written.
    #[must_use]
    pub fn with(&self, baseline: Baseline) -> Self {
        Self {
            baseline: Some(baseline),
            notices: Vec::new(),
            ..self.clone()
        }
    }
}
