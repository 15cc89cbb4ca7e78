//! Refusals, as RFC 9457 problem details.

use audio_api::{ErrorCode, PROBLEM_CONTENT_TYPE, Problem};
use axum::response::{IntoResponse, Response};
use http::{
    HeaderValue, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde_json::{Map, Value};

use super::request;
use crate::{
    engine::{EngineError, FaultRefused, SubmitError},
    injection::InjectedError,
};

/// An answer that refuses.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    retry_after_s: Option<u32>,
    challenge: Option<&'static str>,
    connection: After,
    extensions: Map<String, Value>,
}

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// It serves further requests.
    Kept,
    /// It is closed, and the client is told so: part of the request was never read.
    Closed,
}

impl Refusal {
    pub(super) fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        let (detail, extensions) = (detail.into(), Map::new());
        Self {
            status,
            code,
            title,
            detail,
            retry_after_s: None,
            challenge: None,
            connection: After::Kept,
            extensions,
        }
    }

    pub(super) fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, "The request is not valid", detail)
    }

    pub(super) fn too_large(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            code,
            "The request is too large",
            detail,
        )
    }

    pub(super) fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, "There is no such thing", detail)
    }

    pub(super) fn unknown_job() -> Self {
        Self::not_found(
            "job_not_found",
            "no job of this id is known; it may have been deleted or dropped",
        )
    }

    pub(super) fn unknown_segment() -> Self {
        Self::not_found("segment_not_found", "the job has no segment of this id")
    }

    /// Audio that there will never be.
    pub(super) fn gone(code: ErrorCode) -> Self {
        let detail = format!("the audio failed or was canceled: {code}");
        Self::new(
            StatusCode::GONE,
            code.as_str(),
            "The audio does not exist",
            detail,
        )
    }

    pub(super) fn evicted() -> Self {
        let detail = "the audio was evicted from the store; regenerate the job to have it made again";
        Self::new(StatusCode::GONE, "evicted", "The audio is no longer kept", detail)
    }

    /// A token is missing or wrong; `challenge` is what RFC 9110 §11.6.1 wants said of how to send it.
    pub(super) fn unauthorized(challenge: &'static str, detail: &'static str) -> Self {
        let refusal = Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "A token is needed",
            detail,
        );
        Self {
            challenge: Some(challenge),
            ..refusal
        }
    }

    pub(super) fn internal(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "The server failed",
            detail,
        )
    }

    pub(super) fn unavailable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            code,
            "The server cannot do this now",
            detail,
        )
    }

    pub(super) fn injected(error: &InjectedError) -> Self {
        let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (rule, arrival) = (&error.rule_id, error.arrival);
        let detail =
            format!("fault rule {rule} answers this request, number {arrival} of those that it matched");
        let refusal = Self::new(status, "injected_fault", "A fault rule struck", detail);
        Self {
            retry_after_s: error.retry_after_s,
            ..refusal
        }
    }

    pub(super) fn retry_after(self, seconds: u32) -> Self {
        Self {
            retry_after_s: Some(seconds),
            ..self
        }
    }

    pub(super) fn closing(self) -> Self {
        Self {
            connection: After::Closed,
            ..self
        }
    }

    pub(super) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.extensions.insert(member.to_owned(), value.into());
        self
    }
}

/// What names the kind of a problem, as a URI.
pub(super) fn kind(code: &str) -> String {
    format!("urn:touchstone:problem:{code}")
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = Problem {
            kind: kind(self.code),
            title: self.title.to_owned(),
            status: self.status.as_u16(),
            detail: self.detail,
            code: self.code.to_owned(),
            request_id: request::current_id(),
            extensions: self.extensions,
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_CONTENT_TYPE));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.connection == After::Closed {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(challenge) = self.challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

/// Turns what the framework refuses by itself, such as a path that is not UTF-8, into a problem as well.
pub(super) async fn only_problems(response: Response) -> Response {
    let status = response.status();
    let is_problem = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind == PROBLEM_CONTENT_TYPE);
    if is_problem || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (head, _) = response.into_parts();
    let detail = "the request could not be read; its path and query must be UTF-8";
    let mut problem = Refusal::new(status, "bad_request", "The request is not valid", detail).into_response();
    if let Some(allow) = head.headers.get(ALLOW) {
        problem.headers_mut().insert(ALLOW, allow.clone());
    }
    problem
}

impl From<EngineError> for Refusal {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Unavailable { .. } => {
                Self::unavailable("engine_unavailable", error.to_string()).retry_after(1)
            }
            EngineError::Inconsistent(_) => Self::internal(error.to_string()),
            EngineError::BadCursor { .. } => Self::bad_request("bad_cursor", error.to_string()),
        }
    }
}

impl From<SubmitError> for Refusal {
    fn from(error: SubmitError) -> Self {
        let detail = error.to_string();
        match error {
            SubmitError::TooManyActive { .. } => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_active_jobs",
                "Too many active jobs",
                detail,
            )
            .retry_after(1),
            SubmitError::NoWorkers => Self::unavailable("no_workers", detail).retry_after(5),
            SubmitError::KeyReused { .. } => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "The idempotency key belongs to another request",
                detail,
            ),
            SubmitError::Engine(error) => error.into(),
        }
    }
}

impl From<FaultRefused> for Refusal {
    fn from(error: FaultRefused) -> Self {
        match error {
            FaultRefused::TooMany { .. } => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_faults",
                "Too many fault rules",
                error.to_string(),
            ),
            FaultRefused::Engine(error) => error.into(),
        }
    }
}
