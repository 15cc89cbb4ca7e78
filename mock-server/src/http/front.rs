//! What every request meets first.
//!
//! Audio that is ready is answered at once: without waiting, without a task, and without what the other routes need and
//! this one does not. Everything else, and audio that anything stands in the way of (a fault rule, a missing token, a
//! store that has to be waited for), goes through the router. Both answers are made of the same parts, so that a client
//! cannot tell which way its request went.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use audio_api::{SegmentId, fault::Stage};
use axum::{Router, body::Body, extract::Request};
use bytes::Bytes;
use futures::future::{Either, Ready, ready};
use http::{HeaderMap, Method, Response, header::CACHE_CONTROL};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tower::Service as _;
use tracing::level_filters::LevelFilter;

use super::{App, auth, connection::Connection, media, message, plain::Plain, request, router::router};
use crate::{
    blobs::Held,
    engine::AudioPart,
    representation::{self, Answered},
};

/// The way in: to audio at hand, or to the router.
#[derive(Clone)]
pub struct Front {
    app: App,
    router: Router,
}

type Outcome = Result<Response<Outgoing>, Infallible>;

impl Front {
    /// The front of this app.
    #[must_use]
    pub fn new(app: App) -> Self {
        let router = router(app.clone());
        Self { app, router }
    }

    /// Answers a request that came on this connection.
    pub(super) fn answer(
        &self,
        request: http::Request<Incoming>,
        connection: &Connection,
    ) -> Either<Ready<Outcome>, impl Future<Output = Outcome> + use<>> {
        if let Some(response) = self.at_hand(&request) {
            let response = Response::from(response).map(Outgoing::AtHand);
            return Either::Left(ready(Ok(response)));
        }
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(connection.clone());
        let mut router = self.router.clone();
        Either::Right(async move { Ok(router.call(request).await?.map(Outgoing::Routed)) })
    }

    /// The answer to a request for audio that is ready, if nothing stands in its way.
    fn at_hand(&self, request: &http::Request<Incoming>) -> Option<Answered<Held>> {
        let start = Instant::now();
        if *request.method() != Method::GET {
            return None;
        }
        let named = Named::by(request.uri().path())?;
        // The router says what is wrong with it.
        if message::check(request).is_err() {
            return None;
        }
        self.ready(&named, request.headers(), start)
    }

    /// The same of a plain request, which has nothing in its head to be checked.
    pub(super) fn at_once(&self, plain: &Plain<'_>) -> Option<Answered<Held>> {
        let start = Instant::now();
        self.ready(&Named::by(plain.path)?, &plain.headers, start)
    }

    fn ready(&self, named: &Named<'_>, headers: &HeaderMap, start: Instant) -> Option<Answered<Held>> {
        // The router also writes the log line that there is for each request at that level.
        if LevelFilter::current() >= LevelFilter::DEBUG
            || self.app.engine.has_faults(named.stage)
            || !auth::admits(&self.app, headers)
        {
            return None;
        }
        let mut answered = media::at_hand(&self.app, named.job, named.part, headers)?;
        let fields = &mut answered.headers;
        if let Some(value) = auth::private(&self.app, fields.get(&CACHE_CONTROL)) {
            fields.set(CACHE_CONTROL, value);
        }
        request::answered(&self.app, named.route, headers, &mut answered, start);
        Some(answered)
    }
}

/// The audio that a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Named<'a> {
    job: &'a str,
    part: AudioPart,
    stage: Stage,
    /// The template that the router has for the path.
    route: &'static str,
}

impl<'a> Named<'a> {
    /// `None` for other paths, and for spellings that the router would have to decode first.
    fn by(path: &'a str) -> Option<Self> {
        let ([segment, merged], rest) = match path.strip_prefix("/v1/tts/jobs/") {
            Some(rest) => (
                [
                    "/v1/tts/jobs/{job_id}/segments/{segment_id}",
                    "/v1/tts/jobs/{job_id}/audio.ogg",
                ],
                rest,
            ),
            None => (
                [
                    "/api/tts/jobs/{job_id}/segments/{segment_id}",
                    "/api/tts/jobs/{job_id}/audio.ogg",
                ],
                path.strip_prefix("/api/tts/jobs/")?,
            ),
        };
        let (job, rest) = rest.split_once('/')?;
        if rest == "audio.ogg" {
            return Some(Self {
                job,
                part: AudioPart::Merged,
                stage: Stage::HttpMerged,
                route: merged,
            });
        }
        let index = SegmentId::index_of(rest.strip_prefix("segments/")?)?;
        Some(Self {
            job,
            part: AudioPart::Segment(index),
            stage: Stage::HttpSegment,
            route: segment,
        })
    }
}

/// The body of an answer, whichever way it came.
pub(super) enum Outgoing {
    /// Slices of stored audio.
    AtHand(representation::Body<Held>),
    /// What a route made.
    Routed(Body),
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.get_mut() {
            Self::AtHand(body) => Pin::new(body)
                .poll_frame(cx)
                .map(|frame| frame.map(|frame| frame.map_err(|never| match never {}))),
            Self::Routed(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::AtHand(body) => body.is_end_stream(),
            Self::Routed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::AtHand(body) => HttpBody::size_hint(body),
            Self::Routed(body) => body.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::segment("/v1/tts/jobs/j/segments/seg-0007", "j", AudioPart::Segment(7))]
    #[case::segment_by_its_alias("/api/tts/jobs/j/segments/seg-0007", "j", AudioPart::Segment(7))]
    #[case::merged("/v1/tts/jobs/j/audio.ogg", "j", AudioPart::Merged)]
    #[case::merged_by_its_alias("/api/tts/jobs/j/audio.ogg", "j", AudioPart::Merged)]
    fn a_plain_path_names_its_audio(#[case] path: &str, #[case] job: &str, #[case] part: AudioPart) {
        let named = Named::by(path).expect("named");
        assert_eq!((named.job, named.part), (job, part));
        assert_eq!(named.stage == Stage::HttpMerged, part == AudioPart::Merged);
    }

    #[rstest]
    #[case::the_job("/v1/tts/jobs/j")]
    #[case::another_route("/v1/tts/jobs/j/playlist.json")]
    #[case::a_slash_more("/v1/tts/jobs/j/audio.ogg/")]
    #[case::a_part_more("/v1/tts/jobs/j/segments/seg-0000/x")]
    #[case::a_segment_otherwise_spelt("/v1/tts/jobs/j/segments/seg-0")]
    #[case::encoded("/v1/tts/jobs/j/segments/seg%2D0000")]
    #[case::another_version("/v2/tts/jobs/j/audio.ogg")]
    fn another_path_is_left_to_the_router(#[case] path: &str) {
        assert_eq!(Named::by(path), None);
    }
}
