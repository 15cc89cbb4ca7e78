//! The steps that are recorded: what is asked of which route.

use audio_client::{Route, TargetProfile, profile::Template};
use http::Method;
use load_engine::{Catalogue, StepId};

/// The step that stands for a dashboard's home page.
pub const OVERVIEW: &str = "overview";

/// One step of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Endpoint {
    /// GET of the health route.
    Health,
    /// GET of the readiness route.
    Ready,
    /// GET of the status snapshot.
    Status,
    /// GET of the list.
    List,
    /// GET of a job that has ended.
    Job,
    /// GET of a job to see whether it has ended.
    Poll,
    /// GET of a playlist.
    Playlist,
    /// GET of a whole segment.
    Segment,
    /// GET of a part of a segment.
    Range,
    /// GET of merged audio.
    Merged,
    /// GET of metrics as text.
    Metrics,
    /// GET of metrics as JSON.
    FlatMetrics,
    /// GET of the document of all routes.
    Openapi,
    /// POST of a job.
    Submit,
    /// POST of a job on the reader's route.
    Reader,
    /// POST of a cancel.
    Cancel,
    /// POST of a regenerate.
    Regenerate,
    /// DELETE of a job.
    Delete,
}

impl Endpoint {
    /// Every endpoint, in the order of reports.
    pub const ALL: [Self; 18] = [
        Self::Health,
        Self::Ready,
        Self::Status,
        Self::List,
        Self::Job,
        Self::Poll,
        Self::Playlist,
        Self::Segment,
        Self::Range,
        Self::Merged,
        Self::Metrics,
        Self::FlatMetrics,
        Self::Openapi,
        Self::Submit,
        Self::Reader,
        Self::Cancel,
        Self::Regenerate,
        Self::Delete,
    ];

    /// Its name as a step.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Ready => "ready",
            Self::Status => "status",
            Self::List => "list",
            Self::Job => "job",
            Self::Poll => "poll",
            Self::Playlist => "playlist",
            Self::Segment => "segment",
            Self::Range => "range",
            Self::Merged => "merged",
            Self::Metrics => "metrics",
            Self::FlatMetrics => "flat_metrics",
            Self::Openapi => "openapi",
            Self::Submit => "submit",
            Self::Reader => "reader",
            Self::Cancel => "cancel",
            Self::Regenerate => "regenerate",
            Self::Delete => "delete",
        }
    }

    /// The route that it asks.
    #[must_use]
    pub const fn route(self) -> Route {
        match self {
            Self::Health => Route::Health,
            Self::Ready => Route::Ready,
            Self::Status => Route::Status,
            Self::List => Route::List,
            Self::Job | Self::Poll => Route::Job,
            Self::Playlist => Route::Playlist,
            Self::Segment | Self::Range => Route::Segment,
            Self::Merged => Route::Merged,
            Self::Metrics => Route::Metrics,
            Self::FlatMetrics => Route::FlatMetrics,
            Self::Openapi => Route::Openapi,
            Self::Submit => Route::Submit,
            Self::Reader => Route::SubmitReader,
            Self::Cancel => Route::Cancel,
            Self::Regenerate => Route::Regenerate,
            Self::Delete => Route::Delete,
        }
    }

    pub(crate) const fn method(self) -> Method {
        match self {
            Self::Submit | Self::Reader | Self::Cancel | Self::Regenerate => Method::POST,
            Self::Delete => Method::DELETE,
            _ => Method::GET,
        }
    }
}

/// What is needed to ask an endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) step: StepId,
    pub(crate) template: Template,
}

/// The endpoints of a workload, each with its step and where it is.
#[derive(Debug, Default)]
pub(crate) struct Accesses([Option<Access>; Endpoint::ALL.len()]);

impl Accesses {
    /// Enters an endpoint; an error is the route that the target lacks.
    pub(crate) fn enter(
        &mut self,
        endpoint: Endpoint,
        (profile, catalogue): (&TargetProfile, &mut Catalogue),
    ) -> Result<(), Route> {
        let route = endpoint.route();
        let template = profile.paths.get(&route).ok_or(route)?.clone();
        let step = catalogue.step(endpoint.as_str(), template.as_str());
        self.0[endpoint as usize] = Some(Access { step, template });
        Ok(())
    }

    /// Where an endpoint is; `None` when the workload never asks it.
    pub(crate) fn get(&self, endpoint: Endpoint) -> Option<&Access> {
        self.0[endpoint as usize].as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_endpoint_stands_at_its_own_place() {
        for (place, endpoint) in Endpoint::ALL.into_iter().enumerate() {
            assert_eq!(endpoint as usize, place);
        }
    }
}
