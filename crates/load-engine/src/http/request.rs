//! One request, made before it is due.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Uri,
    header::{CONTENT_TYPE, RANGE},
};
use http_body_util::Full;

/// What becomes of an answer's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// It is counted and let go.
    #[default]
    Nothing,
    /// It is kept, up to so many bytes; what is longer breaks the exchange off.
    UpTo(usize),
    /// So many bytes of its beginning are kept, the rest is counted and let go.
    First(usize),
}

/// One request. Cloning one is cheap: bodies are shared.
#[derive(Debug, Clone)]
pub struct Request {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
    pub(crate) keep: Keep,
}

impl Request {
    pub(super) fn new(method: Method, uri: Uri, headers: HeaderMap) -> Self {
        Self {
            method,
            uri,
            headers,
            body: Bytes::new(),
            keep: Keep::Nothing,
        }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same for the bytes from `first` to `last`, both included.
    #[must_use]
    pub fn range(self, first: u64, last: u64) -> Self {
        match HeaderValue::try_from(format!("bytes={first}-{last}")) {
            Ok(value) => self.header(RANGE, value),
            Err(_) => self,
        }
    }

    /// The same with a JSON body.
    #[must_use]
    pub fn json(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
    }

    /// The same, with the answer's content kept.
    #[must_use]
    pub const fn keeping(mut self, keep: Keep) -> Self {
        self.keep = keep;
        self
    }

    /// Where it goes.
    #[must_use]
    pub const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Its method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// Its headers.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(super) fn into_http(self) -> http::Request<Full<Bytes>> {
        let mut request = http::Request::new(Full::new(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        *request.headers_mut() = self.headers;
        request
    }
}
