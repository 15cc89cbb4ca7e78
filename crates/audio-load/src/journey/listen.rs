//! Reading: single looks, a job's audio, a dashboard's home page.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use audio_api::StatusSnapshot;
use http::StatusCode;
use load_engine::{Answer, Keep, record::Outcome};
use serde::{Deserialize, de::IgnoredAny};

use super::{
    answer::{is_range, ready_entries, retry_after},
    session::Session,
};
use crate::{Action, Endpoint, KnownJob, KnownSegment};

/// What makes a text an OpenAPI document of something; the rest of it is not read.
#[derive(Deserialize)]
struct Document {
    openapi: String,
    paths: BTreeMap<String, IgnoredAny>,
}

/// The wait where an answer that asks for one does not say how long.
const DEFAULT_WAIT: Duration = Duration::from_secs(1);

/// Of version 3, with a path.
fn is_document(body: &[u8]) -> bool {
    serde_json::from_slice::<Document>(body)
        .is_ok_and(|document| document.openapi.starts_with("3.") && !document.paths.is_empty())
}

impl Session<'_> {
    /// Asks an endpoint and looks at nothing but how it ended.
    pub(super) async fn look_at(&mut self, endpoint: Endpoint) {
        if let Some((step, request)) = self.request(endpoint, &[]) {
            self.send(step, request).await;
        }
    }

    pub(super) async fn status(&mut self) {
        if let Some(answer) = self.ask(Endpoint::Status, &[]).await {
            self.check_status(&answer);
        }
    }

    fn check_status(&self, answer: &Answer) {
        if answer.outcome() == Outcome::Ok {
            let read = serde_json::from_slice::<StatusSnapshot>(&answer.body);
            self.check(self.journey.checks.status, read.is_ok());
        }
    }

    /// The document of all routes.
    pub(super) async fn document(&mut self) {
        let Some(answer) = self.ask(Endpoint::Openapi, &[]).await else {
            return;
        };
        if answer.outcome() == Outcome::Ok {
            self.check(self.journey.checks.openapi, is_document(&answer.body));
        }
    }

    /// One request about a job that has audio.
    pub(super) async fn read_one(&mut self, action: Action) {
        let Some(job) = self.known_job() else { return };
        match action {
            Action::Playlist => self.playlist(&job).await,
            Action::Segment => self.segment(&job).await,
            Action::Range => self.range(&job).await,
            Action::Merged => {
                self.merged(&job).await;
            }
            _ => {
                self.ask(Endpoint::Job, &[&job.id]).await;
            }
        }
    }

    pub(super) async fn query(&mut self) {
        match self.user.rng().u8(..4) {
            0 => self.look_at(Endpoint::List).await,
            1 => self.status().await,
            2 => self.read_one(Action::Playlist).await,
            _ => self.read_one(Action::Job).await,
        }
    }

    pub(super) async fn listen(&mut self) {
        if let Some(job) = self.known_job() {
            self.hear(&job).await;
            self.merged(&job).await;
        }
    }

    /// Playlist, and random parts of random segments.
    pub(super) async fn hear(&mut self, job: &KnownJob) {
        self.playlist(job).await;
        for _ in 0..self.journey.jobs.ranges {
            self.range(job).await;
        }
    }

    async fn playlist(&mut self, job: &KnownJob) {
        if let Some(answer) = self.ask(Endpoint::Playlist, &[&job.id]).await {
            self.check_playlist(&answer, job);
        }
    }

    fn check_playlist(&self, answer: &Answer, job: &KnownJob) {
        if answer.outcome() == Outcome::Ok {
            let ready = ready_entries(answer);
            self.check(self.journey.checks.playlist, ready == Some(job.segments.len()));
        }
    }

    fn some_segment(&mut self, job: &KnownJob) -> Option<KnownSegment> {
        self.user.rng().choice(&job.segments).cloned()
    }

    async fn segment(&mut self, job: &KnownJob) {
        let Some(segment) = self.some_segment(job) else {
            return;
        };
        if let Some(answer) = self.audio(Endpoint::Segment, &[&job.id, &segment.id]).await {
            let is_whole = segment.size_bytes.is_none_or(|size| size == answer.bytes);
            self.check_audio(&answer, is_whole && answer.status == StatusCode::OK);
        }
    }

    async fn audio(&mut self, endpoint: Endpoint, values: &[&str]) -> Option<Answer> {
        let (step, request) = self.request(endpoint, values)?;
        let magic = self.journey.profile.audio.magic.len();
        self.send(step, request.keeping(Keep::First(magic))).await
    }

    /// An answer that holds audio from its first byte on.
    fn check_audio(&self, answer: &Answer, is_whole: bool) {
        if answer.outcome() == Outcome::Ok {
            let begins = answer.body[..] == *self.journey.profile.audio.magic.as_bytes();
            self.check(self.journey.checks.audio, begins && is_whole);
        }
    }

    async fn range(&mut self, job: &KnownJob) {
        let Some(segment) = self.some_segment(job) else {
            return;
        };
        let Some(size) = segment.size_bytes.filter(|size| *size > 0) else {
            // Without a size there is no part to ask for.
            return self.segment(job).await;
        };
        let Some((step, request)) = self.request(Endpoint::Range, &[&job.id, &segment.id]) else {
            return;
        };
        let first = self.user.rng().u64(..size);
        let last = self.user.rng().u64(first..size);
        let magic = self.journey.profile.audio.magic.len();
        let request = request.range(first, last).keeping(Keep::First(magic));
        let Some(answer) = self.send(step, request).await else {
            return;
        };
        if answer.outcome() == Outcome::Ok {
            let asked = (first, last, size);
            self.check(self.journey.checks.range, is_range(&answer, asked));
            if first == 0 && last + 1 >= magic as u64 {
                self.check_audio(&answer, true);
            }
        }
    }

    /// Merged audio, asked for until it is there; tells when it had come.
    pub(super) async fn merged(&mut self, job: &KnownJob) -> Option<Instant> {
        let begun = Instant::now();
        loop {
            let answer = self.audio(Endpoint::Merged, &[&job.id]).await?;
            match answer.outcome() {
                Outcome::Ok => {
                    self.check_audio(&answer, answer.status == StatusCode::OK);
                    self.check(self.journey.checks.merged, true);
                    return Some(Instant::now());
                }
                Outcome::Accepted => {
                    let wait = retry_after(&answer).unwrap_or(DEFAULT_WAIT);
                    if self.user.is_stopping() {
                        return None;
                    }
                    if begun.elapsed() + wait > self.journey.jobs.patience {
                        self.check(self.journey.checks.merged, false);
                        return None;
                    }
                    self.user.pause(wait).await;
                }
                _ => return None,
            }
        }
    }

    /// A dashboard's home page: four answers at once.
    pub(super) async fn overview(&mut self) {
        let (Some(whole), Some(job)) = (self.journey.overview, self.known_job()) else {
            return;
        };
        let asked = [
            (Endpoint::Status, vec![]),
            (Endpoint::List, vec![]),
            (Endpoint::Job, vec![job.id.as_str()]),
            (Endpoint::Playlist, vec![job.id.as_str()]),
        ];
        let parts: Vec<_> = asked
            .iter()
            .filter_map(|(endpoint, values)| self.request(*endpoint, values))
            .map(|(step, request)| (step, request.keeping(Keep::UpTo(1 << 20))))
            .collect();
        let answers = self.user.send_together(whole, parts).await;
        if let Some(Ok(status)) = answers.first() {
            self.check_status(status);
        }
        if let Some(Ok(playlist)) = answers.last() {
            self.check_playlist(playlist, &job);
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::is_document;

    #[rstest]
    #[case::one(
        r#"{"openapi": "3.1.0", "info": {}, "paths": {"/health": {"get": {}}}}"#,
        true
    )]
    #[case::of_nothing(r#"{"openapi": "3.1.0", "paths": {}}"#, false)]
    #[case::of_another_version(r#"{"openapi": "2.0", "paths": {"/health": {}}}"#, false)]
    #[case::another_thing(r#"{"jobs": []}"#, false)]
    #[case::cut_off(r#"{"openapi": "3.1.0", "paths": {"/health": {"#, false)]
    fn a_document_says_its_version_and_has_a_path(#[case] body: &str, #[case] is: bool) {
        assert_eq!(is_document(body.as_bytes()), is);
    }
}
