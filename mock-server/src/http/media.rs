//! Audio: one segment, or all of them merged.

use std::time::SystemTime;

use audio_api::{AUDIO_CONTENT_TYPE, ErrorCode, JobId, Manifest, SegmentId, SegmentStatus, fault::Stage};
use axum::{
    Extension,
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{CACHE_CONTROL, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS},
};
use jiff::Timestamp;
use serde_json::json;

use super::{
    App, body,
    connection::Connection,
    faults::{self, Target},
    pieces::Pieces,
    problem::Refusal,
};
use crate::{
    blobs::{Blob, Held},
    engine::{AudioPart, SegmentRecord},
    merge::{Merge, MergeFailed},
    representation::{Answer, Answered, ETag, InvalidETag, Object, Representation, select},
};

/// What a URL always answers with the same bytes may be kept for a year (RFC 8246 for `immutable`).
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// The contract promises that a URL's bytes never change for segments only, so merged audio is asked for again.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("public, no-cache");
const X_JOB_ID: HeaderName = HeaderName::from_static("x-job-id");
const X_SEGMENTS_MISSING: HeaderName = HeaderName::from_static("x-segments-missing");

/// `GET, HEAD /v1/tts/jobs/{job_id}/segments/{segment_id}`
pub(super) async fn segment(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    Path((job, segment)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let (job, id) = (JobId::from(job), SegmentId::from(segment));
    let target = Target {
        segment_index: id.index(),
        ..Target::job(Stage::HttpSegment, &job)
    };
    faults::through(&app, &connection, target, async {
        let Some(record) = app.engine.segment(&job, &id).await? else {
            let known = app.engine.job(&job).await?.is_some();
            return Err(if known {
                Refusal::unknown_segment()
            } else {
                Refusal::unknown_job()
            });
        };
        serve_segment(&app, &job, record, &method, &headers).await
    })
    .await
}

async fn serve_segment(
    app: &App,
    job: &JobId,
    record: SegmentRecord,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let segment = record.segment;
    match segment.status {
        SegmentStatus::Queued | SegmentStatus::Synthesizing => Ok(pending(&json!({
            "job_id": job,
            "segment_id": segment.segment_id,
            "status": segment.status,
            "attempts": segment.attempts,
        }))),
        SegmentStatus::Error => Err(Refusal::gone(
            segment.error_code.unwrap_or(ErrorCode::SynthesisFailed),
        )),
        SegmentStatus::Canceled => Err(Refusal::gone(segment.error_code.unwrap_or(ErrorCode::Canceled))),
        SegmentStatus::Ready => {
            let key = segment
                .cache_key
                .ok_or_else(|| Refusal::internal("a ready segment has no audio"))?;
            let blob = app
                .blobs
                .get(&key)
                .await
                .map_err(|error| Refusal::internal(error.to_string()))?;
            let blob = blob.ok_or_else(Refusal::evicted)?;
            let media = Media {
                job: job.as_str(),
                key: &key,
                stored_at: record.ready_at,
                segments_missing: 0,
                blob,
                cache_control: FOREVER,
            };
            media.answer(method, headers)
        }
    }
}

/// `GET, HEAD /v1/tts/jobs/{job_id}/audio.ogg`
pub(super) async fn merged(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    Path(job): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let job = JobId::from(job);
    faults::through(&app, &connection, Target::job(Stage::HttpMerged, &job), async {
        let record = app.engine.job(&job).await?.ok_or_else(Refusal::unknown_job)?;
        let manifest = &record.manifest;
        if !manifest.status.is_terminal() {
            return Ok(progress(manifest, "the job is running"));
        }
        if !manifest.status.has_audio() {
            return Err(Refusal::gone(
                manifest.error_code.unwrap_or(ErrorCode::SynthesisFailed),
            ));
        }
        match app.merger.merged(&record).await {
            Ok(Merge::Ready { key, blob }) => {
                let media = Media {
                    job: job.as_str(),
                    key: &key,
                    stored_at: Some(manifest.updated_at),
                    segments_missing: manifest.segments_error,
                    blob,
                    cache_control: ASK_AGAIN,
                };
                media.answer(&method, &headers)
            }
            Ok(Merge::Busy) => Ok(progress(manifest, "another request merges the job")),
            Ok(Merge::Evicted) => Err(Refusal::evicted()),
            Err(MergeFailed::Stopped(stopped)) => Err(faults::stop(&connection, stopped).await),
            Err(MergeFailed::Other(detail)) => {
                tracing::error!(job = %job, detail, "could not merge");
                Err(Refusal::internal(format!(
                    "the job could not be merged: {detail}"
                )))
            }
        }
    })
    .await
}

/// Not ready yet: ask again in a second.
fn pending(progress: &serde_json::Value) -> Response {
    let mut response = body::json(StatusCode::ACCEPTED, progress);
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

fn progress(manifest: &Manifest, detail: &str) -> Response {
    pending(&json!({
        "job_id": manifest.job_id,
        "status": manifest.status,
        "segments_total": manifest.segments_total,
        "segments_ready": manifest.segments_ready,
        "segments_error": manifest.segments_error,
        "segments_in_progress": manifest.segments_in_progress,
        "progress_pct": manifest.progress_pct,
        "detail": detail,
    }))
}

/// Audio that is there.
struct Media<'a, O> {
    job: &'a str,
    key: &'a str,
    stored_at: Option<Timestamp>,
    segments_missing: u32,
    blob: O,
    cache_control: HeaderValue,
}

impl<O: Object> Media<'_, O> {
    /// What of it answers the request, with all headers that go with audio.
    fn select(&self, method: &Method, headers: &HeaderMap) -> Result<Answer, InvalidETag> {
        let stored_at = self.stored_at.map_or(SystemTime::UNIX_EPOCH, SystemTime::from);
        let content_type = HeaderValue::from_static(AUDIO_CONTENT_TYPE);
        let len = self.blob.size_bytes();
        let representation = Representation::new(ETag::strong(self.key)?, stored_at, content_type, len);
        let mut answer = Answer::new(method, select(method, headers, &representation), &representation);
        if !answer.status.is_client_error() {
            answer.headers.set(CACHE_CONTROL, self.cache_control.clone());
        }
        if let Ok(job) = HeaderValue::from_str(self.job) {
            answer.headers.set(X_JOB_ID, job);
        }
        if self.segments_missing > 0 {
            let missing = HeaderValue::from(self.segments_missing);
            answer.headers.set(X_SEGMENTS_MISSING, missing);
        }
        answer
            .headers
            .set(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        Ok(answer)
    }
}

impl Media<'_, Blob> {
    fn answer(self, method: &Method, headers: &HeaderMap) -> Result<Response, Refusal> {
        let answer = self
            .select(method, headers)
            .map_err(|error| Refusal::internal(error.to_string()))?;
        if let Some(refusal) = refused(answer.status, self.blob.size_bytes()) {
            let mut response = refusal.into_response();
            response.headers_mut().extend(HeaderMap::from(answer.headers));
            return Ok(response);
        }
        let answered = answer
            .with(&self.blob)
            .map_err(|error| Refusal::internal(error.to_string()))?;
        let response = http::Response::from(answered);
        Ok(response.map(|parts| Body::new(Pieces::new(parts))))
    }
}

