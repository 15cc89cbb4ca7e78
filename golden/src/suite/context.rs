//! What all tests of a run share: the target, the cases, the ledger.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use audio_client::{Client, TargetProfile};
use server_process::LogTail;
use tokio::sync::OnceCell;

use super::{FixedAudio, Ledger};
use crate::cases::{CaseSet, Expected};

/// Whether others use the target too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// This run alone.
    Alone,
    /// Others too: counters move by themselves, and filling limits would disturb them.
    Shared,
}

/// What all tests of a run share.
#[derive(Debug)]
pub struct Context {
    /// The target.
    pub client: Client,
    /// The target through its proxy, where one is tested.
    pub web: Option<Client>,
    /// The target without the token that it needs, where there is one.
    pub anonymous: Option<Client>,
    /// The texts.
    pub cases: CaseSet,
    /// What is expected of the target's audio, where that was recorded.
    pub expected: Option<Expected>,
    /// The model to ask for; the case's or the target's default when absent.
    pub model: Option<String>,
    /// Who uses the target.
    pub sharing: Sharing,
    /// The longest that a job may take.
    pub job_timeout: Duration,
    /// What the server logs, where this run started it.
    pub server_log: Option<LogTail>,
    /// The jobs so far.
    pub ledger: Ledger,
    /// When timed runs are given up.
    pub limits: RunLimits,
    /// The audio of each case's fixed text, made when first asked for.
    pub(super) fixed: BTreeMap<String, OnceCell<Arc<FixedAudio>>>,
}

/// Beyond which time nothing is left to be learned from a timed run: it is given up there, and the time at which it was
/// counts as its time. By the timed value's name, as in `test_1.first_ready`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunLimits(BTreeMap<String, Duration>);

impl RunLimits {
    /// Sets a limit; of two for one name the longer holds.
    pub fn allow(&mut self, name: &str, time: Duration) {
        let limit = self.0.entry(name.to_owned()).or_default();
        *limit = time.max(*limit);
    }

    /// When nothing is left to be learned about all of these; `None` where one of them has no limit.
    #[must_use]
    pub fn of_all(&self, names: impl IntoIterator<Item = String>) -> Option<Duration> {
        let limits: Option<Vec<Duration>> =
            names.into_iter().map(|name| self.0.get(&name).copied()).collect();
        limits?.into_iter().max()
    }
}

/// What a [`Context`] is made of.
#[derive(Debug)]
pub struct ContextParts {
    /// See [`Context`]; likewise the others.
    pub client: Client,
    /// The proxy.
    pub web: Option<Client>,
    /// Without a token.
    pub anonymous: Option<Client>,
    /// The texts.
    pub cases: CaseSet,
    /// What is expected.
    pub expected: Option<Expected>,
    /// The model.
    pub model: Option<String>,
    /// Who uses the target.
    pub sharing: Sharing,
    /// The longest that a job may take.
    pub job_timeout: Duration,
    /// What the server logs.
    pub server_log: Option<LogTail>,
}

impl Context {
    /// A context with an empty ledger.
    #[must_use]
    pub fn new(parts: ContextParts) -> Self {
        let fixed = parts
            .cases
            .iter()
            .map(|case| (case.name.clone(), OnceCell::new()))
            .collect();
        Self {
            client: parts.client,
            web: parts.web,
            anonymous: parts.anonymous,
            cases: parts.cases,
            expected: parts.expected,
            model: parts.model,
            sharing: parts.sharing,
            job_timeout: parts.job_timeout,
            server_log: parts.server_log,
            ledger: Ledger::default(),
            limits: RunLimits::default(),
            fixed,
        }
    }

    /// The same, in which timed runs are given up beyond these limits.
    #[must_use]
    pub fn with_limits(self, limits: RunLimits) -> Self {
        Self { limits, ..self }
    }

    /// What the target is and can do.
    #[must_use]
    pub fn profile(&self) -> &TargetProfile {
        self.client.profile()
    }

    /// The model that a case is synthesised by.
    #[must_use]
    pub fn model_of(&self, case: &crate::cases::Case) -> String {
        let named = self.model.as_ref().or(case.model.as_ref());
        named
            .or(self.profile().models.first())
            .cloned()
            .unwrap_or_default()
    }
}
