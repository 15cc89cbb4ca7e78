//! Waiting for a job, and for a place among the active ones.

use std::time::{Duration, Instant};

use audio_api::{JobAnswer, JobId, Manifest, SegmentStatus, SubmitRequest};
use tokio::time;

use crate::{CallError, Client, Outcome, Timed};

/// How often a job is looked at while it is waited for: after `first`, and then after a share of the time waited so
/// far, so that the pace costs a fast job little time and a slow one few requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PollPace {
    /// The shortest pause.
    pub first: Duration,
    /// The pause as a share of the time waited so far; also the largest relative error that polling adds.
    pub share: f64,
    /// The longest pause.
    pub longest: Duration,
}

impl Default for PollPace {
    /// 2 ms at first, 1 % of the time waited, at most 50 ms.
    fn default() -> Self {
        Self {
            first: Duration::from_millis(2),
            share: 0.01,
            longest: Duration::from_millis(50),
        }
    }
}

impl PollPace {
    /// The pause after `waited`.
    #[must_use]
    pub fn pause(&self, waited: Duration) -> Duration {
        waited
            .mul_f64(self.share.clamp(0.0, 1.0))
            .clamp(self.first, self.longest.max(self.first))
    }
}

/// Until when a job is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// A segment is ready, or the job has ended.
    FirstReady,
    /// The job has ended.
    Ended,
}

/// One look at a job.
#[derive(Debug, Clone)]
pub struct JobSighting {
    /// When its answer was complete.
    pub at: Instant,
    /// What it showed.
    pub manifest: Manifest,
}

/// A job that was waited for.
#[derive(Debug, Clone)]
pub struct WaitedJob {
    /// The first look that showed a ready segment.
    pub first_ready: Option<JobSighting>,
    /// The last look.
    pub last: JobSighting,
    /// How long each look took.
    pub polls: Vec<Duration>,
    /// What ended the wait.
    pub end: WaitEnd,
}

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitEnd {
    /// What was waited for.
    Reached,
    /// The deadline.
    TimedOut,
}

/// How patiently a submit bears being told that the target is busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Give up after this time in all.
    pub at_most: Duration,
}

impl Client {
    /// Looks at a job until `until`, at most until `deadline`.
    ///
    /// # Errors
    /// A look that fails, or an answer other than the job.
    pub async fn wait_for_job(
        &self,
        job: &JobId,
        until: Until,
        (pace, deadline): (PollPace, Instant),
    ) -> Result<WaitedJob, CallError> {
        let begun = Instant::now();
        let mut first_ready = None;
        let mut polls = Vec::new();
        loop {
            let Timed { value, reply } = self.job(job).await?.done()?;
            polls.push(reply.elapsed);
            let sighting = JobSighting {
                at: reply.started + reply.elapsed,
                manifest: value.manifest,
            };
            if first_ready.is_none() && has_ready(&sighting.manifest) {
                first_ready = Some(sighting.clone());
            }
            let ended = sighting.manifest.status.is_terminal();
            let reached = ended || (until == Until::FirstReady && first_ready.is_some());
            if reached || Instant::now() >= deadline {
                let end = if reached {
                    WaitEnd::Reached
                } else {
                    WaitEnd::TimedOut
                };
                return Ok(WaitedJob {
                    first_ready,
                    last: sighting,
                    polls,
                    end,
                });
            }
            time::sleep(pace.pause(begun.elapsed())).await;
        }
    }

    /// Submits a job, and again after the time that the target asks for as long as it says that it is busy. The reply
    /// is that of the last submit, so that its time does not hold the waits.
    ///
    /// # Errors
    /// A submit that fails or is refused for another reason, or one that is still refused as busy at the end.
    pub async fn submit_patiently(
        &self,
        job: &SubmitRequest,
        patience: Patience,
    ) -> Result<Timed<JobAnswer>, CallError> {
        let begun = Instant::now();
        loop {
            let call = self.submit(job).await?;
            let Outcome::Busy {
                retry_after: Some(wait),
            } = call.outcome
            else {
                return call.done();
            };
            if begun.elapsed() + wait > patience.at_most {
                return Err(call.reply.unexpected("a place among the active jobs"));
            }
            time::sleep(wait).await;
        }
    }
}

fn has_ready(manifest: &Manifest) -> bool {
    manifest
        .segments
        .iter()
        .any(|segment| segment.status == SegmentStatus::Ready)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_adds_little_to_any_wait() {
        let pace = PollPace::default();
        let ms = |ms| Duration::from_millis(ms);
        assert_eq!(pace.pause(Duration::ZERO), ms(2));
        assert_eq!(pace.pause(ms(1_000)), ms(10));
        assert_eq!(pace.pause(ms(60_000)), ms(50));
    }
}