/// The answer to a GET for audio that is ready and in memory; `None` leaves it to the routes, and so do refusals.
pub(super) fn at_hand(app: &App, job: &str, part: AudioPart, headers: &HeaderMap) -> Option<Answered<Held>> {
    let audio = app.engine.audio_at_hand(job, part)?;
    let (meta, held) = app.blobs.at_hand(&audio.key)?;
    let cache_control = match part {
        AudioPart::Segment(_) => FOREVER,
        // Merged audio that nobody has looked into yet is the merger's to judge.
        AudioPart::Merged => meta.samples.map(|_| ASK_AGAIN)?,
    };
    let media = Media {
        job,
        key: &audio.key,
        stored_at: Some(audio.stored_at),
        segments_missing: audio.segments_missing,
        blob: held,
        cache_control,
    };
    let answer = media.select(&Method::GET, headers).ok()?;
    if answer.status.is_client_error() {
        return None;
    }
    answer.with(&media.blob).ok()
}

/// The problem that goes with this status of an answer, if it is a refusal.
pub(super) fn refused(status: StatusCode, len: u64) -> Option<Refusal> {
    match status {
        StatusCode::RANGE_NOT_SATISFIABLE => {
            let detail = format!("none of the ranges lies within the {len} bytes that there are");
            Some(Refusal::new(
                status,
                "range_not_satisfiable",
                "The range does not exist",
                detail,
            ))
        }
        StatusCode::PRECONDITION_FAILED => {
            let detail = "what is here is not what If-Match or If-Unmodified-Since asks for";
            Some(Refusal::new(
                status,
                "precondition_failed",
                "A precondition failed",
                detail,
            ))
        }
        _ => None,
    }
}
