//! A simple model of the engine: everything is kept and every figure is counted afresh from it.

use audio_api::{JobCounts, JobId, JobStatus, RetryCounts, StatusSnapshot};
use mock_server::engine::LeaseToken;

/// Retries in the model's world; the fallback model is allowed.
pub(super) const MAX_RETRIES: u32 = 1;

/// Every job that there ever was.
#[derive(Default)]
pub(super) struct Model {
    pub(super) jobs: Vec<ModelJob>,
}

/// One job, kept also when it was deleted.
pub(super) struct ModelJob {
    pub(super) id: JobId,
    segments: Vec<ModelSegment>,
    was_leased: bool,
    was_canceled: bool,
}

#[derive(Clone)]
struct ModelSegment {
    place: Place,
    failures: u32,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Queued,
    Held(LeaseToken),
    Ready,
    Failed,
    Canceled,
}

impl Model {
    pub(super) fn submit(&mut self, id: JobId, segments: usize) {
        let segment = ModelSegment {
            place: Place::Queued,
            failures: 0,
        };
        self.jobs.push(ModelJob {
            id,
            segments: vec![segment; segments],
            was_leased: false,
            was_canceled: false,
        });
    }

    pub(super) fn lease(&mut self, job: &JobId, index: u32, token: LeaseToken) {
        let job = self
            .jobs
            .iter_mut()
            .find(|known| known.id == *job)
            .expect("a known job");
        let segment = &mut job.segments[index as usize];
        assert!(segment.place == Place::Queued, "leased what was not queued");
        segment.place = Place::Held(token);
        job.was_leased = true;
    }

    /// Ends a lease that is held; false when it is not.
    pub(super) fn complete(&mut self, token: LeaseToken) -> bool {
        self.end(token, |segment| segment.place = Place::Ready)
    }

    /// As [`Model::complete`].
    pub(super) fn give_back(&mut self, token: LeaseToken) -> bool {
        self.end(token, |segment| segment.place = Place::Queued)
    }

    /// As [`Model::complete`].
    pub(super) fn fail(&mut self, token: LeaseToken) -> bool {
        self.end(token, |segment| {
            segment.failures += 1;
            // The first attempt, the retries, and one with the fallback.
            let used_up = segment.failures == MAX_RETRIES + 2;
            segment.place = if used_up { Place::Failed } else { Place::Queued };
        })
    }

    fn end(&mut self, token: LeaseToken, change: impl FnOnce(&mut ModelSegment)) -> bool {
        let mut segments = self.jobs.iter_mut().flat_map(|job| &mut job.segments);
        let held = segments.find(|segment| segment.place == Place::Held(token));
        held.map(change).is_some()
    }

    pub(super) fn cancel(&mut self, job: usize) {
        let job = &mut self.jobs[job];
        if job.status().is_terminal() {
            return;
        }
        job.was_canceled = true;
        for segment in &mut job.segments {
            if matches!(segment.place, Place::Queued | Place::Held(_)) {
                segment.place = Place::Canceled;
            }
        }
    }

    pub(super) fn queue_len(&self) -> usize {
        self.count(|segment| segment.place == Place::Queued)
    }

    fn count(&self, is: impl Fn(&ModelSegment) -> bool) -> usize {
        let segments = self.jobs.iter().flat_map(|job| &job.segments);
        segments.filter(|segment| is(segment)).count()
    }

    fn jobs_in(&self, status: JobStatus) -> u64 {
        self.jobs.iter().filter(|job| job.status() == status).count() as u64
    }

    /// What the engine has to report, but for ages and what this model knows nothing of.
    pub(super) fn figures(&self) -> StatusSnapshot {
        let at_cap = self.count(|segment| segment.failures > MAX_RETRIES) as u64;
        let retries: u32 = self
            .jobs
            .iter()
            .flat_map(|job| &job.segments)
            .map(|segment| segment.failures.min(MAX_RETRIES))
            .sum();
        StatusSnapshot {
            queue_len: self.queue_len() as u64,
            active_jobs: self.jobs_in(JobStatus::Queued) + self.jobs_in(JobStatus::InProgress),
            jobs: JobCounts {
                submitted: self.jobs.len() as u64,
                complete: self.jobs_in(JobStatus::Complete),
                complete_with_errors: self.jobs_in(JobStatus::CompleteWithErrors),
                error: self.jobs_in(JobStatus::Error),
                canceled: self.jobs_in(JobStatus::Canceled),
            },
            dead_letters: self.count(|segment| segment.place == Place::Failed) as u64,
            retry_counts: RetryCounts {
                segment_retries: u64::from(retries),
                capped_retries: at_cap,
            },
            fallback_model_usage: at_cap,
            ..StatusSnapshot::default()
        }
    }
}

impl ModelJob {
    pub(super) fn status(&self) -> JobStatus {
        let all = |place| self.segments.iter().all(|segment| segment.place == place);
        let ended = |segment: &ModelSegment| matches!(segment.place, Place::Ready | Place::Failed);
        match () {
            () if self.was_canceled => JobStatus::Canceled,
            () if all(Place::Ready) => JobStatus::Complete,
            () if all(Place::Failed) => JobStatus::Error,
            () if self.segments.iter().all(ended) => JobStatus::CompleteWithErrors,
            () if self.was_leased => JobStatus::InProgress,
            () => JobStatus::Queued,
        }
    }
}
