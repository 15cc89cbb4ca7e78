//! Answers, as far as a journey needs them: a target's own state names are read as those of the contract.

use std::time::Duration;

use audio_api::{JobStatus, SegmentStatus};
use audio_client::TargetProfile;
use http::header::{CONTENT_RANGE, RETRY_AFTER};
use jiff::Timestamp;
use load_engine::Answer;
use serde::Deserialize;

use crate::{KnownJob, KnownSegment};

/// A job as an answer shows it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Look {
    pub(crate) job: KnownJob,
    pub(crate) status: JobStatus,
    /// From its acceptance to its end by the server's own clock, once it has ended.
    pub(crate) ran: Duration,
}

#[derive(Deserialize)]
struct JobBody {
    job_id: String,
    manifest: ManifestBody,
}

#[derive(Deserialize)]
struct ManifestBody {
    status: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    segments: Vec<SegmentBody>,
}

#[derive(Deserialize)]
struct SegmentBody {
    segment_id: String,
    status: String,
    size_bytes: Option<u64>,
}

impl Look {
    /// Of the answer of a submit, a look or a regenerate; `None` when it is none.
    pub(crate) fn of(answer: &Answer, profile: &TargetProfile) -> Option<Self> {
        let body: JobBody = serde_json::from_slice(&answer.body).ok()?;
        let manifest = body.manifest;
        let is_ready = |segment: &SegmentBody| {
            profile.segment_states.canonical(&segment.status) == Some(SegmentStatus::Ready)
        };
        let ready = manifest.segments.into_iter().filter(is_ready);
        let ran = manifest.updated_at.duration_since(manifest.created_at);
        Some(Self {
            status: profile.job_states.canonical(&manifest.status)?,
            job: KnownJob {
                id: body.job_id,
                segments: ready
                    .map(|segment| KnownSegment {
                        id: segment.segment_id,
                        size_bytes: segment.size_bytes,
                    })
                    .collect(),
            },
            ran: Duration::try_from(ran).unwrap_or_default(),
        })
    }
}

/// The state that the answer of a cancel tells.
pub(crate) fn status_of(answer: &Answer, profile: &TargetProfile) -> Option<JobStatus> {
    #[derive(Deserialize)]
    struct Body {
        status: String,
    }
    let body: Body = serde_json::from_slice(&answer.body).ok()?;
    profile.job_states.canonical(&body.status)
}

/// How many entries of a playlist are ready.
pub(crate) fn ready_entries(answer: &Answer) -> Option<usize> {
    #[derive(Deserialize)]
    struct Body {
        playlist: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        ready: bool,
    }
    let body: Body = serde_json::from_slice(&answer.body).ok()?;
    Some(body.playlist.iter().filter(|entry| entry.ready).count())
}

/// `Retry-After` in its form of seconds (RFC 9110 §10.2.3).
pub(crate) fn retry_after(answer: &Answer) -> Option<Duration> {
    let value = answer.headers.get(&RETRY_AFTER)?;
    value.trim().parse().ok().map(Duration::from_secs)
}

/// Whether an answer is the bytes from `first` to `last` of `size`.
pub(crate) fn is_range(answer: &Answer, (first, last, size): (u64, u64, u64)) -> bool {
    let said = answer.headers.get(&CONTENT_RANGE);
    answer.status == http::StatusCode::PARTIAL_CONTENT
        && said == Some(&format!("bytes {first}-{last}/{size}"))
        && answer.bytes == last - first + 1
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
    use load_engine::Headers;
    use rstest::rstest;

    use super::*;

    fn answer(status: u16, body: &'static str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: Headers::default(),
            body: body.as_bytes().into(),
            bytes: body.len() as u64,
        }
    }

    fn headers(name: HeaderName, said: Option<&'static str>) -> Headers {
        let said = said.map(|said| (name, HeaderValue::from_static(said)));
        Headers::from(&HeaderMap::from_iter(said))
    }

    const JOB: &str = r#"{"job_id": "j1", "manifest": {"status": "complete_with_errors", "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:02.5Z", "new": 1, "segments": [
        {"segment_id": "s0", "status": "ready", "size_bytes": 7}, {"segment_id": "s1", "status": "error"}]}}"#;

    #[test]
    fn a_look_has_the_ready_segments_and_the_time_by_the_servers_clock() {
        let look = Look::of(&answer(200, JOB), &TargetProfile::reference()).unwrap();
        assert_eq!(look.status, JobStatus::CompleteWithErrors);
        assert_eq!(look.ran, Duration::from_millis(2500));
        assert_eq!(look.job.id, "j1");
        assert_eq!(
            look.job.segments,
            [KnownSegment {
                id: "s0".to_owned(),
                size_bytes: Some(7)
            }]
        );
    }

    #[rstest]
    #[case::no_json("<html>")]
    #[case::no_manifest(r#"{"job_id": "j1"}"#)]
    #[case::unknown_state(r#"{"job_id": "j1", "manifest": {"status": "done", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "segments": []}}"#)]
    fn what_is_no_job_is_none(#[case] body: &'static str) {
        assert_eq!(Look::of(&answer(200, body), &TargetProfile::reference()), None);
    }

    #[rstest]
    #[case::as_asked(206, Some("bytes 2-6/10"), true)]
    #[case::whole(200, Some("bytes 2-6/10"), false)]
    #[case::shifted(206, Some("bytes 1-5/10"), false)]
    #[case::of_another_size(206, Some("bytes 2-6/11"), false)]
    #[case::unsaid(206, None, false)]
    fn a_part_is_what_was_asked_for(
        #[case] status: u16,
        #[case] said: Option<&'static str>,
        #[case] is: bool,
    ) {
        let mut answer = answer(status, "OggS!");
        answer.headers = headers(CONTENT_RANGE, said);
        assert_eq!(is_range(&answer, (2, 6, 10)), is);
        assert!(!is_range(&answer, (2, 7, 10)));
    }

    #[rstest]
    #[case::seconds("3", Some(3))]
    #[case::a_date("Wed, 21 Oct 2026 07:28:00 GMT", None)]
    fn a_wait_is_read_in_seconds(#[case] said: &'static str, #[case] seconds: Option<u64>) {
        let mut answer = answer(429, "");
        answer.headers = headers(RETRY_AFTER, Some(said));
        assert_eq!(retry_after(&answer), seconds.map(Duration::from_secs));
    }
}
