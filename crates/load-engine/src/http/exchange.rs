//! One request on its way and its answer on the way back, both at once: a server may answer before it has read everything.

use std::{
    cell::RefCell,
    io,
    task::{Context, Poll, ready},
    time::Instant,
};

use tokio::io::ReadBuf;

use super::{
    Request,
    answer::{Headers, Malformed, Progress, Read, Reading},
    stream::Stream,
};

/// The most that is read at once. What is read again and again stays in the processor's cache, so that all connections of a
/// thread share it, and the short answers of many do not touch more than their own length of it.
const READ_BYTES: usize = 64 << 10;

thread_local! {
    static CAME: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExchangeError {
    /// The connection broke.
    #[error(transparent)]
    Broken(#[from] io::Error),
    /// What came cannot be used.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// An exchange that has ended well.
#[derive(Debug)]
pub(crate) struct Exchanged {
    pub(crate) answer: Read,
    /// When the first bytes of the answer came.
    pub(crate) first_byte: Instant,
    /// When the last ones came.
    pub(crate) ended: Instant,
    /// Whether the connection can carry another request.
    pub(crate) reusable: bool,
}

/// How far a request has been sent.
#[derive(Debug)]
enum Sending {
    /// So many bytes of it.
    Bytes(usize),
    /// All of it, to a layer that may hold it back.
    Flush,
    Done,
    /// No further. The answer may have come all the same.
    Failed(io::Error),
}

/// An exchange that goes on.
#[derive(Debug)]
pub(super) struct Exchange<'e> {
    request: &'e Request,
    sending: Sending,
    reading: Reading<'e>,
    first_byte: Option<Instant>,
}

impl<'e> Exchange<'e> {
    pub(super) fn new(request: &'e Request, headers: &'e mut Headers) -> Self {
        Self {
            request,
            sending: Sending::Bytes(0),
            reading: Reading::new((request.method(), request.keep()), headers),
            first_byte: None,
        }
    }

    /// Sends and reads what can be sent and read.
    pub(super) fn poll(
        &mut self,
        stream: &mut Stream,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Exchanged, ExchangeError>> {
        self.poll_send(stream, cx);
        CAME.with_borrow_mut(|came| {
            came.resize(READ_BYTES, 0);
            self.poll_answer(stream, cx, came)
        })
    }

    fn poll_send(&mut self, stream: &mut Stream, cx: &mut Context<'_>) {
        let (head, body) = (self.request.head(), self.request.body());
        loop {
            let polled = match self.sending {
                Sending::Bytes(sent) => {
                    let rest_of_body = &body[sent.saturating_sub(head.len())..];
                    stream.poll_write(cx, head.get(sent..).unwrap_or_default(), rest_of_body)
                }
                Sending::Flush => stream.poll_flush(cx).map_ok(|()| 0),
                Sending::Done | Sending::Failed(_) => return,
            };
            let Poll::Ready(done) = polled else { return };
            self.sending = match (&self.sending, done) {
                (_, Err(error)) => Sending::Failed(error),
                (Sending::Bytes(_), Ok(0)) => Sending::Failed(io::ErrorKind::WriteZero.into()),
                (Sending::Bytes(sent), Ok(more)) if sent + more < head.len() + body.len() => {
                    Sending::Bytes(sent + more)
                }
                (Sending::Bytes(_), Ok(_)) => Sending::Flush,
                _ => Sending::Done,
            };
        }
    }

    fn poll_answer(
        &mut self,
        stream: &mut Stream,
        cx: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<Result<Exchanged, ExchangeError>> {
        loop {
            let mut came = ReadBuf::new(room);
            if let Err(error) = ready!(stream.poll_read(cx, &mut came)) {
                return Poll::Ready(Err(self.broken(error)));
            }
            let now = Instant::now();
            let progress = if came.filled().is_empty() {
                self.reading.end()?;
                Progress::Whole { beyond: 0 }
            } else {
                self.reading.take(came.filled())?
            };
            let first_byte = *self.first_byte.get_or_insert(now);
            match progress {
                Progress::Whole { beyond } => {
                    return Poll::Ready(self.exchanged(beyond, (first_byte, now)));
                }
                // An interim answer is not yet the answer.
                Progress::More if !self.reading.has_begun() => self.first_byte = None,
                Progress::More => {}
            }
        }
    }

    /// What came is all that comes; the request may have failed before.
    fn broken(&mut self, error: io::Error) -> ExchangeError {
        match std::mem::replace(&mut self.sending, Sending::Done) {
            Sending::Failed(earlier) => earlier.into(),
            _ => error.into(),
        }
    }

    fn exchanged(
        &mut self,
        beyond: usize,
        (first_byte, ended): (Instant, Instant),
    ) -> Result<Exchanged, ExchangeError> {
        let answer = self.reading.read().ok_or(Malformed::Truncated)?;
        let is_sent = matches!(self.sending, Sending::Done);
        Ok(Exchanged {
            // A server that answers early may not read the rest (RFC 9112 §9.5), and what comes unasked answers nothing.
            reusable: answer.persists && is_sent && beyond == 0 && !self.request.closes(),
            answer,
            first_byte,
            ended,
        })
    }
}
