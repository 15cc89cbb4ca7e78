//! Recording what audio is expected, of each case by each model.

use std::{path::PathBuf, sync::Arc};

use super::Inputs;
use crate::{
    audio::digest_of,
    cases::{Expected, ExpectedAudio, Nonce},
    cli::Settings,
    suite::{Context, ContextParts, Probe, Sharing, Stop},
    target::reach,
};
use run_context::{TargetError, wait_until_ready, write_whole};

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum UpdateExpectedError {
    /// There is no target.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A case could not be synthesised.
    #[error("case {case} by model {model}: {why}")]
    Case {
        /// The case.
        case: String,
        /// The model.
        model: String,
        /// What went wrong.
        why: String,
    },
    /// The file cannot be written.
    #[error("write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// Records the audio of every case by every model, and gives the file and the number of entries.
///
/// # Errors
/// When any of it cannot be made or written; the file is then as it was.
pub async fn update_expected(
    settings: &Settings,
    inputs: &Inputs,
) -> Result<(PathBuf, usize), UpdateExpectedError> {
    let reached = reach(settings, &inputs.profile).await?;
    wait_until_ready(&reached.client, settings.health_timeout, settings.min_workers).await?;
    let ctx = Context::new(ContextParts {
        client: reached.client,
        web: None,
        anonymous: None,
        cases: inputs.cases.clone(),
        expected: None,
        model: None,
        sharing: Sharing::Shared,
        job_timeout: settings.job_timeout,
        server_log: None,
    });
    let mut audio = Vec::new();
    for (model, case) in inputs
        .profile
        .models
        .iter()
        .flat_map(|model| inputs.cases.iter().map(move |c| (model, c)))
    {
        let request = case.request(&Nonce::FIXED, Some(model));
        let made = Probe::new(&ctx).fixed_by(&request).await.map(Arc::new);
        let made = made.map_err(|stop| UpdateExpectedError::Case {
            case: case.name.clone(),
            model: model.clone(),
            why: match stop {
                Stop::Failed(why) | Stop::Skipped(why) => why,
            },
        })?;
        audio.push(ExpectedAudio {
            case: case.name.clone(),
            model: model.clone(),
            segments: made.manifest.segments_total,
            digest: digest_of(&made.joined()),
        });
    }
    let entries = audio.len();
    let path = inputs.cases.expected_path(&inputs.profile.name);
    write_whole(&path, Expected { audio }.render().as_bytes()).map_err(|source| {
        UpdateExpectedError::Write {
            path: path.clone(),
            source,
        }
    })?;
    if let Some(process) = reached.process {
        // What was recorded is recorded, however the server ends.
        let _ = process.stop(std::time::Duration::from_secs(15)).await;
    }
    Ok((path, entries))
}
