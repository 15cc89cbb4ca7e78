//! The commands: from flags to an exit code.

use std::{io, time::Instant};

use perf_guard::DirtyTree;
use run_report::{Ending, GoldenRun, Quiescence, RunExit};

use crate::{
    cli::{Cli, Command, CompareSettings, Purpose, Settings, UsageError},
    compare::{run_calibrate, run_compare},
    flake,
    guard::record,
    output::{publish, publish_prove, terminal, write_html},
    progress,
    proof::{GridWishes, Narrator, Proof, prove, write_words},
    report::report,
    run::{Conducted, Inputs, conduct, head, hold_against, into_result, update_expected},
};
use run_context::{Evidence, Outside, Tree, chain, dir_beside, tree, write_whole};

/// Runs the command until its end or until `interrupted` completes.
///
/// # Errors
/// What the system says when a result cannot be written.
pub async fn run(
    cli: Cli,
    mut outside: Outside<'_>,
    interrupted: impl Future<Output = ()>,
) -> io::Result<RunExit> {
    let settings = match cli.command {
        Command::Run(args) => Settings::of_run(*args, outside.around),
        Command::Prove(args) => Settings::of_prove(*args, outside.around),
        Command::Calibrate(args) => return Box::pin(run_calibrate(*args, outside, interrupted)).await,
        Command::Compare(args) => {
            return match CompareSettings::of_compare(*args, outside.around) {
                Ok(settings) => Box::pin(run_compare(&settings, outside, interrupted)).await,
                Err(error) => usage(&error, &mut outside),
            };
        }
        Command::Report(args) => return report(args, outside),
        Command::Flake(args) => return flake::run(*args, outside, interrupted).await,
        Command::Burn(args) => return flake::burn(args.at_most, interrupted).await,
    };
    match settings {
        Ok(settings) => with_settings(&settings, outside, interrupted).await,
        Err(error) => usage(&error, &mut outside),
    }
}

pub(crate) fn usage(error: &UsageError, outside: &mut Outside<'_>) -> io::Result<RunExit> {
    writeln!(outside.err, "error: {}", chain(error))?;
    Ok(RunExit::Usage)
}

async fn with_settings(
    settings: &Settings,
    mut outside: Outside<'_>,
    interrupted: impl Future<Output = ()>,
) -> io::Result<RunExit> {
    let tree = tree();
    if let Purpose::Grid(wishes) = &settings.purpose {
        return Box::pin(grid(settings, wishes, &tree, outside, interrupted)).await;
    }
    if settings.purpose == Purpose::UpdateBaseline(DirtyTree::Refuse) {
        match tree.dirty {
            Some(true) => return usage(&UsageError::Dirty("has uncommitted changes"), &mut outside),
            None => return usage(&UsageError::Dirty("is not known to be clean"), &mut outside),
            Some(false) => {}
        }
    }
    let inputs = match Inputs::read(settings) {
        Ok(inputs) => inputs,
        Err(error) => return could_not_run(settings, &tree, chain(&error), outside),
    };
    if let Err(error) = inputs.check(settings) {
        return usage(&error, &mut outside);
    }
    if settings.purpose == Purpose::UpdateExpected {
        return expectations(settings, &inputs, &mut outside, interrupted).await;
    }
    let result = head(settings, Some(&inputs), &tree);
    let began = Instant::now();
    let progress = progress::for_surroundings(outside.around);
    let seen = conduct(settings, &inputs, &*progress, interrupted).await;
    drop(progress);
    conclude(settings, &inputs, (result, seen, began), outside)
}

async fn grid(
    settings: &Settings,
    wishes: &GridWishes,
    tree: &Tree,
    outside: Outside<'_>,
    interrupted: impl Future<Output = ()>,
) -> io::Result<RunExit> {
    let narrator = Narrator::for_surroundings(outside.around);
    let proof = prove(settings, wishes, (tree, &narrator), interrupted)
        .await
        .map_err(io::Error::other)?;
    drop(narrator);
    publish_prove(&proof, &settings.artifacts, outside.around, outside.out)?;
    write_html(&proof, &settings.page)?;
    Ok(proof.exit_code)
}

