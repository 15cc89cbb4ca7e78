//! The two servers of a comparison: started where there is a command, reached, warmed, brought to rest and stopped.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use audio_client::{Client, ClientSettings};
use run_report::{Arm, ArmInfo, ArmKind, Ending, Quiescence};
use serde_json::Value;
use server_process::ServerProcess;

use super::inputs::CompareInputs;
use crate::{
    cases::Nonce,
    cli::{CompareSettings, ServerSource},
    run::{DEATH_NOTICE, HURRIED_DRAIN, STOP_GRACE, cancel_own_jobs},
    suite::{Context, ContextParts, Rest, Sharing, settle_down, snapshot},
    timed::{Arms, run_once},
};
use run_context::{TargetError, chain, wait_until_ready};

/// Why an arm is not there.
#[derive(Debug, thiserror::Error)]
pub(super) enum SideError {
    /// It did not come up.
    #[error("{arm}")]
    Target {
        /// Which arm.
        arm: Arm,
        /// Why.
        #[source]
        source: TargetError,
    },
    /// No port is free.
    #[error("{arm}: find a free port")]
    Port {
        /// Which arm.
        arm: Arm,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It died.
    #[error("{arm}: the server ended in the middle of the comparison: {exit}")]
    Died {
        /// Which arm.
        arm: Arm,
        /// How it ended.
        exit: String,
    },
    /// It cannot be reached any more.
    #[error("{arm}: the server no longer answers: {why}")]
    Gone {
        /// Which arm.
        arm: Arm,
        /// What happened.
        why: String,
    },
}

/// One server, as far as it stands.
struct Side {
    arm: Arm,
    process: Option<ServerProcess>,
    ctx: Option<Context>,
    info: ArmInfo,
    rest: Option<Quiescence>,
}

/// Both servers.
pub(super) struct Sides<'a> {
    settings: &'a CompareSettings,
    inputs: &'a CompareInputs,
    base: Side,
    head: Side,
}

impl Arms for Sides<'_> {
    type Error = SideError;

    async fn at(&mut self, arm: Arm) -> Result<&Context, SideError> {
        if self.side(arm).ctx.is_none() {
            if self.settings.one_at_a_time {
                self.stop(arm.other(), &Ending::Completed).await?;
            }
            self.start(arm).await?;
        }
        match &self.side(arm).ctx {
            Some(ctx) => Ok(ctx),
            None => unreachable!("an arm that was started is there"),
        }
    }

    async fn after_failure(&mut self, arm: Arm) -> Result<(), SideError> {
        let side = self.side_mut(arm);
        if let Some(process) = &mut side.process
            && let Ok(Ok(exit)) = tokio::time::timeout(DEATH_NOTICE, process.wait()).await
        {
            let exit = exit.to_string();
            return Err(SideError::Died { arm, exit });
        }
        let Some(ctx) = &side.ctx else { return Ok(()) };
        // Its job may be left in the middle.
        cancel_own_jobs(ctx).await;
        match ctx.client.ready().await {
            Err(error) if error.is_transport() => Err(SideError::Gone {
                arm,
                why: error.chain(),
            }),
            _ => Ok(()),
        }
    }
}

impl<'a> Sides<'a> {
    /// Both, as far as is known before the first request.
    pub(super) fn new(settings: &'a CompareSettings, inputs: &'a CompareInputs) -> Self {
        let side = |arm| Side {
            arm,
            process: None,
            ctx: None,
            info: info(settings.source(arm)),
            rest: None,
        };
        Self {
            settings,
            inputs,
            base: side(Arm::Base),
            head: side(Arm::Head),
        }
    }

    const fn side(&self, arm: Arm) -> &Side {
        match arm {
            Arm::Base => &self.base,
            Arm::Head => &self.head,
        }
    }

    const fn side_mut(&mut self, arm: Arm) -> &mut Side {
        match arm {
            Arm::Base => &mut self.base,
            Arm::Head => &mut self.head,
        }
    }

    async fn start(&mut self, arm: Arm) -> Result<(), SideError> {
        let failed = |source| SideError::Target { arm, source };
        let (settings, inputs) = (self.settings, self.inputs);
        let process = match settings.source(arm).launch(free_port(arm)?) {
            None => None,
            Some(launch) => Some(
                launch
                    .ready_within(settings.health_timeout)
                    .start()
                    .await
                    .map_err(|error| failed(error.into()))?,
            ),
        };
        let side = self.side_mut(arm);
        side.info.starts += u32::from(process.is_some());
        let base = match (&process, settings.source(arm)) {
            (Some(process), _) => process.base_url().to_owned(),
            (None, source) => source.to_string(),
        };
        side.info.api_base = Some(base.clone());
        let log = process.as_ref().map(|process| process.log().clone());
        side.process = process;
        let client = ClientSettings {
            call_timeout: settings.job_timeout,
            bearer: settings.bearer(arm).cloned(),
            headers: settings.headers.clone(),
            ca_pem: settings.ca_pem.clone(),
            ..ClientSettings::new(&base)
        };
        let client = Client::new(&client, std::sync::Arc::clone(&inputs.profile))
            .map_err(|error| failed(error.into()))?;
        let ctx = Context::new(ContextParts {
            client,
            web: None,
            anonymous: None,
            cases: inputs.cases.clone(),
            expected: None,
            model: settings.model.clone(),
            sharing: sharing(settings, arm),
            job_timeout: settings.job_timeout,
            server_log: log,
        });
        side.prepare(ctx, settings).await?;
        if settings.one_at_a_time {
            self.warm_up(arm).await;
        }
        Ok(())
    }

