//! Faults at `http.*` stages: before the answer is made, and on its body.

use audio_api::{JobId, fault::Stage};
use axum::response::{IntoResponse, Response};

use super::{App, body, connection::Connection, problem::Refusal};
use crate::{
    engine::{FaultSite, JobSpec},
    injection::{self, Effects, Interruption, Stopped},
};

/// What a request is about, as fault rules see it.
pub(super) struct Target<'a> {
    pub(super) stage: Stage,
    pub(super) job: Option<&'a JobId>,
    pub(super) segment_index: Option<u32>,
}

impl<'a> Target<'a> {
    pub(super) const fn job(stage: Stage, job: &'a JobId) -> Self {
        Self {
            stage,
            job: Some(job),
            segment_index: None,
        }
    }

    pub(super) const fn nothing(stage: Stage) -> Self {
        Self {
            stage,
            job: None,
            segment_index: None,
        }
    }
}

/// Answers a request through the faults that strike its stage.
pub(super) async fn through(
    app: &App,
    connection: &Connection,
    target: Target<'_>,
    answer: impl Future<Output = Result<Response, Refusal>>,
) -> Response {
    if !app.engine.has_faults(target.stage) {
        return answer.await.unwrap_or_else(IntoResponse::into_response);
    }
    let job = match target.job {
        Some(id) => app.engine.job(id).await.ok().flatten(),
        None => None,
    };
    let site = FaultSite {
        segment_index: target.segment_index,
        ..FaultSite::of_job(target.stage, job.as_ref().map(|job| &*job.spec))
    };
    match strike(app, connection, &site).await {
        Ok(effects) => body::apply(&effects, answer.await.unwrap_or_else(IntoResponse::into_response)),
        Err(refusal) => refusal.into_response(),
    }
}

/// Carries out what strikes here; does not return when a fault closes the connection.
pub(super) async fn strike(
    app: &App,
    connection: &Connection,
    site: &FaultSite<'_>,
) -> Result<Effects, Refusal> {
    match injection::strike(&*app.engine, site).await {
        Ok(effects) => Ok(effects),
        Err(stopped) => Err(stop(connection, stopped).await),
    }
}

pub(super) async fn stop(connection: &Connection, stopped: Stopped) -> Refusal {
    match stopped {
        Stopped::By(Interruption::Error(error)) => Refusal::injected(&error),
        Stopped::By(Interruption::Drop | Interruption::Crash) => connection.close().await,
        Stopped::Engine(error) => error.into(),
    }
}

/// The parts of a job that a submit's faults can match on, before there is a job.
pub(super) fn submit_site(spec: &JobSpec) -> FaultSite<'_> {
    FaultSite::of_job(Stage::HttpSubmit, Some(spec))
}
