//! The paths that answers point to: on the server itself, and through a web proxy.

use audio_api::{JobId, SegmentId};
use http::HeaderMap;

/// One thing's paths.
pub(super) struct Paths {
    pub(super) backend: String,
    pub(super) proxy: String,
    pub(super) best: String,
}

/// How a request reached the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Via {
    /// Directly.
    Backend,
    /// Through a proxy, which says so.
    Proxy,
}

impl Via {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let proxied = ["x-forwarded-host", "x-forwarded-proto"]
            .iter()
            .any(|name| headers.contains_key(*name));
        if proxied { Self::Proxy } else { Self::Backend }
    }

    fn paths(self, rest: &str) -> Paths {
        let (backend, proxy) = (format!("/v1/tts/jobs/{rest}"), format!("/api/tts/jobs/{rest}"));
        let best = if self == Self::Proxy {
            proxy.clone()
        } else {
            backend.clone()
        };
        Paths { backend, proxy, best }
    }

    pub(super) fn job(self, job: &JobId) -> Paths {
        self.paths(job.as_str())
    }

    pub(super) fn playlist(self, job: &JobId) -> Paths {
        self.paths(&format!("{job}/playlist.json"))
    }

    pub(super) fn merged(self, job: &JobId) -> Paths {
        self.paths(&format!("{job}/audio.ogg"))
    }

    pub(super) fn segment(self, job: &JobId, segment: &SegmentId) -> Paths {
        self.paths(&format!("{job}/segments/{segment}"))
    }
}
