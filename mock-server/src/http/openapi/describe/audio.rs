//! Segments, playlists, merged audio.

use audio_api::{AUDIO_CONTENT_TYPE, JobStatus, Playlist, SegmentStatus, fault::Stage};
use serde_json::{Value, json};

use super::super::{
    answer::Answer,
    code::{self, Code},
    operation::Operation,
};
use super::{PROXIED, of_a_job};

const AUDIO: &str = "Audio";

const GONE: [Code; 7] = [
    code::synthesis_failed,
    code::retry_cap_exceeded,
    code::fallback_failed,
    code::encode_failed,
    code::canceled,
    code::stale_queued,
    code::evicted,
];
const CONDITIONS: [&str; 4] = [
    "If-Match",
    "If-None-Match",
    "If-Modified-Since",
    "If-Unmodified-Since",
];

pub(in crate::http) fn playlist() -> Operation {
    of_a_job("getPlaylist", AUDIO, "A job's segments as a player takes them")
        .takes(&PROXIED)
        .answers_with::<Playlist>(200, "One entry a segment, in index order.")
        .passes(&[Stage::HttpPlaylist])
}

pub(in crate::http) fn segment() -> Operation {
    let progress = json!({
        "type": "object",
        "required": ["job_id", "segment_id", "status", "attempts"],
        "properties": {
            "job_id": {"type": "string"},
            "segment_id": {"type": "string"},
            "status": {"enum": SegmentStatus::ALL.iter().filter(|status| !status.is_terminal()).collect::<Vec<_>>()},
            "attempts": {"type": "integer", "minimum": 0},
        },
    });
    audio("getSegment", "A segment's audio", progress, &[])
        .refuses(&[code::segment_not_found])
        .passes(&[Stage::HttpSegment])
}

pub(in crate::http) fn segment_head() -> Operation {
    segment().named(
        "headSegment",
        "What a GET of the segment would say, without its audio",
    )
}

pub(in crate::http) fn merged_audio() -> Operation {
    let count = || json!({"type": "integer", "minimum": 0});
    let progress = json!({
        "type": "object",
        "required": [
            "job_id", "status", "segments_total", "segments_ready", "segments_error", "segments_in_progress",
            "progress_pct", "detail",
        ],
        "properties": {
            "job_id": {"type": "string"},
            "status": {"enum": JobStatus::ALL},
            "segments_total": count(),
            "segments_ready": count(),
            "segments_error": count(),
            "segments_in_progress": count(),
            "progress_pct": {"type": "number", "minimum": 0, "maximum": 100},
            "detail": {"type": "string"},
        },
    });
    audio(
        "getMergedAudio",
        "All segments as one file",
        progress,
        &["X-Segments-Missing"],
    )
    .passes(&[Stage::HttpMerged, Stage::MergeLock, Stage::MergeWrite])
}

pub(in crate::http) fn merged_audio_head() -> Operation {
    merged_audio().named(
        "headMergedAudio",
        "What a GET of the merged audio would say, without the audio",
    )
}

/// RFC 9110 as the module `representation` has it.
fn audio(id: &'static str, summary: &'static str, progress: Value, sometimes: &[&'static str]) -> Operation {
    const OF_THE_JOB: [&str; 2] = ["X-Job-Id", "X-Content-Type-Options"];
    const OF_THE_AUDIO: [&str; 5] = [
        "Accept-Ranges",
        "Content-Length",
        "ETag",
        "Last-Modified",
        "Cache-Control",
    ];
    // OpenAPI 3.1: bytes are a schema without a type.
    let bytes = || json!({});
    let of_the_job = |answer: Answer| answer.always(&OF_THE_JOB).sometimes(sometimes);
    let whole =
        of_the_job(Answer::empty("The audio.").content(AUDIO_CONTENT_TYPE, bytes())).always(&OF_THE_AUDIO);
    let part = of_the_job(Answer::empty(
        "The ranges asked for: as multipart/byteranges when more than one is left.",
    ))
    .content(AUDIO_CONTENT_TYPE, bytes())
    .content("multipart/byteranges", bytes())
    .always(&OF_THE_AUDIO)
    .sometimes(&["Content-Range"]);
    let unchanged =
        of_the_job(Answer::empty("The client has it already.")).always(&["ETag", "Cache-Control"]);
    let pending = Answer::json("Not ready yet.", progress).always(&["Retry-After"]);
    of_a_job(id, AUDIO, summary)
        .takes(&["Range", "If-Range"])
        .takes(&CONDITIONS)
        .answers(200, whole)
        .answers(202, pending)
        .answers(206, part)
        .answers(304, unchanged)
        .refuses(&GONE)
        .refuses(&[code::precondition_failed, code::range_not_satisfiable])
        .amended(412, of_the_job)
        .amended(416, |answer| {
            of_the_job(answer).always(&["Accept-Ranges", "Content-Range"])
        })
}
