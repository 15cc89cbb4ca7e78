//! One connection that carries one request at a time.

use std::{
    fmt, io,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Instant,
};

use bytes::{Bytes, BytesMut};
use http::response::Parts;
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{net::TcpStream, time::timeout};

use super::{Keep, Request, Target};

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// No connection could be opened.
    #[error("connect: {0}")]
    Connect(#[source] io::Error),
    /// The connection broke, or what came was no HTTP.
    #[error(transparent)]
    Broken(#[from] hyper::Error),
    /// The connection was over before the answer was.
    #[error("the connection ended")]
    Ended,
    /// The content is longer than what was to be kept.
    #[error("the content is longer than {0} bytes")]
    TooLong(usize),
}

/// An answer, and when its parts came.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) head: Parts,
    pub(crate) first_byte: Instant,
    pub(crate) body: Bytes,
    pub(crate) bytes: u64,
}

/// One open connection. It closes when this is dropped.
///
/// What reads and writes is driven by whoever waits for the answer, and not by a task of its own: a request then takes no
/// change from task to task, which is a fifth of what it costs.
pub(crate) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: Pin<Box<dyn Future<Output = hyper::Result<()>>>>,
    ended: bool,
    news: Arc<News>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// That the driver has something for whoever waits.
#[derive(Debug, Default)]
struct News(AtomicBool);

impl Wake for News {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl News {
    fn taken(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

impl Connection {
    /// Opens one, within the target's time-out.
    pub(crate) async fn open(target: &Target) -> Result<Self, SendError> {
        let opening = async {
            let stream = TcpStream::connect(target.address).await?;
            stream.set_nodelay(true)?;
            match &target.tls {
                None => Self::over(stream).await,
                Some((config, name)) => Self::over(encrypted(stream, config, name).await?).await,
            }
        };
        match timeout(target.connect_timeout, opening).await {
            Ok(opened) => opened.map_err(SendError::Connect),
            Err(_) => Err(SendError::Connect(io::ErrorKind::TimedOut.into())),
        }
    }

    async fn over<S>(stream: S) -> io::Result<Self>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + 'static,
    {
        // Heads are small and bodies few: one plain write is cheaper than gathering.
        let (sender, connection) = http1::Builder::new()
            .writev(false)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        Ok(Self {
            sender,
            driver: Box::pin(connection),
            ended: false,
            news: Arc::default(),
        })
    }

    /// Whether the server has closed it, as far as the system has told.
    pub(crate) fn is_closed(&mut self) -> bool {
        // Nobody waits, so there is nobody to wake.
        self.drive(&mut Context::from_waker(Waker::noop()));
        self.ended || self.sender.is_closed()
    }

    /// Sends a request and reads its answer to the end.
    pub(crate) async fn send(&mut self, request: Request) -> Result<Sent, SendError> {
        let Self {
            sender,
            driver,
            ended,
            news,
        } = self;
        let mut exchange = pin!(exchange(sender, request));
        let waker = Waker::from(news.clone());
        std::future::poll_fn(|cx| {
            let mut inner = Context::from_waker(&waker);
            loop {
                if let Poll::Ready(sent) = exchange.as_mut().poll(&mut inner) {
                    return Poll::Ready(sent);
                }
                if *ended {
                    return Poll::Ready(Err(SendError::Ended));
                }
                *ended = driver.as_mut().poll(cx).is_ready();
                // What the exchange waits for comes from the driver alone, so without news from it there is nothing to do until
                // the system wakes the driver.
                if !news.taken() && !*ended {
                    return Poll::Pending;
                }
            }
        })
        .await
    }

    fn drive(&mut self, cx: &mut Context<'_>) {
        if !self.ended {
            // How it ended is seen by whoever waits for an answer.
            self.ended = self.driver.as_mut().poll(cx).is_ready();
        }
    }
}

async fn exchange(sender: &mut http1::SendRequest<Full<Bytes>>, request: Request) -> Result<Sent, SendError> {
    let keep = request.keep;
    sender.ready().await?;
    let response = sender.send_request(request.into_http()).await?;
    let first_byte = Instant::now();
    let (head, body) = response.into_parts();
    let (body, bytes) = read(body, keep).await?;
    Ok(Sent {
        head,
        first_byte,
        body,
        bytes,
    })
}

async fn encrypted(
    stream: TcpStream,
    config: &Arc<ClientConfig>,
    name: &ServerName<'static>,
) -> io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    tokio_rustls::TlsConnector::from(config.clone())
        .connect(name.clone(), stream)
        .await
}

async fn read(mut body: Incoming, keep: Keep) -> Result<(Bytes, u64), SendError> {
    let mut kept = BytesMut::new();
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        bytes += data.len() as u64;
        match keep {
            Keep::Nothing => {}
            Keep::UpTo(limit) if kept.len() + data.len() > limit => return Err(SendError::TooLong(limit)),
            Keep::UpTo(_) => kept.extend_from_slice(&data),
            Keep::First(limit) => {
                let room = limit.saturating_sub(kept.len()).min(data.len());
                kept.extend_from_slice(&data[..room]);
            }
        }
    }
    Ok((kept.freeze(), bytes))
}
