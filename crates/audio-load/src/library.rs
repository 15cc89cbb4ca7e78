//! Jobs that are there before the load begins, for users who only read.

use std::time::{Duration, Instant};

use audio_api::{JobId, Manifest, SegmentStatus, SubmitRequest};
use audio_client::{CallError, Client, Patience, PollPace, Until, WaitEnd};

use crate::JobSettings;

/// Numbers of texts for the library; those of users begin elsewhere.
const FIRST_TEXT: u64 = 0x11b0_0000;

/// A segment that is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownSegment {
    /// Its name in paths.
    pub id: String,
    /// Its size, where the manifest says.
    pub size_bytes: Option<u64>,
}

/// A job that has audio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownJob {
    /// Its name in paths.
    pub id: String,
    /// Its segments that are ready.
    pub segments: Vec<KnownSegment>,
}

/// Jobs that have audio.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Library {
    jobs: Vec<KnownJob>,
}

/// Why a library cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// A call failed.
    #[error("prepare job {number} of {of} to be read under load")]
    Call {
        /// Which, from 1.
        number: u32,
        /// Of how many.
        of: u32,
        /// Why.
        #[source]
        source: CallError,
    },
    /// A job did not come to audio.
    #[error("prepare a job to be read under load: job {job} is {status} after {after:?}")]
    NoAudio {
        /// The job.
        job: JobId,
        /// Its state.
        status: audio_api::JobStatus,
        /// How long it was given.
        after: Duration,
    },
}

impl Library {
    /// Submits `jobs.library` jobs and waits until all of them are complete.
    ///
    /// # Errors
    /// When a call fails, or a job does not become complete.
    pub async fn prepare(client: &Client, jobs: &JobSettings, seed: u64) -> Result<Self, PrepareError> {
        let at = |number: u32| {
            move |source| PrepareError::Call {
                number,
                of: jobs.library,
                source,
            }
        };
        let patience = Patience {
            at_most: jobs.patience,
        };
        let mut submitted = Vec::new();
        for number in 1..=jobs.library {
            let text = jobs
                .texts()
                .text(seed.wrapping_add(FIRST_TEXT + u64::from(number)));
            let request = SubmitRequest {
                text,
                model: jobs.model.clone(),
                ..SubmitRequest::default()
            };
            let answer = client
                .submit_patiently(&request, patience)
                .await
                .map_err(at(number))?;
            submitted.push((number, answer.value.job_id));
        }
        let mut known = Vec::new();
        for (number, job) in submitted {
            let deadline = Instant::now() + jobs.deadline;
            let waited = client
                .wait_for_job(&job, Until::Ended, (PollPace::default(), deadline))
                .await
                .map_err(at(number))?;
            let manifest = waited.last.manifest;
            if waited.end != WaitEnd::Reached || manifest.status != audio_api::JobStatus::Complete {
                return Err(PrepareError::NoAudio {
                    job,
                    status: manifest.status,
                    after: jobs.deadline,
                });
            }
            known.push(KnownJob::of(&manifest));
        }
        Ok(Self { jobs: known })
    }

    /// One of them, by chance.
    pub(crate) fn pick(&self, rng: &mut fastrand::Rng) -> Option<&KnownJob> {
        rng.choice(&self.jobs)
    }

    /// The jobs.
    #[must_use]
    pub fn jobs(&self) -> &[KnownJob] {
        &self.jobs
    }
}

impl KnownJob {
    fn of(manifest: &Manifest) -> Self {
        let ready = manifest
            .segments
            .iter()
            .filter(|segment| segment.status == SegmentStatus::Ready);
        Self {
            id: manifest.job_id.to_string(),
            segments: ready
                .map(|segment| KnownSegment {
                    id: segment.segment_id.to_string(),
                    size_bytes: segment.size_bytes,
                })
                .collect(),
        }
    }
}
