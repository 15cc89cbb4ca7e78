//! A server under faults: its own or somebody else's, with at most one rule of this proof at a time, which is gone in the
//! end whatever happens.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use audio_api::fault::{FaultRecord, FaultRule};
use audio_client::{CallError, Client, Outcome};
use server_process::{LogTail, ServerProcess};

use super::GridFault;
use crate::{
    cli::{Settings, Where},
    run::Inputs,
    suite::{Context, ContextParts, Sharing},
    target::{Reached, reach},
};
use run_context::{TargetError, chain, wait_until_ready};

/// A rule whose proof was killed ends by itself after this.
const RULE_TTL: Duration = Duration::from_secs(600);
/// The longest that one call to the fault routes may take: no fault strikes there.
const ADMIN_WITHIN: Duration = Duration::from_secs(10);
/// How long the news of a server's end may take.
const DEATH_NOTICE: Duration = Duration::from_secs(1);
/// A server that took faults is given this long to end.
const STOP_GRACE: Duration = Duration::from_secs(3);

/// A server that can take faults.
#[derive(Debug)]
pub(super) struct Place<'a> {
    settings: &'a Settings,
    inputs: &'a Inputs,
    reached: Reached,
    process: tokio::sync::Mutex<Option<ServerProcess>>,
    log: Option<LogTail>,
    standing: Mutex<Option<Standing>>,
}

/// The rule that stands, or is just being set.
#[derive(Debug, Clone)]
struct Standing {
    rule: FaultRule,
    /// Absent until the server has said it.
    id: Option<String>,
}

/// Why a fault could not be set, read or removed.
#[derive(Debug, thiserror::Error)]
pub(super) enum FaultError {
    /// The server.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The rule.
    #[error(transparent)]
    Rule(#[from] audio_api::fault::RuleError),
}

impl FaultError {
    /// With its causes.
    pub(super) fn in_words(&self) -> String {
        chain(self)
    }
}

impl<'a> Place<'a> {
    /// Starts or finds a server and waits until it is ready.
    ///
    /// # Errors
    /// When there is none, or it can take no faults.
    pub(super) async fn open(settings: &'a Settings, inputs: &'a Inputs) -> Result<Self, TargetError> {
        let mut reached = reach(settings, &inputs.profile).await?;
        let process = reached.process.take();
        let place = Self {
            settings,
            inputs,
            reached,
            log: process.as_ref().map(|process| process.log().clone()),
            process: tokio::sync::Mutex::new(process),
            standing: Mutex::default(),
        };
        wait_until_ready(place.client(), settings.health_timeout, settings.min_workers).await?;
        place.can_take_faults().await?;
        Ok(place)
    }

    async fn can_take_faults(&self) -> Result<(), TargetError> {
        let none = |why: String| TargetError::NoFaults {
            base: self.client().base().to_owned(),
            why,
        };
        if !self.client().has_faults() {
            let why = if self.inputs.profile.can(audio_client::Capability::Faults) {
                "no admin token is known, see --admin-token-env".to_owned()
            } else {
                format!("target profile {} has no faults", self.inputs.profile.name)
            };
            return Err(none(why));
        }
        let list = self.admin().faults().await.map_err(|error| none(error.chain()))?;
        match list.outcome {
            Outcome::Done(list) if list.faults.is_empty() => Ok(()),
            Outcome::Done(list) => Err(none(format!(
                "{} fault rules stand there already, so nothing could be told apart; remove them first",
                list.faults.len()
            ))),
            _ => Err(none(list.reply.unexpected("the fault rules").chain())),
        }
    }

    /// The target.
    pub(super) const fn client(&self) -> &Client {
        &self.reached.client
    }

    fn admin(&self) -> Client {
        self.client().with_call_timeout(ADMIN_WITHIN)
    }

    /// What tests share, as new as if nothing had been asked of the server yet.
    pub(super) fn context(&self, job_timeout: Duration) -> Context {
        let hurried = |client: &Client| client.with_call_timeout(job_timeout);
        Context::new(ContextParts {
            client: hurried(&self.reached.client),
            web: self.reached.web.as_ref().map(hurried),
            anonymous: self.reached.anonymous.as_ref().map(hurried),
            cases: self.inputs.cases.clone(),
            expected: self.inputs.expected.clone(),
            model: self.settings.model.clone(),
            sharing: self.sharing(),
            job_timeout,
            server_log: self.log.clone(),
        })
    }

    const fn sharing(&self) -> Sharing {
        match &self.settings.target {
            Where::Remote { sharing, .. } => *sharing,
            Where::Own { .. } => Sharing::Alone,
        }
    }

    /// Sets a fault, which stands until [`Place::lift`].
    ///
    /// # Errors
    /// What the server says.
    pub(super) async fn set(&self, fault: &GridFault) -> Result<(), FaultError> {
        let rule = fault.rule(Some(RULE_TTL))?;
        // Noted before it is sent: whoever cuts this short still knows what may stand.
        self.note(Some(Standing {
            rule: rule.clone(),
            id: None,
        }));
        let id = self.admin().add_fault(&rule).await?.done()?.value.id;
        self.note(Some(Standing { rule, id: Some(id) }));
        Ok(())
    }

    /// Removes the fault that stands, and gives how often it has fired.
    ///
    /// # Errors
    /// When the server cannot be asked; it may still stand then.
    pub(super) async fn lift(&self) -> Result<Option<u64>, FaultError> {
        let Some(standing) = self.noted() else {
            return Ok(None);
        };
        let records = self.admin().faults().await?.done()?.value.faults;
        let mut fired = None;
        for record in records.iter().filter(|record| standing.is(record)) {
            fired = Some(record.fired_total);
            self.admin().remove_fault(&record.id).await?.done()?;
        }
        self.note(None);
        Ok(fired)
    }

    /// Whether the server process has ended, or is just about to.
    pub(super) async fn has_ended(&self) -> bool {
        let mut process = self.process.lock().await;
        let Some(process) = process.as_mut() else {
            return false;
        };
        if process.exited().is_some() {
            return true;
        }
        let dying = self.admin().health().await.is_err();
        dying && tokio::time::timeout(DEATH_NOTICE, process.wait()).await.is_ok()
    }

    /// Leaves the server as it was found: without a fault, or not at all where this proof started it.
    ///
    /// # Errors
    /// When a fault may still stand.
    pub(super) async fn close(&self) -> Result<(), FaultError> {
        let Some(process) = self.process.lock().await.take() else {
            return self.lift().await.map(drop);
        };
        // Without what a fault holds up it ends faster; its end is what matters, not how it comes to it.
        let _ = self.lift().await;
        let _ = process.stop(STOP_GRACE).await;
        Ok(())
    }

    fn noted(&self) -> Option<Standing> {
        self.standing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note(&self, standing: Option<Standing>) {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = standing;
    }
}

impl Standing {
    /// By its id; one of which the answer never came, by what it says.
    fn is(&self, record: &FaultRecord) -> bool {
        match &self.id {
            Some(id) => *id == record.id,
            None => self.rule == record.rule,
        }
    }
}
