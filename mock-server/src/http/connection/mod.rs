//! Accepting connections and serving them, within bounds.
//!
//! A connection's task drives the HTTP machinery and beside it one timer. What is due, [`Progress`] knows.

#[cfg(target_os = "linux")]
mod by_reference;
mod limits;
mod progress;
mod refusal;
mod shortcut;
mod turn;
mod watched;

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures::TryFutureExt as _;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task,
    time::{self, Instant, Sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::Front;
use crate::metrics::Metrics;

pub use limits::ConnectionLimits;
use progress::{Expired, Progress};
use refusal::{Came, Reason, linger, refuse};
use shortcut::Shortcut;
use watched::{Answer, Watch, Watched};

/// The most fields of a request's head; hyper's own bound, which costs nothing.
const MAX_FIELDS: usize = 100;
/// How many connections beyond the limit are told so at a time; further ones are closed without a word.
pub const MAX_REFUSING: usize = 64;
/// How many connections are accepted before those that are there get a turn. Accepting costs less than serving, so that
/// without turns a crowd would be taken in faster than it is served, and each of it holds its buffers meanwhile.
const ACCEPTED_A_TURN: usize = 16;

/// The connection that a request came on, as an extension of it.
#[derive(Debug, Clone)]
pub(super) struct Connection(Watch);

impl Connection {
    /// Closes the connection at once, with nothing more sent. Never returns: the request is dropped with it.
    pub(super) async fn close<T>(&self) -> T {
        self.0.drop_connection();
        std::future::pending().await
    }
}

/// Serves connections until `stop` is cancelled, then lets open requests end within the deadline.
pub async fn accept(
    listener: TcpListener,
    front: Front,
    metrics: Arc<Metrics>,
    limits: ConnectionLimits,
    stop: CancellationToken,
) {
    let connections = TaskTracker::new();
    let serving = Arc::new(Semaphore::new(limits.max_connections));
    let refusing = Arc::new(Semaphore::new(MAX_REFUSING));
    for turn in 1_usize.. {
        if turn.is_multiple_of(ACCEPTED_A_TURN) {
            task::yield_now().await;
        }
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = next(&listener) => accepted,
        };
        let Some(stream) = accepted else { continue };
        if let Ok(permit) = serving.clone().try_acquire_owned() {
            let (front, metrics, stop) = (front.clone(), metrics.clone(), stop.child_token());
            connections.spawn(async move {
                metrics.connections.inc();
                if speaks(&stream, limits.head, &stop).await {
                    // In a place of its own: a connection that says nothing takes no more than it must.
                    Box::pin(serve(stream, front, limits, stop)).await;
                }
                metrics.connections.dec();
                drop(permit);
            });
        } else if let Ok(permit) = refusing.clone().try_acquire_owned() {
            let max_connections = limits.max_connections;
            connections.spawn(async move {
                refuse(stream, Reason::Full { max_connections }).await;
                drop(permit);
            });
        }
    }
    drop(listener);
    connections.close();
    if time::timeout(limits.shutdown, connections.wait()).await.is_err() {
        tracing::warn!(
            left = connections.len(),
            "requests were still open at the deadline"
        );
    }
}

