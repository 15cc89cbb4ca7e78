//! Bodies in and out: bounded, typed, and cut or slowed by faults.

use std::{
    fmt, io,
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::{self, Sleep};

use super::problem::Refusal;
use crate::injection::Effects;

/// The most bytes a request's body may have: the longest text with every character escaped, and room for the rest.
pub(super) const MAX_BODY_BYTES: usize = 384 << 10;
/// A body's first piece makes room for so much at once, or for its announced length if that is less.
const FIRST_ROOM_BYTES: usize = 16 << 10;

/// What receiving bodies may take.
#[derive(Debug)]
pub struct BodyLimits {
    /// For one body to arrive.
    pub timeout: Duration,
    /// For the bytes of all bodies that are being received.
    pub max_buffered_bytes: u64,
    /// Those bytes now.
    pub buffered_bytes: AtomicU64,
}

/// A whole JSON body, with the bytes it was read from.
pub(super) async fn read_json<T: DeserializeOwned>(
    limits: &BodyLimits,
    request: Request,
) -> Result<(T, Vec<u8>), Refusal> {
    check_content_type(request.headers())?;
    let bytes = read(limits, request.into_body()).await?;
    let refused = |why: &dyn fmt::Display| {
        Refusal::bad_request("bad_json", format!("the body is not what it should be: {why}"))
    };
    match serde_json::from_slice(&bytes) {
        // A derived reader also takes a list, as the fields in their order.
        Ok(_) if !bytes.trim_ascii_start().starts_with(b"{") => Err(refused(&"it is a list, not an object")),
        Ok(value) => Ok((value, bytes)),
        Err(error) => Err(refused(&error)),
    }
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = given
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if media_type == "application/json"
        || (media_type.starts_with("application/") && media_type.ends_with("+json"))
    {
        return Ok(());
    }
    let detail = format!("content type is {given:?}; legal: application/json");
    Err(Refusal::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "not_json",
        "The body is not JSON",
        detail,
    ))
}

/// Reads a body within the limits. A refusal closes the connection: the rest of the body is not read.
async fn read(limits: &BodyLimits, body: Body) -> Result<Vec<u8>, Refusal> {
    if body.size_hint().lower() > MAX_BODY_BYTES as u64 {
        return Err(too_large());
    }
    let within = time::timeout(limits.timeout, gather(limits, body)).await;
    within.unwrap_or_else(|_| {
        let detail = format!("the body did not arrive within {:?}", limits.timeout);
        let status = StatusCode::REQUEST_TIMEOUT;
        Err(Refusal::new(status, "body_timeout", "The request is too slow", detail).closing())
    })
}

/// Copies piece by piece: a piece as it came keeps the whole buffer alive that it was read into, so that a body of
/// single bytes would take a thousand times its length.
async fn gather(limits: &BodyLimits, mut body: Body) -> Result<Vec<u8>, Refusal> {
    let announced = body
        .size_hint()
        .exact()
        .and_then(|bytes| usize::try_from(bytes).ok());
    let mut whole = Vec::new();
    let mut buffered = Buffered { limits, bytes: 0 };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            Refusal::bad_request("bad_body", format!("the body did not arrive whole: {error}")).closing()
        })?;
        let Some(piece) = frame.data_ref() else { continue };
        if whole.len() + piece.len() > MAX_BODY_BYTES {
            return Err(too_large());
        }
        if whole.is_empty() {
            whole.reserve(announced.unwrap_or(FIRST_ROOM_BYTES).min(FIRST_ROOM_BYTES));
        }
        buffered.take(piece.len())?;
        whole.extend_from_slice(piece);
    }
    Ok(whole)
}

/// The bytes of one body within what all may take; given back when it is read or given up.
struct Buffered<'a> {
    limits: &'a BodyLimits,
    bytes: u64,
}

