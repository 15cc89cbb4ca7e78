//! A proxy that changes what a server says: how a server that breaks its contract looks from outside.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::Request,
    response::Response,
};
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::Value;

/// An answer on its way.
pub(crate) struct Answer {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// The body that was sent.
    pub(crate) sent: Bytes,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// Changes the body, if it is JSON.
    pub(crate) fn json(&mut self, change: impl FnOnce(&mut Value)) {
        if let Ok(mut body) = serde_json::from_slice::<Value>(&self.body) {
            change(&mut body);
            self.body = serde_json::to_vec(&body).unwrap().into();
        }
    }

    pub(crate) fn is_status(&self) -> bool {
        self.path == "/v1/admin/status"
    }
}

type Change = dyn Fn(&mut Answer) + Send + Sync;

/// Starts a proxy in front of `base` and gives its own base URL. It ends with the test's runtime.
pub(crate) async fn in_front_of(base: &str, change: impl Fn(&mut Answer) + Send + Sync + 'static) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = format!("http://{}", listener.local_addr().unwrap());
    let router = router(base.to_owned(), Arc::new(change));
    tokio::spawn(async move { axum::serve(listener, router).await });
    own
}

fn router(base: String, change: Arc<Change>) -> Router {
    let http = test_support::client().build().unwrap();
    Router::new().fallback(move |request: Request| {
        let (base, http, change) = (base.clone(), http.clone(), Arc::clone(&change));
        async move { forward(&base, &http, request, &*change).await }
    })
}

async fn forward(base: &str, http: &reqwest::Client, request: Request, change: &Change) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let path = parts.uri.path_and_query().unwrap().as_str().to_owned();
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    let sent = http
        .request(parts.method.clone(), format!("{base}{path}"))
        .headers(headers)
        .body(body.clone())
        .send()
        .await
        .unwrap();
    let request = body;
    let (status, headers) = (sent.status(), sent.headers().clone());
    let body = sent.bytes().await.unwrap();
    let mut answer = Answer {
        method: parts.method,
        path,
        sent: request,
        status,
        headers,
        body,
    };
    change(&mut answer);
    if answer.method != Method::HEAD {
        answer.headers.remove(header::CONTENT_LENGTH);
        answer.headers.remove(header::TRANSFER_ENCODING);
    }
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}
