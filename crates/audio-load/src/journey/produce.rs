//! Making jobs: submit with patience, look until it has ended, regenerate, cancel, delete.

use std::time::{Duration, Instant};

use audio_api::{JobStatus, SubmitRequest};
use http::StatusCode;
use load_engine::{Answer, record::Outcome};

use super::{
    answer::{Look, retry_after, status_of},
    session::Session,
};
use crate::{Endpoint, KnownJob};

/// The wait where a 429 does not say how long.
const DEFAULT_WAIT: Duration = Duration::from_secs(1);
/// Waits are longer than asked for by up to this share, so that those who were refused together do not come back together.
const JITTER: f64 = 0.25;

/// A job that was accepted.
struct Accepted {
    /// When the request that was accepted was sent.
    sent: Instant,
    /// Its name in paths.
    id: String,
    /// What the answer showed of it, if anything.
    look: Option<Look>,
}

/// A job that has audio, and when that was seen.
struct Ready {
    job: KnownJob,
    seen: Instant,
}

impl Session<'_> {
    pub(super) async fn submit(&mut self, endpoint: Endpoint) {
        if let Some(ready) = self.produce(endpoint).await {
            self.memory.remember(ready.job);
        }
    }

    pub(super) async fn create(&mut self) {
        let Some(ready) = self.produce(Endpoint::Submit).await else {
            return;
        };
        let mut job = self.take(ready).await;
        if self.user.rng().f64() < self.journey.jobs.regenerate
            && let Some(ready) = self.regenerate(&job).await
        {
            job = self.take(ready).await;
        }
        if self.user.rng().f64() < self.journey.jobs.delete {
            self.delete_job(&job).await;
        } else {
            self.memory.remember(job);
        }
    }

    /// Takes the audio of a job that has just become ready.
    async fn take(&mut self, ready: Ready) -> KnownJob {
        let merged = self.merged(&ready.job).await;
        if let Some(merged) = merged {
            self.user
                .time(self.journey.trends.ready_to_merged, merged - ready.seen);
        }
        self.hear(&ready.job).await;
        ready.job
    }

    async fn produce(&mut self, endpoint: Endpoint) -> Option<Ready> {
        let accepted = self.submit_patiently(endpoint).await?;
        self.until_ready(accepted).await
    }

    /// Submits, and again after the time that a 429 asks for, for as long as patience lasts.
    async fn submit_patiently(&mut self, endpoint: Endpoint) -> Option<Accepted> {
        let body = self.body();
        let begun = Instant::now();
        loop {
            let (step, request) = self.request(endpoint, &[])?;
            let sent = Instant::now();
            let request = request
                .json(body.clone())
                .keeping(load_engine::Keep::UpTo(1 << 20));
            let answer = self.send(step, request).await?;
            match answer.outcome() {
                Outcome::Ok => {
                    self.user
                        .time(self.journey.trends.submit_to_accepted, begun.elapsed());
                    self.check(self.journey.checks.accepted, true);
                    return self.accepted(sent, &answer);
                }
                Outcome::RateLimited => {
                    if !self.back_off(&answer, begun).await {
                        return None;
                    }
                }
                _ => return None,
            }
        }
    }

    fn body(&mut self) -> Vec<u8> {
        let jobs = &self.journey.jobs;
        let rng = self.user.rng();
        let number = if rng.f64() < jobs.fresh {
            rng.u64(..)
        } else {
            rng.u64(..u64::from(jobs.repeated_texts))
        };
        let submit = SubmitRequest {
            text: jobs.texts().text(self.journey.salt.wrapping_add(number)),
            model: jobs.model.clone(),
            ..SubmitRequest::default()
        };
        let Ok(body) = serde_json::to_vec(&submit) else {
            unreachable!("a submit has no member that JSON cannot hold")
        };
        body
    }

    /// Waits as a 429 asks; whether another try is to be made.
    async fn back_off(&mut self, answer: &Answer, begun: Instant) -> bool {
        let asked = retry_after(answer);
        self.check(self.journey.checks.retry_after, asked.is_some());
        let jitter = 1.0 + self.user.rng().f64() * JITTER;
        let wait = asked.unwrap_or(DEFAULT_WAIT).mul_f64(jitter);
        if self.user.is_stopping() {
            return false;
        }
        if begun.elapsed() + wait > self.journey.jobs.patience {
            self.check(self.journey.checks.accepted, false);
            return false;
        }
        self.user.pause(wait).await;
        true
    }

    /// What was accepted; `None`, and a failed check, when the answer does not tell.
    fn accepted(&self, sent: Instant, answer: &Answer) -> Option<Accepted> {
        #[derive(serde::Deserialize)]
        struct Body {
            job_id: String,
        }
        let body = serde_json::from_slice::<Body>(&answer.body).ok();
        self.check(self.journey.checks.submitted, body.is_some());
        Some(Accepted {
            sent,
            id: body?.job_id,
            look: Look::of(answer, &self.journey.profile),
        })
    }

    /// Looks at a job until it has ended; `None` when it has no audio then.
    async fn until_ready(&mut self, accepted: Accepted) -> Option<Ready> {
        let Accepted { sent, id, look } = accepted;
        let mut look = look;
        loop {
            if let Some(look) = look.take().filter(|look| look.status.is_terminal()) {
                return self.ended(look, sent);
            }
            if self.user.is_stopping() {
                return None;
            }
            if sent.elapsed() > self.journey.jobs.deadline {
                self.check(self.journey.checks.job_complete, false);
                return None;
            }
            self.user.pause(self.journey.jobs.poll).await;
            // What cannot be had now may be had at the next look; the deadline ends that.
            let Some(answer) = self.ask(Endpoint::Poll, &[&id]).await else {
                continue;
            };
            if answer.outcome() == Outcome::Refused {
                self.check(self.journey.checks.job_complete, false);
                return None;
            }
            look = Look::of(&answer, &self.journey.profile);
        }
    }

    fn ended(&self, look: Look, sent: Instant) -> Option<Ready> {
        self.check(
            self.journey.checks.job_complete,
            look.status == JobStatus::Complete,
        );
        if !look.status.has_audio() {
            return None;
        }
        let seen = Instant::now();
        let took = seen - sent;
        self.user.time(self.journey.trends.submit_to_ready, took);
        self.user
            .time(self.journey.trends.poll_overhead, took.saturating_sub(look.ran));
        Some(Ready { job: look.job, seen })
    }

    pub(super) async fn regenerate_one(&mut self) {
        let Some(job) = self.known_job() else { return };
        if let Some(ready) = self.regenerate(&job).await {
            self.memory.remember(ready.job);
        }
    }

    /// Makes a job's audio anew, as patiently as it was submitted.
    async fn regenerate(&mut self, job: &KnownJob) -> Option<Ready> {
        let begun = Instant::now();
        loop {
            let sent = Instant::now();
            let answer = self.ask(Endpoint::Regenerate, &[&job.id]).await?;
            match answer.outcome() {
                Outcome::Ok => {
                    let accepted = self.accepted(sent, &answer)?;
                    return self.until_ready(accepted).await;
                }
                Outcome::RateLimited => {
                    if !self.back_off(&answer, begun).await {
                        return None;
                    }
                }
                _ => return None,
            }
        }
    }

    pub(super) async fn cancel(&mut self) {
        let Some(accepted) = self.submit_patiently(Endpoint::Submit).await else {
            return;
        };
        let pause = self.journey.jobs.poll.mul_f64(self.user.rng().f64());
        self.user.pause(pause).await;
        let Some(answer) = self.ask(Endpoint::Cancel, &[&accepted.id]).await else {
            return;
        };
        if answer.outcome() == Outcome::Ok {
            let status = status_of(&answer, &self.journey.profile);
            let has_ended = status.is_some_and(JobStatus::is_terminal);
            self.check(self.journey.checks.canceled, has_ended);
        }
    }

    pub(super) async fn delete(&mut self) {
        if self.memory.own.is_empty() {
            self.submit(Endpoint::Submit).await;
        }
        if let Some(job) = self.memory.own.pop_back() {
            self.delete_job(&job).await;
        }
    }

    async fn delete_job(&mut self, job: &KnownJob) {
        if let Some(answer) = self.ask(Endpoint::Delete, &[&job.id]).await
            && answer.outcome() == Outcome::Ok
        {
            self.check(
                self.journey.checks.deleted,
                answer.status == StatusCode::NO_CONTENT,
            );
        }
    }
}
