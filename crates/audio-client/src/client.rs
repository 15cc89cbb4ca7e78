//! The client itself: one connection pool, one target.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::AUTHORIZATION};
use reqwest::{Certificate, Url, redirect};

use crate::{CallError, ClientSettings, Reply, Route, Secret, SetupError, Tape, TargetProfile};

/// A client of one target. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    /// Without a slash at the end.
    base: Arc<str>,
    profile: Arc<TargetProfile>,
    names: Arc<Names>,
    admin_token: Option<HeaderValue>,
    call_timeout: Duration,
    max_body_bytes: u64,
    /// Headers of every request, as a tape shows them.
    always: Arc<HeaderMap>,
    tape: Option<Tape>,
    /// What it was made of.
    settings: Arc<ClientSettings>,
}

/// Header names of the profile, checked.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) admin_token: HeaderName,
    pub(crate) idempotency_key: HeaderName,
}

/// One request before it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) route: Route,
    pub(crate) method: Method,
    /// Path and query on the target.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
}

impl Client {
    /// A client for the target at `settings.base`. Nothing is sent yet.
    ///
    /// # Errors
    /// When the base, a token, a header name of the profile or the certificates cannot be used.
    pub fn new(settings: &ClientSettings, profile: Arc<TargetProfile>) -> Result<Self, SetupError> {
        let base = checked_base(&settings.base)?;
        let names = Names {
            admin_token: header_name("admin_token", &profile.headers.admin_token)?,
            idempotency_key: header_name("idempotency_key", &profile.headers.idempotency_key)?,
        };
        let always = headers_of_every_request(settings)?;
        if let Some(tape) = &settings.tape {
            settings.secrets().for_each(|secret| tape.hide(&secret));
        }
        Ok(Self {
            http: http_client(settings, (&always, base.scheme() == "https"))?,
            base: base.as_str().trim_end_matches('/').into(),
            profile,
            names: Arc::new(names),
            admin_token: settings
                .admin_token
                .as_ref()
                .map(|t| token("admin token", t.expose()))
                .transpose()?,
            call_timeout: settings.call_timeout,
            max_body_bytes: settings.max_body_bytes,
            always: Arc::new(always),
            tape: settings.tape.clone(),
            settings: Arc::new(settings.clone()),
        })
    }

    /// A client of the same target with connections of its own, which writes nothing down: for another runtime, and for
    /// what is asked again and again.
    ///
    /// # Errors
    /// When the system gives no connection pool.
    pub fn apart(&self) -> Result<Self, SetupError> {
        let settings = ClientSettings {
            tape: None,
            call_timeout: self.call_timeout,
            ..(*self.settings).clone()
        };
        Self::new(&settings, self.profile.clone())
    }

