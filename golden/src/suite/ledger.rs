//! Which jobs this run has submitted: so that it can leave none behind, and keep to what it announced.

use std::sync::{Mutex, PoisonError};

use audio_api::JobId;

/// Every job that this run has submitted and that was accepted.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    jobs: Vec<JobId>,
    characters: u64,
}

impl Ledger {
    /// Notes an accepted job of `characters`.
    pub fn note(&self, job: &JobId, characters: u64) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !entries.jobs.contains(job) {
            entries.jobs.push(job.clone());
            entries.characters += characters;
        }
    }

    /// All jobs, in the order of their submits.
    #[must_use]
    pub fn jobs(&self) -> Vec<JobId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).jobs.clone()
    }

    /// Characters of all of them.
    #[must_use]
    pub fn characters(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).characters
    }
}
