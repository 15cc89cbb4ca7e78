//! Accepting connections and serving them, within bounds.

use std::{sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::Front;
use crate::metrics::Metrics;

/// The most connections that are open at a time; more wait in the listen queue.
const MAX_CONNECTIONS: usize = 16_384;

/// How long a connection may take.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a request's head.
    pub head: Duration,
    /// For everything, once the server stops.
    pub shutdown: Duration,
}

/// The connection that a request came on, as an extension of it.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    closed: CancellationToken,
}

impl Connection {
    /// Closes the connection at once, with nothing more sent. Never returns: the request is dropped with it.
    pub(super) async fn close<T>(&self) -> T {
        self.closed.cancel();
        std::future::pending().await
    }
}

/// Serves connections until `stop` is cancelled, then lets open requests end within the deadline.
pub async fn accept(
    listener: TcpListener,
    front: Front,
    metrics: Arc<Metrics>,
    timeouts: Timeouts,
    stop: CancellationToken,
) {
    let connections = TaskTracker::new();
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = next(&listener, &permits) => accepted,
        };
        let Some((stream, permit)) = accepted else {
            continue;
        };
        let (front, metrics, stop) = (front.clone(), metrics.clone(), stop.clone());
        connections.spawn(async move {
            metrics.connections.inc();
            serve(stream, front, timeouts, stop).await;
            metrics.connections.dec();
            drop(permit);
        });
    }
    drop(listener);
    connections.close();
    if time::timeout(timeouts.shutdown, connections.wait())
        .await
        .is_err()
    {
        tracing::warn!(
            left = connections.len(),
            "requests were still open at the deadline"
        );
    }
}

async fn next(listener: &TcpListener, permits: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let permit = permits.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, permit)),
        Err(error) => {
            // Out of descriptors, most likely: wait for some to come free instead of spinning.
            tracing::warn!(%error, "could not accept a connection");
            time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

async fn serve(stream: TcpStream, front: Front, timeouts: Timeouts, stop: CancellationToken) {
    // Small answers must not wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let connection = Connection {
        closed: CancellationToken::new(),
    };
    let closed = connection.closed.clone();
    let service = service_fn(move |request| front.answer(request, &connection));
    let mut server = std::pin::pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(timeouts.head)
            .max_buf_size(64 << 10)
            .serve_connection(TokioIo::new(stream), service)
    );
    let ended = tokio::select! {
        () = closed.cancelled() => return,
        ended = server.as_mut() => ended,
        () = stop.cancelled() => {
            server.as_mut().graceful_shutdown();
            tokio::select! {
                () = closed.cancelled() => return,
                ended = server => ended,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
    }
}
