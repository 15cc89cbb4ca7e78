//! The loading itself: so many submits at once, each again while the server is busy, and a look at whether it kept them.

use std::{
    io::{self, Write},
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use audio_api::{JobAnswer, JobId};
use audio_client::{CallError, Client, Outcome, Reply};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use run_report::RunExit;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::{
    job::{Extent, Place},
    progress::Progress,
};

/// Between two lines of progress.
const TOLD_EVERY: Duration = Duration::from_secs(2);
/// Without `Retry-After`.
const USUAL_WAIT: Duration = Duration::from_secs(1);
/// Between two looks at whether all jobs have ended.
const REST_PAUSE: Duration = Duration::from_millis(100);

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loaded {
    /// Jobs that this run made.
    pub(super) created: u64,
    /// Jobs that were there already.
    pub(super) found: u64,
    /// Submits that were told to come again.
    pub(super) told_to_wait: u64,
    /// In all.
    pub(super) took: Duration,
}

impl Loaded {
    pub(super) const fn total(&self) -> u64 {
        self.created + self.found
    }
}

/// Why it did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum SeedError {
    #[error("submit {place}")]
    Call {
        place: Place,
        #[source]
        source: CallError,
    },
    #[error("submit {place}: the server was still busy after {patience:?}")]
    Busy { place: Place, patience: Duration },
    #[error("submit {place}: its key stands for another text already; take another --seed")]
    Taken { place: Place },
    #[error("submit {place}: the server refused it with {status}")]
    Refused { place: Place, status: u16 },
    #[error("the server does not say how it is")]
    Status(#[source] CallError),
    #[error("{active} jobs were active still after {patience:?}")]
    Unfinished { active: u64, patience: Duration },
    #[error(
        "{place} was job {first} and its key gives {now} now: the server kept fewer jobs than were loaded, whatever --retains says"
    )]
    Forgotten { place: Place, first: JobId, now: JobId },
    #[error("interrupted")]
    Interrupted,
}

impl SeedError {
    pub(super) const fn exit(&self) -> RunExit {
        match self {
            Self::Interrupted => RunExit::Interrupted,
            Self::Forgotten { .. } | Self::Refused { .. } | Self::Taken { .. } => RunExit::Failed,
            Self::Call { .. } | Self::Busy { .. } | Self::Status(_) | Self::Unfinished { .. } => {
                RunExit::CouldNotRun
            }
        }
    }
}

/// Loads jobs.
#[derive(Debug)]
pub(super) struct Loader<'a> {
    client: &'a Client,
    extent: Extent,
    concurrency: usize,
    patience: Duration,
    progress: Progress,
}

impl<'a> Loader<'a> {
    pub(super) fn new(client: &'a Client, extent: Extent, concurrency: usize, patience: Duration) -> Self {
        Self {
            client,
            extent,
            concurrency,
            patience,
            progress: Progress::new(extent.total()),
        }
    }

    /// What was done by now.
    pub(super) const fn so_far(&self) -> &Progress {
        &self.progress
    }

    /// Submits all of them, waits until all have ended, and makes sure that the first is still there.
    pub(super) async fn load(&self, err: &mut dyn Write) -> io::Result<Result<Loaded, SeedError>> {
        let began_there = match self.client.health().await {
            Ok(call) => clock_of(&call.reply),
            Err(error) => return Ok(Err(SeedError::Status(error))),
        };
        let loading = self.submit_all(began_there);
        tokio::pin!(loading);
        let mut ticks = interval(TOLD_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        let loaded = loop {
            tokio::select! {
                biased;
                loaded = &mut loading => break loaded,
                _ = ticks.tick() => writeln!(err, "{}", self.progress)?,
            }
        };
        Ok(loaded.map(|()| Loaded {
            created: self.progress.created.load(Relaxed),
            found: self.progress.found.load(Relaxed),
            told_to_wait: self.progress.told_to_wait.load(Relaxed),
            took: self.progress.begun().elapsed(),
        }))
    }

    async fn submit_all(&self, began_there: Timestamp) -> Result<(), SeedError> {
        let mut places = self.extent.places();
        // A server without room for the first need not be asked for all.
        let Some(first_place) = places.next() else {
            return Ok(());
        };
        let first = self.enter(first_place, began_there).await?;
        let submits = stream::iter(places)
            .map(Ok)
            .try_for_each_concurrent(self.concurrency, |place| async move {
                self.enter(place, began_there).await.map(drop)
            });
        submits.await?;
        self.rest().await?;
        let now = self.submit(first_place).await?.job_id;
        if now != first {
            return Err(SeedError::Forgotten {
                place: first_place,
                first,
                now,
            });
        }
        Ok(())
    }

    async fn enter(&self, place: Place, began_there: Timestamp) -> Result<JobId, SeedError> {
        let answer = self.submit(place).await?;
        let count = if answer.manifest.created_at < began_there {
            &self.progress.found
        } else {
            &self.progress.created
        };
        count.fetch_add(1, Relaxed);
        Ok(answer.job_id)
    }

    async fn submit(&self, place: Place) -> Result<JobAnswer, SeedError> {
        let (request, key) = (place.request(), place.key());
        let begun = Instant::now();
        loop {
            let called = self.client.submit_keyed(&request, Some(&key)).await;
            let call = called.map_err(|source| SeedError::Call { place, source })?;
            let wait = match call.outcome {
                Outcome::Done(answer) => return Ok(answer),
                Outcome::Busy { retry_after } => retry_after.unwrap_or(USUAL_WAIT),
                _ if call.reply.status.as_u16() == 422 => return Err(SeedError::Taken { place }),
                _ => {
                    return Err(SeedError::Refused {
                        place,
                        status: call.reply.status.as_u16(),
                    });
                }
            };
            self.progress.told_to_wait.fetch_add(1, Relaxed);
            if begun.elapsed() + wait > self.patience {
                return Err(SeedError::Busy {
                    place,
                    patience: self.patience,
                });
            }
            sleep(wait).await;
        }
    }

    /// Waits until no job is active.
    async fn rest(&self) -> Result<(), SeedError> {
        let begun = Instant::now();
        loop {
            let status = self.client.status().await.and_then(audio_client::Call::done);
            let active = status.map_err(SeedError::Status)?.value.active_jobs;
            if active == 0 {
                return Ok(());
            }
            if begun.elapsed() >= self.patience {
                return Err(SeedError::Unfinished {
                    active,
                    patience: self.patience,
                });
            }
            sleep(REST_PAUSE).await;
        }
    }
}

/// The server's own time, by which its jobs are dated: the `Date` of an answer, which counts in whole seconds, else ours.
fn clock_of(reply: &Reply) -> Timestamp {
    let date = reply
        .header("date")
        .and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    date.map_or_else(Timestamp::now, |date| date.timestamp())
}
