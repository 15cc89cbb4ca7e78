//! Accepting a job, or refusing it with what would be legal.

use std::sync::Arc;

use audio_api::{
    JobAnswer, JobId, MAX_SEGMENTS, MAX_TEXT_CHARS, Manifest, Mode, ModelId, ReadingProfile, SubmitAnswer,
    SubmitRequest,
};
use axum::{
    Extension,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use sha2::{Digest as _, Sha256};

use super::{
    App,
    body::{self, read_json},
    connection::Connection,
    faults,
    paths::Via,
    problem::Refusal,
};
use crate::{
    engine::{Admission, CacheUse, Idempotency, JobSpec, NewJob},
    text,
};

const DEFAULT_VOICE: &str = "default";
const MAX_VOICE_CHARS: usize = 128;
const MAX_KEY_CHARS: usize = 255;

/// `POST /v1/reader/synthesize`
pub(super) async fn reader(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    request: Request,
) -> Response {
    let via = Via::of(request.headers());
    submitted(&app, &connection, request, |manifest| {
        body::json(StatusCode::OK, &reader_answer(manifest, via))
    })
    .await
}

/// `POST /v1/tts/jobs`
pub(super) async fn job(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    request: Request,
) -> Response {
    submitted(&app, &connection, request, job_answer).await
}

/// `POST /v1/tts/jobs/{job_id}/regenerate`
pub(super) async fn regenerate(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let again = async {
        let first = app
            .engine
            .job(&JobId::from(id))
            .await?
            .ok_or_else(Refusal::unknown_job)?;
        let spec = JobSpec {
            cache: CacheUse::Bypassed,
            ..(*first.spec).clone()
        };
        let key = idempotency(
            &headers,
            &[b"regenerate ", first.manifest.job_id.as_str().as_bytes()],
        )?;
        enqueue(&app, &connection, spec, key, job_answer).await
    };
    again.await.unwrap_or_else(IntoResponse::into_response)
}

async fn submitted(
    app: &App,
    connection: &Connection,
    request: Request,
    answer: impl FnOnce(Manifest) -> Response,
) -> Response {
    let accept = async {
        let headers = request.headers().clone();
        let (asked, raw) = read_json::<SubmitRequest>(&app.bodies, request).await?;
        let key = idempotency(&headers, &[&raw])?;
        // Not kept for as long as a fault rule holds the request back.
        drop(raw);
        enqueue(app, connection, spec(asked)?, key, answer).await
    };
    accept.await.unwrap_or_else(IntoResponse::into_response)
}

async fn enqueue(
    app: &App,
    connection: &Connection,
    spec: JobSpec,
    idempotency: Option<Idempotency>,
    answer: impl FnOnce(Manifest) -> Response,
) -> Result<Response, Refusal> {
    let segments: Vec<Arc<str>> = text::segments(&spec.text).into_iter().map(Arc::from).collect();
    if segments.is_empty() {
        return Err(Refusal::bad_request(
            "empty_text",
            "text has nothing to say; legal: 1 to 20000 characters",
        ));
    }
    if segments.len() > MAX_SEGMENTS {
        let detail = format!(
            "text makes {} segments; legal: at most {MAX_SEGMENTS}",
            segments.len()
        );
        return Err(Refusal::too_large("too_many_segments", detail));
    }
    let effects = faults::strike(app, connection, &faults::submit_site(&spec)).await?;
    if app.stopping.is_cancelled() {
        return Err(Refusal::unavailable("stopping", "the server is stopping").retry_after(1));
    }
    let admission = Admission {
        max_active_jobs: app.max_active_jobs,
        min_workers: app.min_workers,
    };
    let job = NewJob {
        spec: Arc::new(spec),
        segments,
        idempotency,
    };
    let submitted = app.engine.submit(job, admission).await?;
    let manifest = submitted.job.manifest;
    tracing::info!(job = %manifest.job_id, segments = manifest.segments_total, replayed = submitted.replayed, "submitted");
    Ok(body::apply(&effects, answer(manifest)))
}

fn spec(asked: SubmitRequest) -> Result<JobSpec, Refusal> {
    let chars = asked.text.chars().count();
    if chars > MAX_TEXT_CHARS {
        let detail = format!("text has {chars} characters; legal: at most {MAX_TEXT_CHARS}");
        return Err(Refusal::too_large("text_too_long", detail));
    }
    let mode = asked.mode.as_deref().map_or(Ok(Mode::default()), str::parse);
    let mode = mode.map_err(|error| Refusal::bad_request("unknown_mode", error.to_string()))?;
    let voice_id = asked.voice_id.unwrap_or_else(|| DEFAULT_VOICE.to_owned());
    let voice_chars = voice_id.chars().count();
    if !(1..=MAX_VOICE_CHARS).contains(&voice_chars) || voice_id.chars().any(char::is_control) {
        let detail = format!(
            "voice_id has {voice_chars} characters; legal: 1 to {MAX_VOICE_CHARS}, no control characters"
        );
        return Err(Refusal::bad_request("bad_voice", detail));
    }
    Ok(JobSpec {
        text_digest: Sha256::digest(asked.text.as_bytes()).into(),
        mode,
        model_id: model(asked.model.as_deref(), asked.model_id.as_deref())?,
        voice_id,
        prefer_phonemes: asked.prefer_phonemes.unwrap_or_default(),
        reading_profile: asked.reading_profile.map(ReadingProfile::into_text),
        cache: CacheUse::Allowed,
        text: asked.text,
    })
}

fn model(model: Option<&str>, model_id: Option<&str>) -> Result<ModelId, Refusal> {
    let name = match (model, model_id) {
        (Some(one), Some(other)) if one != other => {
            let detail = format!("model is {one:?} and model_id is {other:?}; give one, or both alike");
            return Err(Refusal::bad_request("unknown_model", detail));
        }
        (one, other) => one.or(other),
    };
    name.map_or(Ok(ModelId::default()), str::parse)
        .map_err(|error| Refusal::bad_request("unknown_model", error.to_string()))
}

fn idempotency(headers: &HeaderMap, body: &[&[u8]]) -> Result<Option<Idempotency>, Refusal> {
    let mut keys = headers.get_all("idempotency-key").iter();
    let Some(key) = keys.next() else { return Ok(None) };
    let legal = key
        .to_str()
        .ok()
        .filter(|key| (1..=MAX_KEY_CHARS).contains(&key.len()));
    match (legal, keys.next()) {
        (Some(key), None) => {
            let body_digest = body
                .iter()
                .fold(Sha256::new(), |hash, part| hash.chain_update(part))
                .finalize()
                .into();
            Ok(Some(Idempotency {
                key: key.to_owned(),
                body_digest,
            }))
        }
        _ => {
            let detail =
                format!("Idempotency-Key: give one, of 1 to {MAX_KEY_CHARS} visible ASCII characters");
            Err(Refusal::bad_request("bad_idempotency_key", detail))
        }
    }
}

fn job_answer(manifest: Manifest) -> Response {
    body::json(
        StatusCode::OK,
        &JobAnswer {
            job_id: manifest.job_id.clone(),
            manifest,
        },
    )
}

fn reader_answer(manifest: Manifest, via: Via) -> SubmitAnswer {
    let id = manifest.job_id.clone();
    let (job, playlist, merged) = (via.job(&id), via.playlist(&id), via.merged(&id));
    SubmitAnswer {
        job_id: id,
        status: manifest.status,
        job_url: job.best.clone(),
        playlist_url: playlist.best.clone(),
        merged_audio_url: merged.best.clone(),
        job_url_backend: job.backend,
        job_url_proxy: job.proxy,
        job_url_best: job.best,
        playlist_url_backend: playlist.backend,
        playlist_url_proxy: playlist.proxy,
        playlist_url_best: playlist.best,
        merged_audio_url_backend: merged.backend,
        merged_audio_url_proxy: merged.proxy,
        merged_audio_url_best: merged.best,
        manifest,
    }
}
