//! The server that is loaded.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Uri,
    header::{HOST, USER_AGENT},
    uri::{PathAndQuery, Scheme},
};
use rustls::{ClientConfig, pki_types::ServerName};

use super::{Request, request::Common};

/// Why a base URL is no target.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It is no URL.
    #[error("{url:?} is no base URL; legal: http://HOST[:PORT] or https://HOST[:PORT]")]
    Url {
        /// As given.
        url: String,
    },
    /// Its host cannot be found.
    #[error("resolve {host}")]
    Resolve {
        /// The host.
        host: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Its host has no address.
    #[error("{host} has no address")]
    NoAddress {
        /// The host.
        host: String,
    },
    /// It is https and there is nothing to verify certificates by.
    #[error("an https target needs certificate authorities to trust")]
    NoTls,
}

/// The server that is loaded, and what every request to it carries.
#[derive(Debug, Clone)]
pub struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    pub(crate) connect_timeout: Duration,
    prefix: String,
    headers: HeaderMap,
    /// Prefix and headers, as requests have them.
    common: Common,
}

impl Target {
    /// Resolves the base URL, once. Its path, if it has one, stands before every path; `tls` is needed for https.
    ///
    /// # Errors
    /// When the URL is none, its host has no address, or it is https without `tls`.
    pub fn new(
        base: &str,
        tls: Option<Arc<ClientConfig>>,
        connect_timeout: Duration,
    ) -> Result<Self, TargetError> {
        let no_url = || TargetError::Url { url: base.to_owned() };
        let uri: Uri = base.parse().map_err(|_| no_url())?;
        let (scheme, authority) = (
            uri.scheme().ok_or_else(no_url)?,
            uri.authority().ok_or_else(no_url)?,
        );
        let https = *scheme == Scheme::HTTPS;
        if !https && *scheme != Scheme::HTTP || uri.query().is_some() || authority.as_str().contains('@') {
            return Err(no_url());
        }
        let host = uri.host().ok_or_else(no_url)?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let tls = match (https, tls) {
            (false, _) => None,
            (true, None) => return Err(TargetError::NoTls),
            (true, Some(config)) => Some((
                config,
                ServerName::try_from(bare.to_owned()).map_err(|_| no_url())?,
            )),
        };
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        let mut headers = HeaderMap::new();
        headers.insert(
            HOST,
            HeaderValue::try_from(authority.as_str()).map_err(|_| no_url())?,
        );
        headers.insert(USER_AGENT, HeaderValue::from_static("touchstone"));
        let target = Self {
            address: resolve(bare, port)?,
            tls,
            connect_timeout,
            prefix: uri.path().trim_end_matches('/').to_owned(),
            headers,
            common: Common::default(),
        };
        Ok(target.written())
    }

    /// The same with one more header in every request, in the place of one of the same name.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self.written()
    }

    /// The same with these headers in every request, in the place of others of the same names. As in [`Request::header`], those
    /// that say how a body is framed are left out.
    #[must_use]
    pub fn with_headers(mut self, headers: &HeaderMap) -> Self {
        for name in headers.keys() {
            self.headers.remove(name);
        }
        for (name, value) in headers {
            self.headers.append(name.clone(), value.clone());
        }
        self.written()
    }

    fn written(mut self) -> Self {
        self.common = Common::new(&self.prefix, &self.headers);
        self
    }

    /// A request without a body; its answer's content is counted and let go.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "made for this call, as a rule")]
    pub fn request(&self, method: Method, path: PathAndQuery) -> Request {
        Request::new(method, &path, &self.common)
    }
}

fn resolve(host: &str, port: u16) -> Result<SocketAddr, TargetError> {
    let mut addresses = (host, port)
        .to_socket_addrs()
        .map_err(|source| TargetError::Resolve {
            host: host.to_owned(),
            source,
        })?;
    addresses.next().ok_or_else(|| TargetError::NoAddress {
        host: host.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn target(base: &str) -> Result<Target, TargetError> {
        Target::new(base, None, Duration::from_secs(1))
    }

    #[rstest]
    #[case::plain("http://127.0.0.1:8000", "127.0.0.1:8000", "/health")]
    #[case::with_a_slash("http://127.0.0.1:8000/", "127.0.0.1:8000", "/health")]
    #[case::behind_a_path("http://127.0.0.1/tts/", "127.0.0.1:80", "/tts/health")]
    #[case::version_six("http://[::1]:8000", "[::1]:8000", "/health")]
    fn a_base_url_is_a_target(#[case] base: &str, #[case] address: &str, #[case] path: &str) {
        let target = target(base).unwrap();
        assert_eq!(target.address.to_string(), address);
        let request = target.request(Method::GET, PathAndQuery::from_static("/health"));
        let line = format!("GET {path} HTTP/1.1\r\n");
        assert!(request.head().starts_with(line.as_bytes()));
    }

    #[test]
    fn a_target_s_headers_stand_in_every_request_but_those_that_frame_it() {
        let header =
            |name: &'static str, value| (HeaderName::from_static(name), HeaderValue::from_static(value));
        let more = HeaderMap::from_iter([
            header("user-agent", "me"),
            header("content-length", "7"),
            header("transfer-encoding", "chunked"),
        ]);
        let target = target("http://127.0.0.1").unwrap().with_headers(&more);
        let request = target.request(Method::GET, PathAndQuery::from_static("/a"));
        let head = std::str::from_utf8(request.head()).unwrap();
        assert_eq!(
            head,
            "GET /a HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: me\r\n\r\n"
        );
    }

    #[rstest]
    #[case::no_scheme("127.0.0.1:8000")]
    #[case::another_scheme("ftp://127.0.0.1")]
    #[case::no_host("http://")]
    #[case::a_query("http://127.0.0.1/?a=1")]
    #[case::a_password("http://me:secret@127.0.0.1/")]
    #[case::spaces("http://a b/")]
    fn what_is_no_base_url_is_refused(#[case] base: &str) {
        assert!(matches!(target(base), Err(TargetError::Url { .. })));
    }

    #[test]
    fn https_without_anybody_to_trust_is_refused() {
        assert!(matches!(target("https://127.0.0.1"), Err(TargetError::NoTls)));
    }
}
