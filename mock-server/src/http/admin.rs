//! The status snapshot and the fault rules.

use audio_api::fault::{FaultRule, Stage};
use axum::{
    Extension,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;

use super::{
    App, body,
    connection::Connection,
    faults::{self, Target},
    problem::Refusal,
};

/// `GET /v1/admin/status`
pub(super) async fn status(State(app): State<App>, Extension(connection): Extension<Connection>) -> Response {
    faults::through(&app, &connection, Target::nothing(Stage::HttpStatus), async {
        Ok(body::json(StatusCode::OK, &app.snapshot().await?))
    })
    .await
}

/// `GET /v1/admin/faults`
pub(super) async fn faults(State(app): State<App>) -> Result<Response, Refusal> {
    Ok(body::json(StatusCode::OK, &app.engine.faults().await?))
}

/// `POST /v1/admin/faults`
pub(super) async fn add_fault(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let (rule, _) = body::read_json::<FaultRule>(&app.bodies, request).await?;
    let record = app.engine.add_fault(rule).await?;
    tracing::info!(rule = record.id, stage = %record.rule.stage(), "fault rule added");
    Ok(body::json(StatusCode::CREATED, &record))
}

/// `DELETE /v1/admin/faults/{id}`
pub(super) async fn remove_fault(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    if !app.engine.remove_fault(&id).await? {
        return Err(Refusal::not_found(
            "fault_not_found",
            "no fault rule of this id stands",
        ));
    }
    tracing::info!(rule = id, "fault rule removed");
    Ok(StatusCode::NO_CONTENT.into_response())
}