async fn next(listener: &TcpListener) -> Option<TcpStream> {
    match listener.accept().await {
        Ok((stream, _)) => Some(stream),
        Err(error) => {
            // Out of descriptors, most likely: wait for some to come free instead of spinning.
            tracing::warn!(%error, "could not accept a connection");
            time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

/// Waits for a connection's first byte, and leaves it where it is. Until then the connection has a socket and a timer
/// and no buffers. One whose peer has reset it meanwhile, as they do while they wait to be accepted, never gets any: the
/// system would hand out what it said before, and only then that it is gone.
async fn speaks(stream: &TcpStream, within: Duration, stop: &CancellationToken) -> bool {
    let mut byte = [0];
    let first = tokio::select! {
        () = stop.cancelled() => return false,
        first = time::timeout(within, stream.peek(&mut byte)) => first,
    };
    matches!(first, Ok(Ok(1..))) && matches!(stream.take_error(), Ok(None))
}

/// How serving a connection ended.
enum End {
    /// A fault closes it.
    Dropped,
    /// The peer has gone.
    Broken,
    /// The peer has ended, or the HTTP machinery is through with it.
    Done(hyper::Result<()>),
    /// The peer let a deadline pass.
    Expired(Expired),
}

async fn serve(stream: TcpStream, front: Front, limits: ConnectionLimits, stop: CancellationToken) {
    // Small answers must not wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let watch = Watch::new(Progress::accepted(limits, Instant::now()));
    let connection = Connection(watch.clone());
    // Without the HTTP machinery at first, and to the end if nothing comes that needs it.
    let mut plain = Some(Watched::new(stream, watch.clone(), Shortcut::new(front.clone())));
    let service = service_fn(move |request| {
        let watch = connection.0.clone();
        watch.called();
        front
            .answer(request, &connection)
            .map_ok(|answer| answer.map(|body| Answer::new(body, watch)))
    });
    let mut begin = Some(|socket: Watched| {
        http1::Builder::new()
            // The watchdog sees to it, for less.
            .header_read_timeout(None)
            .max_buf_size(limits.max_head_bytes)
            .serve_connection(TokioIo::new(socket), service)
    });
    let mut machinery = None;
    let mut watchdog = Watchdog::new(&limits, watch.clone());
    let mut stop = pin!(stop.cancelled());
    let mut stopping = false;
    let end = poll_fn(|cx| {
        loop {
            if let Some(socket) = &mut plain
                && let Poll::Ready(ended) = poll_plain(socket, cx, stopping, &watch)
            {
                if let Some(end) = ended {
                    return Poll::Ready(end);
                }
                machinery = plain
                    .take()
                    .zip(begin.take())
                    .map(|(socket, begin)| begin(socket));
            }
            if let Some(http) = &mut machinery
                && let Poll::Ready(ended) = Pin::new(http).poll(cx)
            {
                return Poll::Ready(End::Done(ended));
            }
            if watch.is_dropped() {
                return Poll::Ready(End::Dropped);
            }
            if stopping || stop.as_mut().poll(cx).is_pending() {
                return watchdog.poll(cx).map(End::Expired);
            }
            stopping = true;
            if let Some(http) = &mut machinery {
                Pin::new(http).graceful_shutdown();
            }
        }
    })
    .await;
    let (socket, read_buf) = match machinery.map(http1::Connection::into_parts) {
        Some(http1::Parts { io, read_buf, .. }) => (Some(io.into_inner()), read_buf),
        None => (plain, Bytes::new()),
    };
    let Some(stream) = socket.map(Watched::into_stream) else {
        return;
    };
    let left = Left {
        stream,
        unread: read_buf,
        stopping,
    };
    part(end, left, &watch, limits).await;
}

/// Answers what needs no HTTP machinery. Ready when the connection ends, or with `None` when something came that does.
fn poll_plain(
    socket: &mut Watched,
    cx: &mut Context<'_>,
    stopping: bool,
    watch: &Watch,
) -> Poll<Option<End>> {
    let polled = if stopping {
        socket.poll_sent(cx)
    } else {
        socket.poll_plain(cx)
    };
    Poll::Ready(match ready!(polled) {
        Err(error) => {
            tracing::debug!(%error, "connection ended");
            Some(End::Broken)
        }
        Ok(()) if stopping || watch.peer_ended() => Some(End::Done(Ok(()))),
        Ok(()) => None,
    })
}

/// What is left of a connection that has been served.
struct Left {
    stream: TcpStream,
    /// What the HTTP machinery had and did not read.
    unread: Bytes,
    stopping: bool,
}

/// Parts with a peer as the end of its connection has it.
async fn part(end: End, left: Left, watch: &Watch, limits: ConnectionLimits) {
    match end {
        // A fault's end is abrupt, and an idle peer is owed no word.
        End::Dropped | End::Broken | End::Expired(Expired::Idle) => {}
        // What the system has taken would be kept for a peer that does not want it: reset rather than closed.
        End::Expired(Expired::Drain) => {
            let _ = left.stream.set_zero_linger();
        }
        End::Expired(Expired::Head) => refuse(left.stream, Reason::Slow { within: limits.head }).await,
        End::Done(ended) => {
            let refusal = match ended {
                Ok(()) => None,
                Err(error) => {
                    tracing::debug!(%error, "connection ended");
                    // Behind the part of an answer that is sent, a refusal would be taken for more of it.
                    if watch.progress(|progress| progress.is_blocked()) {
                        return;
                    }
                    refusal_of(watch, &left.unread, limits)
                }
            };
            drop(left.unread);
            match refusal {
                Some(reason) => refuse(left.stream, reason).await,
                // An answer may have been given before all of its request was read.
                None if !watch.peer_ended() && !left.stopping => linger(left.stream).await,
                None => {}
            }
        }
    }
}

/// What is to be said of a request that the HTTP machinery could not read.
fn refusal_of(watch: &Watch, unread: &[u8], limits: ConnectionLimits) -> Option<Reason> {
    // The preface of HTTP/2 is the one thing that it refuses without a word.
    let preface = unread.starts_with(b"PRI * HTTP/2").then_some(400);
    let status = watch.refused().or(preface)?;
    let came = Came {
        bytes: watch.read_bytes(),
        unread,
    };
    Some(Reason::of(status, &came, limits.max_head_bytes))
}

/// One timer for all deadlines of a connection. Whenever the connection's task runs it is asked what is due; only a
/// deadline that is sooner than the timer, or the timer's end, sets it anew, so that a request costs no timer.
struct Watchdog {
    sleep: Pin<Box<Sleep>>,
    watch: Watch,
    rest: Duration,
}

impl Watchdog {
    fn new(limits: &ConnectionLimits, watch: Watch) -> Self {
        Self {
            sleep: Box::pin(time::sleep(limits.head)),
            watch,
            rest: limits.idle,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Expired> {
        loop {
            let due = self.watch.progress(|progress| progress.due());
            if let Some((at, _)) = due
                && at < self.sleep.deadline()
            {
                self.sleep.as_mut().reset(at);
            }
            ready!(self.sleep.as_mut().poll(cx));
            let now = Instant::now();
            match due {
                Some((at, expired)) if at <= now => return Poll::Ready(expired),
                Some((at, _)) => self.sleep.as_mut().reset(at),
                None => self.sleep.as_mut().reset(now + self.rest),
            }
        }
    }
}
