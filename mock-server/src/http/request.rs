//! What happens around every request: its id, its log line, its latency.

use std::{
    borrow::Cow,
    hash::{BuildHasher as _, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Instant, SystemTime},
};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tracing::Instrument as _;
use uuid::{Builder, Uuid};

use super::{App, message};
use crate::{metrics::RequestLabels, representation::Answered};

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken over from a caller.
const MAX_ID_LEN: usize = 128;

tokio::task_local! {
    static REQUEST_ID: HeaderValue;
}

/// The id of the request that is being answered; empty outside of one.
pub(super) fn current_id() -> String {
    REQUEST_ID
        .try_with(|id| id.to_str().unwrap_or_default().to_owned())
        .unwrap_or_default()
}

/// Gives the request an id, logs it, measures it.
pub(super) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let id = id(request.headers());
    let method = method_name(request.method());
    let matched = request.extensions().get::<MatchedPath>();
    let route = Cow::from(matched.map_or("none", MatchedPath::as_str).to_owned());
    let span = tracing::info_span!(
        "request",
        method,
        route = &*route,
        id = id.to_str().unwrap_or_default()
    );
    app.metrics.requests_in_flight.inc();
    let answer = async {
        match message::check(&request) {
            Ok(()) => next.run(request).await,
            Err(refusal) => refusal.into_response(),
        }
    };
    let answer = REQUEST_ID.scope(id.clone(), answer).instrument(span.clone());
    let in_flight = InFlight(&app);
    let mut response = answer.await;
    drop(in_flight);
    let elapsed = start.elapsed();
    let status = response.status().as_u16();
    span.in_scope(|| tracing::debug!(status, elapsed_ms = elapsed.as_secs_f64() * 1e3, "answered"));
    app.metrics.observe_request(
        &RequestLabels {
            method,
            route,
            status,
        },
        elapsed,
    );
    response.headers_mut().insert(X_REQUEST_ID, id);
    response
}

/// Measures a GET that was answered at once, and gives it its id.
pub(super) fn answered<S>(
    app: &App,
    route: &'static str,
    headers: &HeaderMap,
    answered: &mut Answered<S>,
    start: Instant,
) {
    let labels = RequestLabels {
        method: "GET",
        route: Cow::Borrowed(route),
        status: answered.status.as_u16(),
    };
    app.metrics.observe_request(&labels, start.elapsed());
    answered.headers.set(X_REQUEST_ID, id(headers));
}

/// Counts down also when the client goes away and the request is dropped.
struct InFlight<'a>(&'a App);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.metrics.requests_in_flight.dec();
    }
}

/// The caller's id if it is a sane one, else a new one.
fn id(headers: &HeaderMap) -> HeaderValue {
    let sane = |id: &&HeaderValue| {
        let legal = |b: &u8| b.is_ascii_alphanumeric() || b"-_.:".contains(b);
        (1..=MAX_ID_LEN).contains(&id.len()) && id.as_bytes().iter().all(legal)
    };
    match headers.get(X_REQUEST_ID).filter(sane) {
        Some(id) => id.clone(),
        None => new_id(),
    }
}

/// An id of the form of a UUID of version 7 (RFC 9562 §5.7). Its random bits come from a hash of a counter under keys
/// that the process drew once: asking the system for each request's would double its calls.
fn new_id() -> HeaderValue {
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let millis = now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or_default());
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut random = [0; 10];
    random[..8].copy_from_slice(&KEYS.hash_one(count).to_be_bytes());
    random[8..].copy_from_slice(&KEYS.hash_one((count, "more")).to_be_bytes()[..2]);
    let id = Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
    let mut text = Uuid::encode_buffer();
    let text = id.hyphenated().encode_lower(&mut text);
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}

/// Methods are a client's to choose, labels are not.
fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sane_id_is_taken_over_and_another_is_replaced() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(
                X_REQUEST_ID,
                HeaderValue::from_bytes(value.as_bytes()).expect("legal in HTTP"),
            );
            id(&headers)
        };
        assert_eq!(with("abc-1:2.3_4"), "abc-1:2.3_4");
        for insane in ["", "with space", "quote\"", &"x".repeat(129)] {
            assert_ne!(with(insane), insane);
            assert_eq!(with(insane).len(), 36);
        }
    }

    #[test]
    fn new_ids_are_uuids_of_version_7_that_differ() {
        let ids: std::collections::HashSet<Uuid> = (0..10_000)
            .map(|_| new_id().to_str().expect("ASCII").parse().expect("a UUID"))
            .collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }
}
