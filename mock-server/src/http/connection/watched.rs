//! The socket as the HTTP machinery sees it: every byte that moves is noted, and what the machinery would say by itself
//! is held back, so that the server can say it as a problem document.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use parking_lot::Mutex;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Instant,
};

use super::{progress::Progress, shortcut::Shortcut};
use crate::{blobs::Held, http::front::Outgoing, representation::Answered};

/// Every answer of ours has this in its head.
const REQUEST_ID_LINE: &[u8] = b"\r\nx-request-id:";

/// What a connection's socket, its task and its answers know in common.
#[derive(Debug, Clone)]
pub(super) struct Watch(Arc<Mutex<Seen>>);

#[derive(Debug)]
struct Seen {
    progress: Progress,
    /// Bytes that came since the last request was called.
    read_bytes: usize,
    /// The peer will send nothing more.
    ended: bool,
    /// A fault closes the connection.
    dropped: bool,
    /// The status with which the HTTP machinery refuses what came.
    refused: Option<u16>,
}

impl Watch {
    pub(super) fn new(progress: Progress) -> Self {
        Self(Arc::new(Mutex::new(Seen {
            progress,
            read_bytes: 0,
            ended: false,
            dropped: false,
            refused: None,
        })))
    }

    pub(super) fn progress<T>(&self, then: impl FnOnce(&mut Progress) -> T) -> T {
        then(&mut self.0.lock().progress)
    }

    /// A request's head is whole.
    pub(super) fn called(&self) {
        let mut seen = self.0.lock();
        seen.progress.called();
        seen.read_bytes = 0;
    }

    pub(super) fn read_bytes(&self) -> usize {
        self.0.lock().read_bytes
    }

    /// Closes the connection the next time that its task looks, with nothing more sent.
    pub(super) fn drop_connection(&self) {
        self.0.lock().dropped = true;
    }

    pub(super) fn is_dropped(&self) -> bool {
        self.0.lock().dropped
    }

    pub(super) fn peer_ended(&self) -> bool {
        self.0.lock().ended
    }

    pub(super) fn refused(&self) -> Option<u16> {
        self.0.lock().refused
    }
}

/// The socket.
pub(super) struct Watched {
    stream: TcpStream,
    watch: Watch,
    shortcut: Shortcut,
    /// What came for the machinery before it was there.
    passed_on: Bytes,
}

impl Watched {
    pub(super) const fn new(stream: TcpStream, watch: Watch, shortcut: Shortcut) -> Self {
        Self {
            stream,
            watch,
            shortcut,
            passed_on: Bytes::new(),
        }
    }

    pub(super) fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// Notes that bytes came for the machinery, or the peer's end.
    fn note_read(&self, read_bytes: usize) {
        let mut seen = self.watch.0.lock();
        seen.read_bytes = seen.read_bytes.saturating_add(read_bytes);
        if read_bytes == 0 {
            seen.ended = true;
        } else if seen.progress.awaits_head() {
            seen.progress.head_began(Instant::now());
        }
    }

    /// Sends an answer of the shortcut's, and what the system does not take of it when it takes more.
    fn send(&mut self, cx: &mut Context<'_>, answer: Answered<Held>) -> io::Result<()> {
        let sent = self.shortcut.send(&mut self.stream, cx, answer);
        if matches!(sent, Poll::Ready(Ok(_))) && !self.shortcut.is_sending() {
            self.watch.progress(|progress| progress.served(Instant::now()));
            return Ok(());
        }
        self.watch.progress(Progress::answered);
        self.note_write(&sent);
        match sent {
            Poll::Ready(Err(error)) => Err(error),
            Poll::Ready(Ok(_)) | Poll::Pending => Ok(()),
        }
    }

