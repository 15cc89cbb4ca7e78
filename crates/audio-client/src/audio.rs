//! Fetching audio: segments, merged files, and the playlist that leads to them.

use audio_api::{JobId, Playlist, SegmentId};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::RANGE};

use crate::{
    Call, CallError, Client, Route,
    client::Request,
    states::{Places, read},
};

/// How to fetch a file: the whole of it, a range, or only its headers.
#[derive(Debug, Clone)]
pub struct Fetch {
    method: Method,
    headers: HeaderMap,
}

impl Fetch {
    /// GET.
    #[must_use]
    pub fn get() -> Self {
        Self {
            method: Method::GET,
            headers: HeaderMap::new(),
        }
    }

    /// HEAD.
    #[must_use]
    pub fn head() -> Self {
        Self {
            method: Method::HEAD,
            headers: HeaderMap::new(),
        }
    }

    /// With a `Range` such as `bytes=0-99`.
    #[must_use]
    pub fn range(self, range: &str) -> Self {
        self.header(RANGE, range)
    }

    /// With a header; one whose value no header may have is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

impl Client {
    /// Fetches a segment; the bytes are the reply's body.
    ///
    /// # Errors
    /// No answer, or one that is not what the contract says; likewise for the other calls.
    pub async fn segment(&self, job: &JobId, segment: &SegmentId, how: Fetch) -> Result<Call<()>, CallError> {
        self.fetch(Route::Segment, &[job.as_str(), segment.as_str()], how)
            .await
    }

    /// Fetches a job's merged audio; the bytes are the reply's body.
    ///
    /// # Errors
    /// As [`Client::segment`].
    pub async fn merged(&self, job: &JobId, how: Fetch) -> Result<Call<()>, CallError> {
        self.fetch(Route::Merged, &[job.as_str()], how).await
    }

    /// Fetches what the target itself named: a path from a playlist or from a submit's answer.
    ///
    /// # Errors
    /// As [`Client::segment`].
    pub async fn named_path(&self, route: Route, path: &str, how: Fetch) -> Result<Call<()>, CallError> {
        let request = Request {
            route,
            method: how.method,
            path: path.to_owned(),
            headers: how.headers,
            body: None,
        };
        self.send(request).await?.interpret(|_| Ok(()))
    }

    /// Fetches a job's playlist.
    ///
    /// # Errors
    /// As [`Client::segment`].
    pub async fn playlist(&self, job: &JobId) -> Result<Call<Playlist>, CallError> {
        let request = self.request(Method::GET, Route::Playlist, &[job.as_str()])?;
        self.send(request)
            .await?
            .interpret(|reply| read(reply, self.profile(), Places::Playlist))
    }

    async fn fetch(&self, route: Route, values: &[&str], how: Fetch) -> Result<Call<()>, CallError> {
        let mut request = self.request(how.method, route, values)?;
        request.headers = how.headers;
        self.send(request).await?.interpret(|_| Ok(()))
    }
}
