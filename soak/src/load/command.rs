//! The command: from flags to an exit code.

use std::io;

use run_context::{Outside, chain, tree};
use run_report::{
    Ending, RunExit,
    load::{LoadResult, Overlay},
};

use super::{
    args::{LoadArgs, Purpose, Settings, UsageError},
    baseline::{self, BaselineFile},
    conduct::{Failure, conduct},
    output::publish,
    result::{fill, head},
};

/// Runs a load profile until its end or until `interrupted` completes.
///
/// # Errors
/// What the system says when a result cannot be written.
pub(crate) async fn run(
    args: LoadArgs,
    mut outside: Outside<'_>,
    interrupted: impl Future<Output = ()>,
) -> io::Result<RunExit> {
    let settings = match args.settings(outside.around) {
        Ok(settings) => settings,
        Err(error) => return usage(&error, &mut outside),
    };
    let tree = tree();
    if let Purpose::Update {
        allow_dirty: false, ..
    } = settings.purpose
    {
        match tree.dirty {
            Some(true) => return usage(&UsageError::Dirty("has uncommitted changes"), &mut outside),
            None => return usage(&UsageError::Dirty("is not known to be clean"), &mut outside),
            Some(false) => {}
        }
    }
    let mut result = head(&settings, &tree);
    let inputs = match Inputs::read(&settings) {
        Ok(inputs) => inputs,
        Err(error) => return could_not_run(result, error, (&settings, outside)),
    };
    result.overlay.clone_from(&inputs.overlay);
    let is_terminal = outside.around.stderr_is_terminal;
    let interrupted = std::pin::pin!(interrupted);
    let seen = Box::pin(conduct(&settings, (is_terminal, outside.err), interrupted)).await?;
    match seen {
        Ok(seen) => {
            let ending = if seen.interrupted {
                Ending::Interrupted
            } else {
                Ending::Completed
            };
            let record = fill(&mut result, &settings, seen);
            conclude(result, (&settings, &inputs, ending), (&record, outside))
        }
        Err(Failure::CouldNotRun(error)) => could_not_run(result, error, (&settings, outside)),
        Err(Failure::Interrupted) => {
            result.settle(Ending::Interrupted);
            publish(&result, None, (&settings.artifacts, outside.around), outside.out)?;
            Ok(result.exit_code)
        }
    }
}

/// Files that a run is held against, read before it.
struct Inputs {
    baseline: Option<BaselineFile>,
    overlay: Option<Overlay>,
}

impl Inputs {
    fn read(settings: &Settings) -> Result<Self, String> {
        let baseline = match &settings.purpose {
            Purpose::Check { .. } => {
                Some(BaselineFile::read(&settings.baseline).map_err(|error| chain(&error))?)
            }
            Purpose::Run | Purpose::Update { .. } => None,
        };
        Ok(Self {
            baseline,
            overlay: settings.overlay.as_deref().map(overlay).transpose()?,
        })
    }
}

fn overlay(path: &std::path::Path) -> Result<Overlay, String> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("--overlay {}: {error}", path.display()))?;
    let earlier = LoadResult::from_json(&text)
        .map_err(|error| format!("--overlay {}: {}", path.display(), chain(&error)))?;
    Ok(Overlay {
        path: path.display().to_string(),
        started_at: earlier.started_at.to_string(),
        load: earlier.timeline.load,
    })
}

fn usage(error: &UsageError, outside: &mut Outside<'_>) -> io::Result<RunExit> {
    writeln!(outside.err, "error: {}", chain(error))?;
    Ok(RunExit::Usage)
}

/// The result of a run that could not be made is written too, so that whoever reads results finds the reason.
fn could_not_run(
    mut result: LoadResult,
    error: String,
    (settings, outside): (&Settings, Outside<'_>),
) -> io::Result<RunExit> {
    writeln!(outside.err, "error: {error}")?;
    result.settle(Ending::CouldNotRun { error });
    publish(&result, None, (&settings.artifacts, outside.around), outside.out)?;
    Ok(result.exit_code)
}

fn conclude(
    mut result: LoadResult,
    (settings, inputs, ending): (&Settings, &Inputs, Ending),
    (record, outside): (&load_engine::record::Record, Outside<'_>),
) -> io::Result<RunExit> {
    if let (
        Purpose::Check {
            max_ratio,
            min_increase,
        },
        Some(file),
    ) = (&settings.purpose, &inputs.baseline)
    {
        baseline::hold(&mut result, file, (*max_ratio, *min_increase));
    }
    result.settle(ending);
    let mut exit = result.exit_code;
    if let Purpose::Update { table, .. } = &settings.purpose {
        match baseline::update(&result, (&settings.baseline, table)) {
            Ok(()) => writeln!(
                outside.err,
                "wrote {} and the table of {}",
                settings.baseline.display(),
                table.display()
            )?,
            Err(error) => {
                let why = format!("the baseline is as it was: {}", chain(&error));
                writeln!(outside.err, "error: {why}")?;
                result.notices.push(why);
                exit = RunExit::strongest([exit, RunExit::Failed]);
            }
        }
    }
    publish(
        &result,
        Some(record),
        (&settings.artifacts, outside.around),
        outside.out,
    )?;
    Ok(exit)
}