    /// Answers plain requests until something comes for the machinery, which then finds it here, or the peer's end.
    pub(super) fn poll_plain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            // One request at a time: nothing is read before the last answer is with the system.
            ready!(self.poll_sent(cx))?;
            let pass_on = |bytes: &[u8]| self.passed_on = Bytes::copy_from_slice(bytes);
            let answered = self.shortcut.poll_read(&mut self.stream, cx, usize::MAX, pass_on);
            match ready!(answered)? {
                Some(answer) => self.send(cx, answer)?,
                None => {
                    self.note_read(self.passed_on.len());
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }

    /// Goes on with an answer of the shortcut's until the system has all of it.
    pub(super) fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.shortcut.is_sending() {
            let sent = self.shortcut.poll_send(&mut self.stream, cx);
            self.note_write(&sent);
            ready!(sent)?;
            if !self.shortcut.is_sending() {
                self.watch.progress(|progress| progress.flushed(Instant::now));
            }
        }
        Poll::Ready(Ok(()))
    }

    fn note_write(&self, written: &Poll<io::Result<usize>>) {
        match written {
            Poll::Ready(Ok(bytes)) => self.watch.progress(|progress| {
                if progress.is_blocked() {
                    progress.wrote(*bytes, Instant::now());
                }
            }),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.watch.progress(|progress| progress.stalled(Instant::now())),
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let turn = this.shortcut.turn();
        if turn.may_resume() && this.watch.progress(|progress| progress.awaits_head()) {
            turn.resume();
        }
        if !this.passed_on.is_empty() {
            let now = this.passed_on.len().min(buf.remaining());
            buf.put_slice(&this.passed_on.split_to(now));
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        loop {
            ready!(this.poll_sent(cx))?;
            let answered = if this.shortcut.has_turn() {
                let room = buf.remaining();
                let pass_on = |bytes: &[u8]| buf.put_slice(bytes);
                ready!(this.shortcut.poll_read(&mut this.stream, cx, room, pass_on))?
            } else {
                ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
                this.shortcut.turn().take(&buf.filled()[before..]);
                None
            };
            match answered {
                Some(answer) => this.send(cx, answer)?,
                None => {
                    this.note_read(buf.filled().len() - before);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Some(first) = slices.first()
            && let Some(status) = own_refusal(first)
        {
            this.watch.0.lock().refused = Some(status);
            return Poll::Ready(Ok(first.len()));
        }
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, slices);
        this.note_write(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Called when everything that was to be written is.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_sent(cx))?;
        this.watch.progress(|progress| progress.flushed(Instant::now));
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_sent(cx))?;
        if this.watch.progress(|progress| progress.is_blocked()) {
            // An answer is still on its way: the machinery goes on sending it when the system takes more.
            return Poll::Pending;
        }
        if this.watch.refused().is_some() {
            // There is something to be said yet.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}

/// The status of an answer that the HTTP machinery makes by itself when it cannot read a request: a bare head, the last
/// thing on its connection, without the request id that every answer of ours has.
fn own_refusal(slice: &[u8]) -> Option<u16> {
    let rest = slice.strip_prefix(b"HTTP/1.")?;
    let status = std::str::from_utf8(rest.get(2..5)?).ok()?;
    if !(status.starts_with('4') && slice.ends_with(b"\r\n\r\n")) {
        return None;
    }
    let has_id = slice
        .windows(REQUEST_ID_LINE.len())
        .any(|window| window == REQUEST_ID_LINE);
    if has_id { None } else { status.parse().ok() }
}

/// An answer's body: when it has been handed over or given up, the answer is complete.
pub(super) struct Answer {
    body: Outgoing,
    watch: Watch,
}

impl Answer {
    pub(super) const fn new(body: Outgoing, watch: Watch) -> Self {
        Self { body, watch }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.watch.progress(Progress::answered);
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::a_bare_refusal(
        b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n",
        Some(431)
    )]
    #[case::an_answer_of_ours(b"HTTP/1.1 400 Bad Request\r\nx-request-id: 1\r\n\r\n", None)]
    #[case::an_interim_answer(b"HTTP/1.1 100 Continue\r\n\r\n", None)]
    #[case::part_of_a_body(b"OggS\r\n\r\n", None)]
    #[case::a_cut_head(b"HTTP/1.1 4", None)]
    fn only_a_bare_refusal_is_held_back(#[case] bytes: &[u8], #[case] status: Option<u16>) {
        assert_eq!(own_refusal(bytes), status);
    }
}
