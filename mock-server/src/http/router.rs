//! The routes, each with its documentation, and nothing else.

use axum::{
    Router,
    middleware::{from_fn_with_state, map_response},
};
use http::StatusCode;

use super::{
    App, admin, auth, jobs, media, observe,
    openapi::{self, describe},
    playlist,
    problem::{self, Refusal},
    request,
    routes::Routes,
    submit,
};

/// All routes of the API.
pub(super) fn router(app: App) -> Router {
    let faults = fault_routes()
        .router()
        .route_layer(from_fn_with_state(app.clone(), auth::admin_token));
    let guarded = api_routes()
        .router()
        .merge(faults)
        .fallback(unknown_route)
        // Before the layer, or a method that no route knows would be answered without a token.
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(app.clone(), auth::api_token));
    let open = open_routes().router();
    #[cfg(feature = "api-page")]
    let open = open.merge(super::page::router());
    open.merge(guarded)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(map_response(problem::only_problems))
        .layer(from_fn_with_state(app.clone(), request::observe))
        .with_state(app)
}

/// What is answered to everybody.
pub(super) fn open_routes() -> Routes {
    Routes::new()
        .get("/health", observe::health, describe::health)
        .get("/ready", observe::ready, describe::ready)
}

/// What is answered to those who have the API token, where there is one.
pub(super) fn api_routes() -> Routes {
    Routes::new()
        .post(
            "/v1/reader/synthesize",
            submit::reader,
            describe::submit_by_reader,
        )
        .nest("/v1/tts/jobs", tts_jobs())
        .nest("/api/tts/jobs", tts_jobs())
        .get("/v1/admin/status", admin::status, describe::status)
        .get("/metrics", observe::metrics, describe::metrics)
        .get("/v1/metrics", observe::flat_metrics, describe::flat_metrics)
        .get("/openapi.json", openapi::get, describe::document)
}

/// What is answered to those who have the admin token as well.
pub(super) fn fault_routes() -> Routes {
    Routes::new()
        .get("/v1/admin/faults", admin::faults, describe::faults)
        .post("/v1/admin/faults", admin::add_fault, describe::add_fault)
        .delete(
            "/v1/admin/faults/{id}",
            admin::remove_fault,
            describe::remove_fault,
        )
}

fn tts_jobs() -> Routes {
    Routes::new()
        .get("/", jobs::list, describe::list_jobs)
        .post("/", submit::job, describe::submit_job)
        .get("/{job_id}", jobs::get, describe::job)
        .delete("/{job_id}", jobs::delete, describe::delete_job)
        .post("/{job_id}/cancel", jobs::cancel, describe::cancel_job)
        .post(
            "/{job_id}/regenerate",
            submit::regenerate,
            describe::regenerate_job,
        )
        .get_and_head(
            "/{job_id}/segments/{segment_id}",
            media::segment,
            describe::segment,
            describe::segment_head,
        )
        .get("/{job_id}/playlist.json", playlist::get, describe::playlist)
        .get_and_head(
            "/{job_id}/audio.ogg",
            media::merged,
            describe::merged_audio,
            describe::merged_audio_head,
        )
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
