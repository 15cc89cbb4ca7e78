//! The routes, and nothing else.

use axum::{
    Router,
    middleware::{from_fn_with_state, map_response},
    routing::{delete, get, post},
};
use http::StatusCode;

use super::{
    App, admin, auth, jobs, media, observe, playlist,
    problem::{self, Refusal},
    request, submit,
};

/// All routes of the API.
pub(super) fn router(app: App) -> Router {
    let faults = Router::new()
        .route("/v1/admin/faults", get(admin::faults).post(admin::add_fault))
        .route("/v1/admin/faults/{id}", delete(admin::remove_fault))
        .route_layer(from_fn_with_state(app.clone(), auth::admin_token));
    let guarded = Router::new()
        .route("/v1/reader/synthesize", post(submit::reader))
        .nest("/v1/tts/jobs", tts_jobs())
        .nest("/api/tts/jobs", tts_jobs())
        .route("/v1/admin/status", get(admin::status))
        .route("/metrics", get(observe::metrics))
        .route("/v1/metrics", get(observe::flat_metrics))
        .merge(faults)
        .fallback(unknown_route)
        // Before the layer, or a method that no route knows would be answered without a token.
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(app.clone(), auth::api_token));
    Router::new()
        .route("/health", get(observe::health))
        .route("/ready", get(observe::ready))
        .merge(guarded)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(map_response(problem::only_problems))
        .layer(from_fn_with_state(app.clone(), request::observe))
        .with_state(app)
}

fn tts_jobs() -> Router<App> {
    Router::new()
        .route("/", get(jobs::list).post(submit::job))
        .route("/{job_id}", get(jobs::get).delete(jobs::delete))
        .route("/{job_id}/cancel", post(jobs::cancel))
        .route("/{job_id}/regenerate", post(submit::regenerate))
        .route("/{job_id}/segments/{segment_id}", get(media::segment))
        .route("/{job_id}/playlist.json", get(playlist::get))
        .route("/{job_id}/audio.ogg", get(media::merged))
}

async fn unknown_route() -> Refusal {
    Refusal::not_found("not_found", "no route has this path")
}

async fn method_not_allowed() -> Refusal {
    let detail = "the route does not know this method; Allow names the legal ones";
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "The method is not allowed",
        detail,
    )
}
