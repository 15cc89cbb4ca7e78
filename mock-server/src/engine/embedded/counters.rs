//! What has happened since the start, counted where it happens.

use audio_api::{JobCounts, RetryCounts, StatusSnapshot};

use super::clock::Clock;
use super::state::State;
use crate::engine::state::JobState;

/// Counters of the jobs and segments.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) jobs: JobCounts,
    pub(super) dead_letters: u64,
    pub(super) retries: RetryCounts,
    pub(super) fallback_model_usage: u64,
    pub(super) stale_queued_cancels: u64,
}

impl Counters {
    /// Counts a job that ended; one that has not is none.
    pub(super) fn job_ended(&mut self, state: JobState) {
        match state {
            JobState::Queued | JobState::InProgress => {}
            JobState::Complete => self.jobs.complete += 1,
            JobState::CompleteWithErrors => self.jobs.complete_with_errors += 1,
            JobState::Error(_) => self.jobs.error += 1,
            JobState::Canceled(_) => self.jobs.canceled += 1,
        }
    }
}

impl State {
    /// The snapshot, but for what merge locks, fault rules and the process know.
    pub(super) fn snapshot(&self, clock: Clock) -> StatusSnapshot {
        let oldest = self.queue.first_due();
        StatusSnapshot {
            workers_online: self.workers.online(),
            queue_len: self.queue.len() as u64,
            oldest_queued_age_s: oldest
                .map_or(0.0, |due| clock.now.saturating_duration_since(due).as_secs_f64()),
            active_jobs: self.jobs.active(),
            jobs: self.counters.jobs,
            dead_letters: self.counters.dead_letters,
            retry_counts: self.counters.retries,
            fallback_model_usage: self.counters.fallback_model_usage,
            stale_queued_cancels: self.counters.stale_queued_cancels,
            ..StatusSnapshot::default()
        }
    }
}
