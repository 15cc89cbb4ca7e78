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
    /// The audio of each case's fixed text, made when first asked for.
    pub(super) fixed: BTreeMap<String, OnceCell<Arc<FixedAudio>>>,
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
            fixed,
        }
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
