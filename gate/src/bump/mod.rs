//! `gate bump`: what was measured becomes the frozen baseline, with the reasons beside it.

mod entry;
mod refusal;
mod writing;

use std::{io, path::PathBuf};

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use perf_guard::freeze::FrozenRun;
use run_context::{Outside, chain};
use run_report::RunExit;

use crate::file::{FileError, read_frozen, read_policy, read_text, sha256};

pub(crate) use entry::{Bumps, Digest, EntryError};
use entry::{Change, Entry};
use refusal::{Refusal, refuse};
use writing::both_or_neither;

/// Flags of `gate bump`.
#[derive(Debug, Args)]
pub struct BumpArgs {
    /// Why the baseline moves
    #[arg(long, value_enum)]
    reason: Reason,
    /// What changed
    #[arg(long, value_name = "TEXT")]
    what: String,
    /// Why that is right
    #[arg(long, value_name = "TEXT")]
    why: String,
    /// Why the policy's limits still fit the new figures
    #[arg(long, value_name = "TEXT")]
    policy_still_fits: String,
    /// What was measured, as `gate bench` or `gate check` wrote it
    #[arg(long, value_name = "FILE")]
    artifact: PathBuf,
    /// The frozen baseline to replace, or to begin
    #[arg(long, value_name = "FILE", default_value = "baselines/baseline_cp1.json")]
    baseline: PathBuf,
    /// Its policy
    #[arg(long, value_name = "FILE", default_value = "baselines/policy_cp1.json")]
    policy: PathBuf,
    /// Where reasons are written down
    #[arg(long, value_name = "FILE", default_value = "baselines/BUMPS.md")]
    bumps: PathBuf,
    /// Freeze although it was measured in another environment than the present baseline
    #[arg(long)]
    allow_env_mismatch: bool,
}

/// Why a baseline moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Reason {
    /// Something is slower, and what was got for it is worth it
    IntentionalTradeOff,
    /// A change of the architecture moved the figures
    ArchitecturalImprovement,
    /// The server is as it was; what was measured, how or where is not
    MeasurementCorrection,
}

impl Reason {
    /// Its name.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::IntentionalTradeOff => "intentional-trade-off",
            Self::ArchitecturalImprovement => "architectural-improvement",
            Self::MeasurementCorrection => "measurement-correction",
        }
    }
}

/// Why nothing was frozen.
#[derive(Debug, thiserror::Error)]
enum BumpError {
    #[error("{flag} is empty; legal: a sentence that says it")]
    Empty { flag: &'static str },
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Entry(#[from] EntryError),
    #[error("write {}, nothing was changed", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl BumpError {
    const fn exit(&self) -> RunExit {
        match self {
            Self::Empty { .. } => RunExit::Usage,
            Self::Refused(_) | Self::Entry(_) => RunExit::Failed,
            Self::File(_) | Self::Write { .. } => RunExit::CouldNotRun,
        }
    }
}

/// Runs it.
///
/// # Errors
/// What the system says when nothing can be shown.
pub(crate) fn run(args: &BumpArgs, outside: &mut Outside<'_>) -> io::Result<RunExit> {
    let prepared = match prepare(args) {
        Ok(prepared) => prepared,
        Err(error) => return failed(&error, outside),
    };
    for change in &prepared.changes {
        writeln!(outside.out, "{change}")?;
    }
    let files = [
        (args.bumps.as_path(), prepared.bumps.as_str()),
        (args.baseline.as_path(), prepared.baseline.as_str()),
    ];
    if let Err((path, source)) = both_or_neither(files, |path, text| {
        run_context::write_whole(path, text.as_bytes())
    }) {
        return failed(&BumpError::Write { path, source }, outside);
    }
    writeln!(
        outside.out,
        "wrote {} and its entry in {}; commit both together",
        args.baseline.display(),
        args.bumps.display()
    )?;
    Ok(RunExit::Pass)
}

fn failed(error: &BumpError, outside: &mut Outside<'_>) -> io::Result<RunExit> {
    writeln!(outside.err, "error: {}", chain(error))?;
    Ok(error.exit())
}

/// What would be written.
struct Prepared {
    baseline: String,
    bumps: String,
    changes: Vec<Change>,
}

fn prepare(args: &BumpArgs) -> Result<Prepared, BumpError> {
    let texts = [
        ("--what", &args.what),
        ("--why", &args.why),
        ("--policy-still-fits", &args.policy_still_fits),
    ];
    for (flag, text) in texts {
        if text.trim().is_empty() {
            return Err(BumpError::Empty { flag });
        }
    }
    let (artifact, text) = read_frozen("artifact", &args.artifact)?;
    let (policy, policy_text) = read_policy(&args.policy)?;
    let before = if args.baseline.exists() {
        Some(read_frozen("baseline", &args.baseline)?.0.run)
    } else {
        None
    };
    refuse(
        (&args.artifact, &artifact.run),
        before.as_ref(),
        &policy,
        args.allow_env_mismatch,
    )?;
    let so_far = if args.bumps.exists() {
        read_text("bumps", &args.bumps)?
    } else {
        Bumps::HEAD.to_owned()
    };
    let changes = changes(before.as_ref(), &artifact.run);
    let entry = Entry {
        at: Timestamp::now(),
        reason: args.reason.as_str(),
        what: &args.what,
        why: &args.why,
        policy_still_fits: &args.policy_still_fits,
        commit: artifact.run.commit.as_deref().unwrap_or_default(),
        baseline: Digest::of(&args.baseline, &text),
        policy: Digest::of(&args.policy, &policy_text),
        changes: &changes,
    };
    Bumps::parse(&so_far)?.refuse_repeated(&entry)?;
    Ok(Prepared {
        bumps: format!("{}\n{entry}", so_far.trim_end_matches('\n').to_owned() + "\n"),
        baseline: text,
        changes,
    })
}

/// Every metric of either file.
fn changes(before: Option<&FrozenRun>, after: &FrozenRun) -> Vec<Change> {
    let old = |name: &String| before.and_then(|run| run.metrics.get(name).copied());
    let mut changes: Vec<Change> = after
        .metrics
        .iter()
        .map(|(name, value)| Change {
            metric: name.clone(),
            before: old(name),
            after: Some(*value),
        })
        .collect();
    let gone = before
        .iter()
        .flat_map(|run| &run.metrics)
        .filter(|(name, _)| !after.metrics.contains_key(*name));
    changes.extend(gone.map(|(name, value)| Change {
        metric: name.clone(),
        before: Some(*value),
        after: None,
    }));
    changes
}

impl Digest {
    fn of(path: &std::path::Path, text: &str) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self {
            file: name.into_owned(),
            sha256: sha256(text),
        }
    }
}
