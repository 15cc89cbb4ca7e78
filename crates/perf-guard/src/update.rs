//! A new baseline from a run.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    baseline::{Baseline, Provenance, Recorded, Shape, TimedTest},
    cache::TimedKey,
    limits::LimitOverrides,
    measurement::Measurement,
    seconds::Seconds,
};

/// Fewer repeats than this do not make a baseline.
pub const MIN_REPEATS: usize = 5;

/// Whether all of the run's tests passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunResult {
    /// Correctness passed and the run came to its end.
    Passed,
    /// Something failed, or the run was cut short.
    Failed {
        /// What, in words.
        reason: String,
    },
}

/// A run from which a baseline is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// How the run ended. The verdict of the guard does not count here: a slower baseline may be the point.
    pub result: RunResult,
    /// What it measured.
    pub measurements: Vec<Measurement>,
    /// Commit, where there is one; and the rest of what the file says about its origin.
    pub provenance: Provenance,
}

/// What to do with a working tree that has changes beyond its commit, or whose state is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DirtyTree {
    /// Refuse: nobody could rebuild what was measured.
    #[default]
    Refuse,
    /// Record it, with `git_dirty` in the file.
    Allow,
}

/// What to do with tests of the old baseline that this run did not measure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unmeasured {
    /// Refuse, for a run that was narrowed on purpose: it would drop them unawares, and keeping them would give
    /// them a provenance that is not theirs.
    #[default]
    Refuse,
    /// Remove them, and show that among the rows.
    Remove,
}

/// What an update allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UpdateOptions {
    /// Uncommitted changes.
    pub dirty: DirtyTree,
    /// Tests of the old baseline without a new time.
    pub unmeasured: Unmeasured,
}

/// One line of the comparison between the old and the new baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateRow {
    /// Which test and which cache state.
    pub key: TimedKey,
    /// Old median; nothing for a new test.
    pub before: Option<Seconds>,
    /// New median; nothing for a removed test.
    pub after: Option<Seconds>,
    /// Threshold over baseline under the limits of the new file.
    pub effective_ratio: Option<f64>,
}

/// A new baseline and what changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// The new baseline, to be rendered.
    pub baseline: Baseline,
    /// Before and after, by name and then cold before warm.
    pub rows: Vec<UpdateRow>,
}

/// Why no baseline is made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// A failed run shows nothing worth keeping.
    #[error("no baseline from a failed run: {reason}; legal is a run that passed")]
    FailedRun {
        /// What failed.
        reason: String,
    },
    /// Nothing was timed.
    #[error("no baseline from a run that timed nothing; legal is one timed test or more")]
    NothingMeasured,
    /// Too few repeats.
    #[error("{key} has {found} repeats, legal is {MIN_REPEATS} or more (--repeat)")]
    TooFewRepeats {
        /// Which test.
        key: TimedKey,
        /// How many it has.
        found: usize,
    },
    /// The tree is dirty, or nobody knows.
    #[error("the working tree {state}, legal is a clean one; commit first, or allow it explicitly")]
    Dirty {
        /// `has uncommitted changes` or `is not known to be clean`.
        state: &'static str,
    },
    /// Measured twice.
    #[error("{key} was measured twice, legal is each timed test once in each cache state")]
    Duplicate {
        /// Which test.
        key: TimedKey,
    },
    /// The old baseline has tests that a narrowed run did not measure.
    #[error(
        "the baseline has {keys}, not measured by this run; legal is a whole run, without --filter and with --cache both"
    )]
    Unmeasured {
        /// Their names.
        keys: String,
    },
}

/// Makes a new baseline from a run. Limits of the old one are kept, test by test.
///
/// # Errors
/// A failed run, nothing timed, fewer than [`MIN_REPEATS`] repeats of any test, a dirty tree unless allowed, and
/// tests that would be dropped unless allowed.
pub fn update(
    old: Option<&Baseline>,
    run: &Recording,
    options: UpdateOptions,
) -> Result<Update, UpdateError> {
    refuse_unfit(run, options.dirty)?;
    let new_keys: BTreeSet<&TimedKey> = run.measurements.iter().map(|m| &m.key).collect();
    let dropped: Vec<TimedKey> = old
        .into_iter()
        .flat_map(Baseline::keys)
        .filter(|key| !new_keys.contains(key))
        .collect();
    if options.unmeasured == Unmeasured::Refuse && !dropped.is_empty() {
        let keys = dropped
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ");
        return Err(UpdateError::Unmeasured { keys });
    }
    let baseline = build(old, run);
    let rows = rows(old, &baseline);
    Ok(Update { baseline, rows })
}

fn refuse_unfit(run: &Recording, dirty: DirtyTree) -> Result<(), UpdateError> {
    if let RunResult::Failed { reason } = &run.result {
        return Err(UpdateError::FailedRun {
            reason: reason.clone(),
        });
    }
    if run.measurements.is_empty() {
        return Err(UpdateError::NothingMeasured);
    }
    match (dirty, run.provenance.git_dirty) {
        (DirtyTree::Refuse, Some(true)) => {
            return Err(UpdateError::Dirty {
                state: "has uncommitted changes",
            });
        }
        (DirtyTree::Refuse, None) => {
            return Err(UpdateError::Dirty {
                state: "is not known to be clean",
            });
        }
        _ => {}
    }
    let mut seen = BTreeSet::new();
    for one in &run.measurements {
        if !seen.insert(&one.key) {
            return Err(UpdateError::Duplicate { key: one.key.clone() });
        }
        let found = one.samples.len();
        if found < MIN_REPEATS {
            return Err(UpdateError::TooFewRepeats {
                key: one.key.clone(),
                found,
            });
        }
    }
    Ok(())
}

fn build(old: Option<&Baseline>, run: &Recording) -> Baseline {
    let mut tests: BTreeMap<String, TimedTest> = BTreeMap::new();
    for one in &run.measurements {
        let old_test = old.and_then(|b| b.tests.get(&one.key.test));
        let old_state = old.and_then(|b| b.get(&one.key));
        let recorded = Recorded {
            samples: one.samples.map(Seconds::rounded_to_micros),
            stages: one.stages.rounded_to_micros(),
            limits: old_state.map_or(LimitOverrides::NONE, |s| s.limits),
        };
        let test = tests.entry(one.key.test.clone()).or_default();
        test.limits = old_test.map_or(LimitOverrides::NONE, |t| t.limits);
        test.states.insert(one.key.cache, recorded);
    }
    Baseline {
        shape: Shape::Own,
        provenance: Some(run.provenance.clone()),
        limits: old.map_or(LimitOverrides::NONE, |b| b.limits),
        tests,
    }
}

fn rows(old: Option<&Baseline>, new: &Baseline) -> Vec<UpdateRow> {
    let keys: BTreeSet<TimedKey> = old
        .into_iter()
        .flat_map(Baseline::keys)
        .chain(new.keys())
        .collect();
    let median = |baseline: Option<&Baseline>, key: &TimedKey| Some(baseline?.get(key)?.samples.median());
    keys.into_iter()
        .map(|key| {
            let after = median(Some(new), &key);
            let ratio = |after| {
                crate::rule::threshold(after, new.limits_for(&key, LimitOverrides::NONE)).effective_ratio
            };
            UpdateRow {
                before: median(old, &key),
                after,
                effective_ratio: after.map(ratio),
                key,
            }
        })
        .collect()
}
