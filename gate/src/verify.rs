//! `gate verify`: frozen files that changed without an entry in BUMPS.md.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use clap::Args;
use run_context::{Outside, chain};
use run_report::RunExit;

use crate::{
    bump::{Bumps, EntryError},
    file::{FileError, read_text, sha256},
};

/// Flags of `gate verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The entries; frozen files lie beside them
    #[arg(long, value_name = "FILE", default_value = "baselines/BUMPS.md")]
    bumps: PathBuf,
    /// A commit whose entries have to be there still, unchanged and first
    #[arg(long, value_name = "REF")]
    against: Option<String>,
}

/// Why nothing could be verified.
#[derive(Debug, thiserror::Error)]
enum VerifyError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("look for frozen files in {}", dir.display())]
    Dir {
        dir: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Entry(#[from] EntryError),
    #[error("{} has no entry: nothing is frozen", .0.display())]
    Empty(PathBuf),
    #[error("--against {reference}: {said}")]
    Against { reference: String, said: String },
    #[error("--against: git cannot be run")]
    Git(#[source] io::Error),
}

/// Runs it.
///
/// # Errors
/// What the system says when nothing can be shown.
pub(crate) fn run(args: &VerifyArgs, outside: &mut Outside<'_>) -> io::Result<RunExit> {
    let (held, problems) = match verify(args) {
        Ok(found) => found,
        Err(error) => {
            writeln!(outside.err, "error: {}", chain(&error))?;
            return Ok(match error {
                VerifyError::Entry(_) => RunExit::Failed,
                _ => RunExit::CouldNotRun,
            });
        }
    };
    for file in held {
        writeln!(outside.out, "{file} is as its last entry says")?;
    }
    for problem in &problems {
        writeln!(outside.err, "error: {problem}")?;
    }
    if problems.is_empty() {
        Ok(RunExit::Pass)
    } else {
        writeln!(
            outside.err,
            "a frozen file changes by `gate bump`, which writes down why; see baselines/README.md"
        )?;
        Ok(RunExit::Failed)
    }
}

/// The files that are as they should be, and what is wrong.
fn verify(args: &VerifyArgs) -> Result<(Vec<String>, Vec<String>), VerifyError> {
    let text = read_text("bumps", &args.bumps)?;
    let bumps = Bumps::parse(&text)?;
    if bumps.is_empty() {
        return Err(VerifyError::Empty(args.bumps.clone()));
    }
    let dir = args.bumps.parent().filter(|dir| !dir.as_os_str().is_empty());
    let dir = dir.unwrap_or(Path::new("."));
    let (mut held, mut problems) = (Vec::new(), Vec::new());
    let last = bumps.last();
    for digest in &last {
        let path = dir.join(&digest.file);
        match read_text("frozen file", &path) {
            Ok(text) if sha256(&text) == digest.sha256 => held.push(digest.file.clone()),
            Ok(text) => problems.push(format!(
                "{} changed without an entry: its sha256 is {}, and the last entry about it says {}",
                path.display(),
                sha256(&text),
                digest.sha256
            )),
            Err(error) => problems.push(chain(&error)),
        }
    }
    for name in baselines(dir)? {
        if !last.iter().any(|digest| digest.file == name) {
            problems.push(format!(
                "{} is frozen without an entry",
                dir.join(&name).display()
            ));
        }
    }
    if let Some(reference) = &args.against
        && let Some(before) = at(reference, dir, &args.bumps)?
        && !text.starts_with(before.trim_end_matches('\n'))
    {
        problems.push(format!(
            "{} lost or changed entries that it had at {reference}: entries are only added",
            args.bumps.display()
        ));
    }
    Ok((held, problems))
}

/// Names of frozen baselines in a directory.
fn baselines(dir: &Path) -> Result<Vec<String>, VerifyError> {
    let failed = |source| VerifyError::Dir {
        dir: dir.to_owned(),
        source,
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        if name.starts_with("baseline_") && name.ends_with(".json") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// The entries as they stood at a commit; `None` when there were none yet.
fn at(reference: &str, dir: &Path, bumps: &Path) -> Result<Option<String>, VerifyError> {
    let git = |args: &[&str]| Command::new("git").current_dir(dir).args(args).output();
    let commit = format!("{reference}^{{commit}}");
    let known =
        git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]).map_err(VerifyError::Git)?;
    if !known.status.success() {
        return Err(VerifyError::Against {
            reference: reference.to_owned(),
            said: "git knows no such commit here".to_owned(),
        });
    }
    let commit = String::from_utf8_lossy(&known.stdout).trim().to_owned();
    let name = bumps.file_name().unwrap_or_default().to_string_lossy();
    let place = format!("{commit}:./{name}");
    if !git(&["cat-file", "-e", &place])
        .map_err(VerifyError::Git)?
        .status
        .success()
    {
        return Ok(None);
    }
    let shown = git(&["show", &place]).map_err(VerifyError::Git)?;
    if !shown.status.success() {
        return Err(VerifyError::Against {
            reference: reference.to_owned(),
            said: String::from_utf8_lossy(&shown.stderr).trim().to_owned(),
        });
    }
    Ok(Some(String::from_utf8_lossy(&shown.stdout).into_owned()))
}
