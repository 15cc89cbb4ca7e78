//! Health, readiness and metrics.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE},
};
use serde_json::json;

use super::{App, body, problem::Refusal};
use crate::metrics::{Exposition, Format};

/// `GET /health`
pub(super) async fn health() -> Response {
    body::json(StatusCode::OK, &json!({"status": "ok"}))
}

/// `GET /ready`
pub(super) async fn ready(State(app): State<App>) -> Response {
    let snapshot = app.engine.snapshot().await;
    let workers = snapshot
        .as_ref()
        .is_ok_and(|snapshot| snapshot.workers_online > 0);
    let checks = [
        ("engine", snapshot.is_ok(), "the engine cannot be reached"),
        ("workers", workers, "no worker is online"),
        (
            "faults",
            app.engine.faults().await.is_ok(),
            "the fault rules are not loaded",
        ),
        ("running", !app.stopping.is_cancelled(), "the server is stopping"),
    ];
    let failing: Vec<_> = checks
        .iter()
        .filter(|(_, passed, _)| !passed)
        .map(|(check, _, detail)| json!({"check": check, "detail": detail}))
        .collect();
    if failing.is_empty() {
        return body::json(StatusCode::OK, &json!({"status": "ready"}));
    }
    let names: Vec<_> = checks
        .iter()
        .filter(|(_, passed, _)| !passed)
        .map(|(check, ..)| *check)
        .collect();
    Refusal::unavailable("not_ready", format!("failing checks: {}", names.join(", ")))
        .retry_after(1)
        .with("failing", failing)
        .into_response()
}

/// `GET /metrics`
pub(super) async fn metrics(State(app): State<App>, headers: HeaderMap) -> Result<Response, Refusal> {
    let format = Format::accepted(headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()));
    let mut response = exposition(&app).await?.text(format).into_response();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// `GET /v1/metrics`
pub(super) async fn flat_metrics(State(app): State<App>) -> Result<Response, Refusal> {
    Ok(body::json(StatusCode::OK, &exposition(&app).await?.flat()))
}

async fn exposition(app: &App) -> Result<Exposition, Refusal> {
    Ok(Exposition::new(
        &app.metrics,
        &app.snapshot().await?,
        app.blobs.stats(),
    ))
}