impl Buffered<'_> {
    fn take(&mut self, bytes: usize) -> Result<(), Refusal> {
        let bytes = bytes as u64;
        let before = self.limits.buffered_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        if before + bytes <= self.limits.max_buffered_bytes {
            return Ok(());
        }
        let detail = format!(
            "the bodies that are being received have {} bytes in all, and there is no room for more",
            self.limits.max_buffered_bytes
        );
        Err(Refusal::unavailable("bodies_full", detail)
            .retry_after(1)
            .closing())
    }
}

impl Drop for Buffered<'_> {
    fn drop(&mut self) {
        self.limits
            .buffered_bytes
            .fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

fn too_large() -> Refusal {
    let detail = format!("a body has at most {MAX_BODY_BYTES} bytes");
    Refusal::too_large("body_too_large", detail).closing()
}

/// A JSON answer that no cache keeps.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let Ok(body) = serde_json::to_vec(value) else {
        return Refusal::internal("the answer could not be written").into_response();
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Cuts or slows an answer's body. Its headers stay as they are, so a cut one breaks off.
pub(super) fn apply(effects: &Effects, response: Response) -> Response {
    if effects.truncate.is_none() && effects.rate.is_none() {
        return response;
    }
    let effects = effects.clone();
    response.map(|body| Body::new(Faulty::new(body, effects)))
}

/// A body that breaks off, or comes slowly.
struct Faulty {
    inner: Body,
    effects: Effects,
    announced: SizeHint,
    left: Option<u64>,
    cut: bool,
    pending: Bytes,
    sleep: Option<Pin<Box<Sleep>>>,
}

/// How long a body that breaks off waits for its last bytes to be sent.
const FLUSH: Duration = Duration::from_millis(50);
/// A slow body comes in this many pieces a second.
const PIECES_PER_S: u64 = 20;

impl Faulty {
    fn new(inner: Body, effects: Effects) -> Self {
        let announced = inner.size_hint();
        let whole = announced.exact().and_then(|whole| usize::try_from(whole).ok());
        let left = effects
            .truncate
            .and(whole)
            .map(|whole| effects.kept(whole) as u64);
        Self {
            inner,
            effects,
            announced,
            left,
            cut: false,
            pending: Bytes::new(),
            sleep: None,
        }
    }

    /// The next piece of what is pending, no longer than the rate and the cut allow.
    fn piece(&mut self) -> Bytes {
        let mut len = self.pending.len() as u64;
        if let Some((rate, released)) = &self.effects.rate
            && !released.is_cancelled()
        {
            len = len.min((rate / PIECES_PER_S).max(1));
            #[expect(clippy::cast_precision_loss, reason = "a time for waiting")]
            let time = Duration::from_secs_f64(len as f64 / *rate as f64);
            self.sleep = Some(Box::pin(time::sleep(time)));
        }
        if let Some(left) = &mut self.left {
            len = len.min(*left);
            *left -= len;
        }
        self.pending.split_to(usize::try_from(len).unwrap_or(usize::MAX))
    }
}

impl HttpBody for Faulty {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        if let Some(sleep) = &mut this.sleep {
            ready!(sleep.as_mut().poll(cx));
            this.sleep = None;
        }
        if this.left == Some(0) {
            if !this.cut {
                this.cut = true;
                // What was let through is only sent when nothing more is at hand; an error now would take it along.
                ready!(this.sleep.insert(Box::pin(time::sleep(FLUSH))).as_mut().poll(cx));
            }
            let cut = io::Error::new(io::ErrorKind::UnexpectedEof, "a fault rule cuts this body");
            return Poll::Ready(Some(Err(axum::Error::new(cut))));
        }
        while this.pending.is_empty() {
            match ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(frame)) => this.pending = frame.into_data().unwrap_or_default(),
            }
        }
        Poll::Ready(Some(Ok(Frame::data(this.piece()))))
    }

    fn size_hint(&self) -> SizeHint {
        self.announced
    }
}
