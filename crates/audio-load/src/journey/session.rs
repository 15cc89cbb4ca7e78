//! One user in the middle of a journey: how it asks.

use http::uri::PathAndQuery;
use load_engine::{Answer, CheckId, Keep, Request, StepId, User};

use super::{AudioJourney, UserMemory};
use crate::{Action, Endpoint, KnownJob};

/// The most of a JSON answer that is kept.
const JSON: Keep = Keep::UpTo(1 << 20);

pub(super) struct Session<'a> {
    pub(super) journey: &'a AudioJourney,
    pub(super) user: &'a mut User,
    pub(super) memory: &'a mut UserMemory,
}

impl Session<'_> {
    pub(super) async fn act(&mut self, action: Action) {
        match action {
            Action::Health => self.look_at(Endpoint::Health).await,
            Action::Ready => self.look_at(Endpoint::Ready).await,
            Action::List => self.look_at(Endpoint::List).await,
            Action::Metrics => self.look_at(Endpoint::Metrics).await,
            Action::FlatMetrics => self.look_at(Endpoint::FlatMetrics).await,
            Action::Openapi => self.document().await,
            Action::Status => self.status().await,
            Action::Job | Action::Playlist | Action::Segment | Action::Range | Action::Merged => {
                self.read_one(action).await;
            }
            Action::Overview => self.overview().await,
            Action::Query => self.query().await,
            Action::Listen => self.listen().await,
            Action::Submit => self.submit(Endpoint::Submit).await,
            Action::Reader => self.submit(Endpoint::Reader).await,
            Action::Create => self.create().await,
            Action::Cancel => self.cancel().await,
            Action::Delete => self.delete().await,
            Action::Regenerate => self.regenerate_one().await,
        }
    }

    /// A request to an endpoint, `values` filling its placeholders; `None` when the workload does not have it.
    pub(super) fn request(&self, endpoint: Endpoint, values: &[&str]) -> Option<(StepId, Request)> {
        let access = self.journey.accesses.get(endpoint)?;
        // A filled template is percent-encoded, and so always a path.
        let path = PathAndQuery::try_from(access.template.fill(values)).ok()?;
        Some((access.step, self.user.target().request(endpoint.method(), path)))
    }

    /// Asks and takes a JSON answer.
    pub(super) async fn ask(&mut self, endpoint: Endpoint, values: &[&str]) -> Option<Answer> {
        let (step, request) = self.request(endpoint, values)?;
        self.send(step, request.keeping(JSON)).await
    }

    /// Sends; how it ended is recorded, whether or not there is an answer.
    pub(super) async fn send(&mut self, step: StepId, request: Request) -> Option<Answer> {
        self.user.send(step, &request).await.ok()
    }

    pub(super) fn check(&self, check: CheckId, passed: bool) {
        self.user.check(check, passed);
    }

    /// A job with audio: one of the user's own, the newest, else one of the library.
    pub(super) fn known_job(&mut self) -> Option<KnownJob> {
        let own = self.memory.own.front();
        own.or_else(|| self.journey.library.pick(self.user.rng()))
            .cloned()
    }
}
