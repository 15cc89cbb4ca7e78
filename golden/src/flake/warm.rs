//! The server of the warm phase: one for all of its runs, whose cache knows every text that is the same in each run.

use server_process::{LogTail, ServerProcess};

use crate::{
    cases::Nonce,
    cli::{Settings, Where},
    run::Inputs,
    suite::{Context, ContextParts, Probe, Sharing, Stop},
    target::reach,
};
use run_context::{TargetError, start, wait_until_ready};

/// The longest that the server may take to end.
const STOP_GRACE: std::time::Duration = std::time::Duration::from_secs(15);

/// A server that is kept from run to run.
#[derive(Debug)]
pub(super) struct WarmServer {
    /// `None` for one that somebody else runs.
    process: Option<ServerProcess>,
    settings: Settings,
}

/// Why there is no warm server.
#[derive(Debug, thiserror::Error)]
pub(super) enum WarmError {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("the cache could not be warmed: case {case}: {why}")]
    Case { case: String, why: String },
}

impl WarmServer {
    /// Starts the server, unless it is somebody else's, and has it synthesise every case once.
    ///
    /// # Errors
    /// When it does not come up, or a case fails.
    pub(super) async fn start(settings: &Settings, inputs: &Inputs) -> Result<Self, WarmError> {
        let (process, settings) = match &settings.target {
            Where::Remote { .. } => (None, settings.clone()),
            Where::Own {
                program,
                args,
                faults,
            } => {
                let (process, token) = start(program.as_deref(), args, faults).await?;
                let target = Where::Remote {
                    api_base: process.base_url().to_owned(),
                    sharing: Sharing::Alone,
                    admin_token: Some(token),
                };
                let settings = Settings {
                    target,
                    ..settings.clone()
                };
                (Some(process), settings)
            }
        };
        let server = Self { process, settings };
        server.warm(inputs).await?;
        Ok(server)
    }

    async fn warm(&self, inputs: &Inputs) -> Result<(), WarmError> {
        let settings = &self.settings;
        let reached = reach(settings, &inputs.profile).await?;
        wait_until_ready(&reached.client, settings.health_timeout, settings.min_workers).await?;
        let ctx = Context::new(ContextParts {
            client: reached.client,
            web: None,
            anonymous: None,
            cases: inputs.cases.clone(),
            expected: None,
            model: settings.model.clone(),
            sharing: Sharing::Shared,
            job_timeout: settings.job_timeout,
            server_log: None,
        });
        for case in inputs.cases.iter() {
            let request = case.request(&Nonce::FIXED, settings.model.as_deref());
            let made = Probe::new(&ctx).complete(&request).await;
            made.map_err(|stop| WarmError::Case {
                case: case.name.clone(),
                why: match stop {
                    Stop::Failed(why) | Stop::Skipped(why) => why,
                },
            })?;
        }
        Ok(())
    }

    /// How a run reaches it.
    pub(super) const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What it logs, where it is our own.
    pub(super) fn log(&self) -> Option<LogTail> {
        self.process.as_ref().map(|process| process.log().clone())
    }

    /// How it ended, if it did.
    pub(super) fn ended(&mut self) -> Option<String> {
        let exit = self.process.as_mut()?.exited()?;
        Some(exit.to_string())
    }

    /// Ends it, where it is our own.
    pub(super) async fn stop(self) {
        if let Some(process) = self.process {
            // It is killed in the end if it has to be; how it ends is the server's tests' concern.
            let _ = process.stop(STOP_GRACE).await;
        }
    }
}