async fn expectations(
    settings: &Settings,
    inputs: &Inputs,
    outside: &mut Outside<'_>,
    interrupted: impl Future<Output = ()>,
) -> io::Result<RunExit> {
    let updated = tokio::select! {
        biased;
        () = interrupted => return Ok(RunExit::Interrupted),
        updated = update_expected(settings, inputs) => updated,
    };
    match updated {
        Ok((path, entries)) => {
            writeln!(outside.out, "wrote {entries} expectations to {}", path.display())?;
            Ok(RunExit::Pass)
        }
        Err(error) => {
            writeln!(outside.err, "error: {}", chain(&error))?;
            Ok(RunExit::CouldNotRun)
        }
    }
}

/// The result of a run whose inputs cannot be used: it is written too, so that whoever reads results finds the reason.
fn could_not_run(
    settings: &Settings,
    tree: &Tree,
    error: String,
    mut outside: Outside<'_>,
) -> io::Result<RunExit> {
    writeln!(outside.err, "error: {error}")?;
    let mut result = head(settings, None, tree);
    result.settle(Ending::CouldNotRun { error }, &Quiescence::NoActiveJobs);
    match &settings.purpose {
        Purpose::Proof(rule) => {
            let proof = Proof::of(
                result,
                (rule_in_words(settings), rule.stage()),
                std::iter::empty(),
            );
            publish_proof(&proof, settings, &mut outside)
        }
        _ => {
            publish_run(&result, settings, &mut outside)?;
            Ok(result.exit_code)
        }
    }
}

fn conclude(
    settings: &Settings,
    inputs: &Inputs,
    (mut result, seen, began): (GoldenRun, Conducted, Instant),
    mut outside: Outside<'_>,
) -> io::Result<RunExit> {
    let quiescence = seen.quiescence(settings);
    let ending = seen.ending.clone();
    let evidence = seen.evidence.clone();
    let measurements = into_result(&mut result, seen, (settings, &inputs.baseline, began));
    match &settings.purpose {
        Purpose::Proof(rule) => {
            let proof = Proof::of(
                result,
                (rule_in_words(settings), rule.stage()),
                inputs.timed.keys(),
            );
            return publish_proof(&proof, settings, &mut outside);
        }
        Purpose::UpdateBaseline(dirty) => {
            let updated = match record(&result, measurements.clone(), &inputs.baseline, *dirty) {
                Ok(updated) => updated,
                Err(error) => {
                    result
                        .notices
                        .push(format!("the baseline is as it was: {}", chain(&error)));
                    publish_run(&result, settings, &mut outside)?;
                    writeln!(outside.err, "error: {}", chain(&error))?;
                    return Ok(RunExit::strongest([result.exit_code, RunExit::Failed]));
                }
            };
            // From now on the new one counts, for this run too.
            let file = inputs.baseline.with(updated.baseline);
            let ending = hold_against(&mut result, &measurements, settings, (&file, ending));
            result.settle(ending, &quiescence);
            publish_run(&result, settings, &mut outside)?;
            writeln!(outside.err, "wrote {}", file.path.display())?;
            terminal(outside.around).export_update(&updated.rows, outside.err)?;
        }
        _ => {
            keep_or_remove(&mut result, &evidence, settings)?;
            publish_run(&result, settings, &mut outside)?;
        }
    }
    Ok(result.exit_code)
}

/// A run that went wrong leaves what was seen of the target beside its result; any other removes what an earlier one left.
fn keep_or_remove(result: &mut GoldenRun, evidence: &Evidence, settings: &Settings) -> io::Result<()> {
    let dir = dir_beside(&settings.artifacts.out_json);
    if !matches!(result.exit_code, RunExit::Failed | RunExit::CouldNotRun) {
        return Evidence::remove(&dir);
    }
    evidence.write(&dir)?;
    result.notices.push(format!(
        "requests, answers and the server's log are in {}",
        dir.display()
    ));
    Ok(())
}

/// The page comes last: should it fail, the result that gates read is there.
fn publish_run(result: &GoldenRun, settings: &Settings, outside: &mut Outside<'_>) -> io::Result<()> {
    publish(result, &settings.artifacts, outside.around, outside.out)?;
    write_html(result, &settings.page)
}

fn publish_proof(proof: &Proof, settings: &Settings, outside: &mut Outside<'_>) -> io::Result<RunExit> {
    let text = serde_json::to_string_pretty(proof)? + "\n";
    write_whole(&settings.artifacts.out_json, text.as_bytes())?;
    write_words(proof, outside.out)?;
    Ok(proof.exit_code)
}

fn rule_in_words(settings: &Settings) -> String {
    match &settings.target {
        crate::cli::Where::Own { faults, .. } => faults.join(" "),
        crate::cli::Where::Remote { .. } => String::new(),
    }
}
