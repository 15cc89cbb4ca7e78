//! One connection that carries one request at a time.

use std::{io, sync::Arc, time::Instant};

use bytes::{Bytes, BytesMut};
use http::response::Parts;
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    net::TcpStream,
    task::JoinHandle,
    time::{self, timeout},
};

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
#[derive(Debug)]
pub(crate) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
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
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        let driver = tokio::task::spawn_local(async move {
            // How it ended is seen by whoever waits for an answer.
            drop(connection.await);
        });
        Ok(Self { sender, driver })
    }

    /// Whether the server has closed it.
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Sends a request and reads its answer to the end.
    pub(crate) async fn send(&mut self, request: Request) -> Result<Sent, SendError> {
        let keep = request.keep;
        self.sender.ready().await?;
        let response = self.sender.send_request(request.into_http()).await?;
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

/// As [`time::timeout_at`], for the standard library's instants.
pub(crate) async fn by<T>(deadline: Instant, work: impl Future<Output = T>) -> Option<T> {
    time::timeout_at(deadline.into(), work).await.ok()
}
