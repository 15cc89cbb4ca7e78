//! Tokens: one for the API, one for the fault routes.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderValue,
    header::{AUTHORIZATION, CACHE_CONTROL},
};

use super::{App, problem::Refusal};

/// Lets a request through if the server wants no API token or the request has it.
///
/// What is answered under a token is nobody else's, so shared caches are told not to keep it.
pub(super) async fn api_token(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = if admits(&app, request.headers()) {
        next.run(request).await
    } else {
        Refusal::unauthorized(
            "Bearer realm=\"touchstone\"",
            "send the API token as Authorization: Bearer TOKEN",
        )
        .into_response()
    };
    let headers = response.headers_mut();
    if let Some(value) = private(&app, headers.get(CACHE_CONTROL)) {
        headers.insert(CACHE_CONTROL, value);
    }
    response
}

/// Whether the server wants no API token or the request has it.
pub(super) fn admits(app: &App, headers: &HeaderMap) -> bool {
    app.api_token.as_ref().is_none_or(|token| {
        let given = headers.get(AUTHORIZATION).and_then(bearer);
        given.is_some_and(|given| token.is(given))
    })
}

/// RFC 9110 §11.1: the scheme is case-insensitive.
fn bearer(value: &HeaderValue) -> Option<&[u8]> {
    let (scheme, token) = value.as_bytes().split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then(|| token.trim_ascii())
}

/// The `Cache-Control` in place of this one that tells shared caches not to keep what was answered under a token; `None`
/// where this one does, or the server wants no token.
pub(super) fn private(app: &App, cache_control: Option<&HeaderValue>) -> Option<HeaderValue> {
    app.api_token.as_ref()?;
    let value = match cache_control.and_then(|value| value.to_str().ok()) {
        Some(public) if public.contains("public") => public.replace("public", "private"),
        Some(other) if other.contains("private") => return None,
        Some(other) => format!("private, {other}"),
        None => "private".to_owned(),
    };
    HeaderValue::try_from(value).ok()
}

/// Lets a request through to the fault routes if they are switched on and it has their token.
pub(super) async fn admin_token(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(token) = &app.admin_token else {
        return Refusal::not_found(
            "not_found",
            "the fault routes are off; --admin-token switches them on",
        )
        .into_response();
    };
    let given = request
        .headers()
        .get("x-admin-token")
        .map_or(&[][..], HeaderValue::as_bytes);
    if token.is(given) {
        return next.run(request).await;
    }
    Refusal::unauthorized(
        "X-Admin-Token realm=\"touchstone faults\"",
        "send the admin token as X-Admin-Token",
    )
    .into_response()
}