    /// The headers that every request carries, its token among them. Their values may be secrets.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.always
    }

    /// What the target is and can do.
    #[must_use]
    pub fn profile(&self) -> &Arc<TargetProfile> {
        &self.profile
    }

    /// Where the target is, without a slash at the end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The host of the target.
    #[must_use]
    pub fn host(&self) -> Option<String> {
        Url::parse(&self.base).ok()?.host_str().map(ToOwned::to_owned)
    }

    /// Whether fault rules can be set: the profile has them and an admin token is known.
    #[must_use]
    pub fn has_faults(&self) -> bool {
        self.admin_token.is_some() && self.profile.can(crate::Capability::Faults)
    }

    /// The same client with another limit for each call.
    #[must_use]
    pub fn with_call_timeout(&self, call_timeout: Duration) -> Self {
        Self {
            call_timeout,
            ..self.clone()
        }
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    pub(crate) const fn admin_token(&self) -> Option<&HeaderValue> {
        self.admin_token.as_ref()
    }

    /// A request to a route of the profile, `values` filling its placeholders.
    pub(crate) fn request(
        &self,
        method: Method,
        route: Route,
        values: &[&str],
    ) -> Result<Request, CallError> {
        let template = self.profile.paths.get(&route).ok_or(CallError::NoRoute(route))?;
        let path = template.fill(values);
        Ok(Request {
            route,
            method,
            path,
            headers: HeaderMap::new(),
            body: None,
        })
    }

    /// Sends a request and takes the whole answer, timed from just before sending to the end of the body.
    pub(crate) async fn send(&self, request: Request) -> Result<Reply, CallError> {
        let route = request.route;
        let open = self
            .tape
            .as_ref()
            .map(|tape| tape.open(&self.base, &request, &self.always));
        let ended = match tokio::time::timeout(self.call_timeout, self.exchange(request)).await {
            Ok(reply) => reply,
            Err(_) => Err(CallError::Timeout {
                route,
                after: self.call_timeout,
            }),
        };
        if let Some(open) = open {
            open.close(&ended);
        }
        ended
    }

    async fn exchange(&self, request: Request) -> Result<Reply, CallError> {
        let Request {
            route,
            method,
            path,
            headers,
            body,
        } = request;
        let mut builder = self
            .http
            .request(method, format!("{}{path}", self.base))
            .headers(headers);
        if let Some(body) = body {
            builder = builder.body(body);
        }
        let started = Instant::now();
        let mut response = builder.send().await.map_err(|error| transport(route, error))?;
        let head_elapsed = started.elapsed();
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| transport(route, error))? {
            if (body.len() + chunk.len()) as u64 > self.max_body_bytes {
                return Err(CallError::TooLarge {
                    route,
                    limit_bytes: self.max_body_bytes,
                });
            }
            body.extend_from_slice(&chunk);
        }
        let elapsed = started.elapsed();
        Ok(Reply {
            route,
            status,
            headers,
            body: body.freeze(),
            started,
            head_elapsed,
            elapsed,
        })
    }
}

fn transport(route: Route, error: reqwest::Error) -> CallError {
    let is_connect = error.is_connect();
    // The URL may hold what nobody should read, and the caller knows it anyway.
    let source = error.without_url();
    if is_connect {
        CallError::Connect { route, source }
    } else {
        CallError::Broken { route, source }
    }
}

fn checked_base(given: &str) -> Result<Url, SetupError> {
    let refuse = |given: &str, why: &str| SetupError::Base {
        given: given.to_owned(),
        why: why.to_owned(),
    };
    let url = Url::parse(given).map_err(|error| refuse(given, &error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("(hidden)", "it holds a user name or password"));
    }
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(refuse(given, "it is neither http nor https"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse(given, "it has a query or a fragment"));
    }
    Ok(url)
}

fn header_name(member: &'static str, given: &str) -> Result<HeaderName, SetupError> {
    given.parse().map_err(|_| SetupError::HeaderName {
        member,
        given: given.to_owned(),
    })
}

fn token(what: &'static str, token: &str) -> Result<HeaderValue, SetupError> {
    let mut value = HeaderValue::from_str(token).map_err(|_| SetupError::Token(what))?;
    value.set_sensitive(true);
    Ok(value)
}

fn headers_of_every_request(settings: &ClientSettings) -> Result<HeaderMap, SetupError> {
    let mut headers = HeaderMap::new();
    for header in &settings.headers {
        headers.append(&header.name, header.value.clone());
    }
    if let Some(bearer) = settings.bearer.as_ref().map(Secret::expose) {
        headers.insert(AUTHORIZATION, token("bearer token", &format!("Bearer {bearer}"))?);
    }
    Ok(headers)
}

fn http_client(
    settings: &ClientSettings,
    (headers, https): (&HeaderMap, bool),
) -> Result<reqwest::Client, SetupError> {
    // An error says that a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .tcp_nodelay(true)
        .default_headers(headers.clone());
    match &settings.ca_pem {
        Some(pem) => {
            let roots = Certificate::from_pem_bundle(pem).map_err(|error| SetupError::Ca(Some(error)))?;
            if roots.is_empty() {
                return Err(SetupError::Ca(None));
            }
            builder = builder.tls_certs_only(roots);
        }
        // Over plain http nobody's certificate matters, and a machine without any must not stop the client.
        None if !https => builder = builder.tls_certs_only([]),
        None => {}
    }
    builder.build().map_err(SetupError::Http)
}
