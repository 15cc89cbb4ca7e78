//! The playlist of a job.

use audio_api::{
    JobId, Manifest, Playlist, PlaylistEntry, RETRY_AFTER_MS, SegmentManifest, SegmentStatus, fault::Stage,
};
use axum::{
    Extension,
    extract::{Path, State},
    response::Response,
};
use http::{HeaderMap, StatusCode};

use super::{
    App, body,
    connection::Connection,
    faults::{self, Target},
    paths::Via,
    problem::Refusal,
};

/// `GET /v1/tts/jobs/{job_id}/playlist.json`
pub(super) async fn get(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let id = JobId::from(id);
    faults::through(&app, &connection, Target::job(Stage::HttpPlaylist, &id), async {
        let job = app.engine.job(&id).await?.ok_or_else(Refusal::unknown_job)?;
        Ok(body::json(
            StatusCode::OK,
            &playlist(&job.manifest, Via::of(&headers)),
        ))
    })
    .await
}

fn playlist(manifest: &Manifest, via: Via) -> Playlist {
    let entries = manifest
        .segments
        .iter()
        .map(|segment| entry(&manifest.job_id, segment, via));
    Playlist {
        job_id: manifest.job_id.clone(),
        playlist: entries.collect(),
    }
}

fn entry(job: &JobId, segment: &SegmentManifest, via: Via) -> PlaylistEntry {
    let paths = via.segment(job, &segment.segment_id);
    let ready = segment.status == SegmentStatus::Ready;
    PlaylistEntry {
        index: segment.index,
        segment_id: segment.segment_id.clone(),
        status: segment.status,
        ready,
        url_proxy: paths.proxy,
        url_backend: paths.backend,
        url_best: paths.best,
        retry_after_ms: (!segment.status.is_terminal()).then_some(RETRY_AFTER_MS),
        duration_ms: segment.duration_ms.filter(|_| ready),
    }
}
