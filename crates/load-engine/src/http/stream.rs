//! What a connection is made of: TCP, with TLS where the target wants it.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead as _, AsyncWrite as _, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::Target;

/// A stream of bytes to the target and back.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Stream {
    pub(super) async fn open(target: &Target) -> io::Result<Self> {
        let stream = TcpStream::connect(target.address).await?;
        stream.set_nodelay(true)?;
        match &target.tls {
            None => Ok(Self::Plain(stream)),
            Some(tls) => Ok(Self::Encrypted(Box::new(encrypted(stream, tls).await?))),
        }
    }

    /// Whether the peer has sent something or closed it, as far as the system has told. Asks the system only when it has told
    /// something since.
    pub(super) fn has_news(&mut self) -> bool {
        let mut byte = [0];
        match self {
            Self::Plain(stream) => {
                let read = stream.try_read(&mut byte);
                !read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
            }
            Self::Encrypted(_) => {
                // Nobody waits, so there is nobody to wake.
                let mut cx = Context::from_waker(Waker::noop());
                self.poll_read(&mut cx, &mut ReadBuf::new(&mut byte)).is_ready()
            }
        }
    }

    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, came: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, came),
            Self::Encrypted(stream) => Pin::new(stream).poll_read(cx, came),
        }
    }

    /// Sends what it can of both in one system call, and tells how many bytes.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        head: &[u8],
        body: &[u8],
    ) -> Poll<io::Result<usize>> {
        let slices = [IoSlice::new(head), IoSlice::new(body)];
        match self {
            Self::Plain(stream) if body.is_empty() => Pin::new(stream).poll_write(cx, head),
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, &slices),
            Self::Encrypted(stream) => Pin::new(stream).poll_write_vectored(cx, &slices),
        }
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Encrypted(stream) => Pin::new(stream).poll_flush(cx),
        }
    }
}

async fn encrypted(
    stream: TcpStream,
    (config, name): &(Arc<ClientConfig>, ServerName<'static>),
) -> io::Result<TlsStream<TcpStream>> {
    TlsConnector::from(config.clone())
        .connect(name.clone(), stream)
        .await
}
