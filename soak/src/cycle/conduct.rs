//! A whole soak, from its target to its result.

use std::{io, pin::Pin, time::Duration};

use run_context::{Reached, ServerFigures, TargetError, chain, dir_beside, reach_in, tree};
use run_report::{Ending, SoakRun};
use server_process::{Exit, ServerProcess};

use super::{evidence::Keeper, look::Looks, plan::Plan, progress::Progress, result, rounds::Soak};

/// The server that was started has so long to end.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Runs a soak and gives its settled result.
///
/// # Errors
/// What the system says when evidence cannot be written.
pub(super) async fn conduct(
    plan: &Plan,
    progress: &Progress,
    mut interrupted: Pin<&mut impl Future<Output = ()>>,
) -> io::Result<SoakRun> {
    Keeper::clear(&dir_beside(&plan.artifacts.json))?;
    let mut result = result::empty(plan, &tree());
    let begun = tokio::select! {
        biased;
        () = interrupted.as_mut() => {
            result.settle(&Ending::Interrupted);
            return Ok(result);
        }
        begun = begin(plan) => begun,
    };
    let (reached, first) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            result.settle(&Ending::CouldNotRun { error: chain(&error) });
            return Ok(result);
        }
    };
    let Reached {
        mut process,
        client,
        tape,
    } = reached;
    result.api_base = client.base().to_owned();
    let log = process.as_ref().map(|process| process.log().clone());
    let keeper = Keeper::beside(&plan.artifacts.json, tape, log)?;
    let looks = Looks::new(&client);
    result.status_start = looks.status().await.ok();
    let mut soak = Soak::new(plan, (client, looks), (keeper, progress), first);
    let ending = tokio::select! {
        biased;
        () = interrupted => Ending::Interrupted,
        exit = ended(process.as_mut()) => Ending::CouldNotRun {
            error: format!("the server ended in the middle of the run: {exit}"),
        },
        ending = soak.rounds() => ending?,
    };
    soak.finish(&mut result, &ending).await?;
    if let Some(process) = process {
        // One that cannot be stopped is killed when it is dropped, which has just happened.
        let _ = process.stop(STOP_WITHIN).await;
    }
    Ok(result)
}

async fn begin(plan: &Plan) -> Result<(Reached, ServerFigures), TargetError> {
    let reached = reach_in(&plan.target, &plan.server_env).await?;
    let first = Looks::new(&reached.client)
        .take()
        .await
        .map_err(TargetError::Status)?;
    Ok((reached, first))
}

/// Waits for the end of the server that was started; for ever, for another.
async fn ended(process: Option<&mut ServerProcess>) -> Exit {
    if let Some(process) = process
        && let Ok(exit) = process.wait().await
    {
        return exit;
    }
    std::future::pending().await
}
