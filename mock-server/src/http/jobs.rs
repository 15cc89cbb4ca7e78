//! Reading, listing, canceling and deleting jobs.

use audio_api::{CancelAnswer, JobAnswer, JobId, JobList, JobStatus, fault::Stage};
use axum::{
    Extension,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::Deserialize;

use super::{
    App, body,
    connection::Connection,
    faults::{self, Target},
    problem::Refusal,
};
use crate::engine::{CancelReason, ListQuery};

const PAGE: usize = 50;
const MAX_PAGE: usize = 200;

/// `GET /v1/tts/jobs/{job_id}`
pub(super) async fn get(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    Path(id): Path<String>,
) -> Response {
    let id = JobId::from(id);
    faults::through(&app, &connection, Target::job(Stage::HttpJob, &id), async {
        let job = app.engine.job(&id).await?.ok_or_else(Refusal::unknown_job)?;
        Ok(body::json(
            StatusCode::OK,
            &JobAnswer {
                job_id: id.clone(),
                manifest: job.manifest,
            },
        ))
    })
    .await
}

/// The query of the job list, as it is written.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    status: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

/// `GET /v1/tts/jobs`
pub(super) async fn list(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Response {
    faults::through(&app, &connection, Target::nothing(Stage::HttpJob), async {
        let Query(page) = page.map_err(|error| Refusal::bad_request("bad_query", error.body_text()))?;
        let page = app.engine.list(&query(page)?).await?;
        Ok(body::json(
            StatusCode::OK,
            &JobList {
                jobs: page.jobs,
                next_cursor: page.next_cursor,
            },
        ))
    })
    .await
}

fn query(page: Page) -> Result<ListQuery, Refusal> {
    let status = page.status.as_deref().map(str::parse::<JobStatus>).transpose();
    let status = status.map_err(|error| Refusal::bad_request("unknown_status", error.to_string()))?;
    let limit = page
        .limit
        .as_deref()
        .map_or(Some(PAGE), |limit| limit.parse().ok());
    let limit = limit
        .filter(|limit| (1..=MAX_PAGE).contains(limit))
        .ok_or_else(|| {
            let given = page.limit.as_deref().unwrap_or_default();
            Refusal::bad_request("bad_limit", format!("limit is {given:?}; legal: 1 to {MAX_PAGE}"))
        })?;
    Ok(ListQuery {
        status,
        limit,
        cursor: page.cursor,
    })
}

/// `POST /v1/tts/jobs/{job_id}/cancel`
pub(super) async fn cancel(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    Path(id): Path<String>,
) -> Response {
    let id = JobId::from(id);
    faults::through(&app, &connection, Target::job(Stage::HttpCancel, &id), async {
        let job = app
            .engine
            .cancel(&id, CancelReason::Requested)
            .await?
            .ok_or_else(Refusal::unknown_job)?;
        Ok(body::json(
            StatusCode::OK,
            &CancelAnswer {
                job_id: id.clone(),
                status: job.manifest.status,
            },
        ))
    })
    .await
}

/// `DELETE /v1/tts/jobs/{job_id}`
pub(super) async fn delete(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    Path(id): Path<String>,
) -> Response {
    let id = JobId::from(id);
    faults::through(&app, &connection, Target::job(Stage::HttpJob, &id), async {
        if app.engine.delete(&id).await? {
            Ok(StatusCode::NO_CONTENT.into_response())
        } else {
            Err(Refusal::unknown_job())
        }
    })
    .await
}