    /// A server that was just started is slower than it will be. A run that fails here fails again when it counts.
    async fn warm_up(&self, arm: Arm) {
        let Some(ctx) = &self.side(arm).ctx else { return };
        for test in &self.inputs.timed.tests {
            for _ in 0..self.settings.warm_up_runs {
                let nonce = Nonce::random();
                for _ in &test.states {
                    let _ = run_once(ctx, test, &nonce).await;
                }
            }
        }
    }

    /// Starts both where both may run, so that the first pair finds them equally long awake.
    ///
    /// # Errors
    /// When one does not come up.
    pub(super) async fn start_both(&mut self) -> Result<(), SideError> {
        for arm in Arm::ALL {
            self.at(arm).await?;
        }
        Ok(())
    }

    /// Brings a server to rest, notes how it was found, and stops it if it was started here.
    async fn stop(&mut self, arm: Arm, ending: &Ending) -> Result<(), SideError> {
        let settings = self.settings;
        self.side_mut(arm).stop(settings, ending).await
    }

    /// The same of both, at the end of all. The first error is told, and both are stopped whatever it is.
    pub(super) async fn finish(mut self, ending: Ending) -> (Ending, [(ArmInfo, Quiescence); 2]) {
        let base = self.stop(Arm::Base, &ending).await;
        let head = self.stop(Arm::Head, &ending).await;
        let ending = match (ending, base.and(head)) {
            (Ending::Completed, Err(error)) => Ending::CouldNotRun { error: chain(&error) },
            (ending, _) => ending,
        };
        let of = |side: Side| {
            // An arm that was never reached has nothing to bring to rest.
            let rest = side.rest.unwrap_or(Quiescence::OwnJobs {
                unfinished: Vec::new(),
            });
            (side.info, rest)
        };
        (ending, [of(self.base), of(self.head)])
    }
}

impl Side {
    /// Waits until the server is ready, and notes what it says of itself.
    async fn prepare(&mut self, ctx: Context, settings: &CompareSettings) -> Result<(), SideError> {
        let failed = |source| SideError::Target {
            arm: self.arm,
            source,
        };
        wait_until_ready(&ctx.client, settings.health_timeout, settings.min_workers)
            .await
            .map_err(failed)?;
        let status = snapshot(&ctx)
            .await
            .map_err(|error| failed(TargetError::Status(error)))?;
        let version = status.as_ref().and_then(|s| s.get("version")?.as_str());
        self.info.server_version = version.map(ToOwned::to_owned);
        if self.info.status_start.is_none() {
            self.info.status_start = status;
        }
        self.ctx = Some(ctx);
        Ok(())
    }

    async fn stop(&mut self, settings: &CompareSettings, ending: &Ending) -> Result<(), SideError> {
        let mut unreachable = None;
        if let Some(ctx) = self.ctx.take() {
            let drain = match ending {
                Ending::Completed => settings.drain_timeout,
                _ => {
                    cancel_own_jobs(&ctx).await;
                    settings.drain_timeout.min(HURRIED_DRAIN)
                }
            };
            let rest = settle_down(&ctx, drain).await;
            self.info.jobs += ctx.ledger.jobs().len() as u64;
            self.info.characters += ctx.ledger.characters();
            unreachable = rest
                .unreachable
                .then(|| rest.why_none.clone().unwrap_or_default());
            self.note(&ctx, rest);
        }
        if let Some(process) = self.process.take() {
            // It is killed in the end if it has to be; how it ends is the server's tests' concern.
            let _ = process.stop(STOP_GRACE).await;
        }
        match unreachable {
            None => Ok(()),
            Some(why) => Err(SideError::Gone { arm: self.arm, why }),
        }
    }

    /// Of a server that is stopped several times, the first unrest counts: none of its successors could make it good.
    fn note(&mut self, ctx: &Context, rest: Rest) {
        let active = |status: &Value| status.get("active_jobs").and_then(Value::as_u64);
        let restless = match (ctx.sharing, &self.rest, &self.info.status_end) {
            (_, None, _) => false,
            (Sharing::Shared, _, _) => !self.info.unfinished.is_empty(),
            (Sharing::Alone, _, status) => status.as_ref().and_then(active) != Some(0),
        };
        if restless {
            return;
        }
        self.info.status_end = rest.status;
        self.info.unfinished.clone_from(&rest.unfinished);
        self.rest = Some(match ctx.sharing {
            Sharing::Alone => Quiescence::NoActiveJobs,
            Sharing::Shared => Quiescence::OwnJobs {
                unfinished: rest.unfinished,
            },
        });
    }
}

/// An arm that nobody has reached yet.
pub(super) fn info(source: &ServerSource) -> ArmInfo {
    let kind = match source {
        ServerSource::Url(_) => ArmKind::Url,
        ServerSource::Command { .. } => ArmKind::Command,
    };
    ArmInfo::new(source.to_string(), kind)
}

/// A server that was started here is nobody else's.
const fn sharing(settings: &CompareSettings, arm: Arm) -> Sharing {
    match settings.source(arm) {
        ServerSource::Url(_) => settings.sharing,
        ServerSource::Command { .. } => Sharing::Alone,
    }
}

/// An address of loopback that is free now. Between this and the server's own use of it somebody else might take it; the
/// server then ends at once and says so.
fn free_port(arm: Arm) -> Result<SocketAddr, SideError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|socket| socket.local_addr())
        .map_err(|source| SideError::Port { arm, source })
}
