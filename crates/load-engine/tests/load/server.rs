//! A small server that does what the path says.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// What it saw, and when it holds all answers back.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) requests: AtomicU64,
    pub(crate) connections: AtomicU64,
    /// The paths, in the order of arrival.
    pub(crate) paths: Mutex<Vec<String>>,
    /// From the first request on: when the stall begins, and how long it lasts.
    stall: Option<(Duration, Duration)>,
    first: Mutex<Option<Instant>>,
}

/// A server for as long as it lives.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Seen>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl TestServer {
    pub(crate) fn start() -> Self {
        Self::with(Seen::default())
    }

    /// One that answers nothing for `lasts`, beginning `after` its first request.
    pub(crate) fn stalling(after: Duration, lasts: Duration) -> Self {
        Self::with(Seen {
            stall: Some((after, lasts)),
            ..Seen::default()
        })
    }

    fn with(seen: Seen) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let seen = Arc::new(seen);
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(accept(listener, seen.clone()));
        Self {
            address,
            seen,
            runtime: Some(runtime),
        }
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn accept(listener: TcpListener, seen: Arc<Seen>) {
    while let Ok((stream, _)) = listener.accept().await {
        seen.connections.fetch_add(1, Ordering::SeqCst);
        let seen = seen.clone();
        tokio::spawn(async move {
            let answer = service_fn(move |request| answer(request, seen.clone()));
            // A connection that breaks is part of the tests.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    seen: Arc<Seen>,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    seen.requests.fetch_add(1, Ordering::SeqCst);
    let path = request.uri().path().to_owned();
    seen.paths.lock().unwrap().push(path.clone());
    hold_back(&seen).await;
    let status = match path.as_str() {
        "/accepted" => StatusCode::ACCEPTED,
        "/limited" => StatusCode::TOO_MANY_REQUESTS,
        "/unknown" => StatusCode::NOT_FOUND,
        "/fails" => StatusCode::SERVICE_UNAVAILABLE,
        "/breaks" => return Err(std::io::Error::other("broken on purpose")),
        "/hangs" => std::future::pending::<StatusCode>().await,
        _ => StatusCode::OK,
    };
    let mut response = Response::new(Full::new(Bytes::from_static(b"0123456789")));
    *response.status_mut() = status;
    Ok::<_, Infallible>(response).map_err(|never| match never {})
}

async fn hold_back(seen: &Seen) {
    let Some((after, lasts)) = seen.stall else { return };
    let first = *seen.first.lock().unwrap().get_or_insert_with(Instant::now);
    let now = Instant::now();
    let (begins, ends) = (first + after, first + after + lasts);
    if (begins..ends).contains(&now) {
        tokio::time::sleep_until(ends.into()).await;
    }
}
