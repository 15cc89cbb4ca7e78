//! The way past the HTTP machinery: a request for audio at hand that comes whole and alone, where a request begins, is
//! answered before the machinery hears of it. Whatever else comes goes to the machinery, and comes this way again once
//! that has read its request to the end and answered it.

use std::{
    cell::{Cell, RefCell},
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::{Buf as _, Bytes};
use httpdate::HttpDate;
use tokio::{
    io::{AsyncRead as _, AsyncWrite as _, ReadBuf},
    net::TcpStream,
};

#[cfg(target_os = "linux")]
use super::by_reference;
use super::turn::Turn;
use crate::{
    blobs::Held,
    http::front::Front,
    representation::{Answered, Body},
};

/// Room for a head as answers with audio have it.
const HEAD_BYTES: usize = 1 << 10;
/// Room for what comes at once; what does not fit is no plain request.
const READ_BYTES: usize = 8 << 10;

thread_local! {
    /// Where it is read: what a thread uses again and again stays in the processor's cache, which a thousand connections'
    /// buffers do not.
    static CAME: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    /// Heads are written here; what the system does not take at once is copied.
    static HEAD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    /// The second since 1970 for which the text is a date.
    static DATE: Cell<(u64, [u8; 29])> = const { Cell::new((u64::MAX, [0; 29])) };
}

/// One connection's.
pub(super) struct Shortcut {
    front: Front,
    turn: Turn,
    sending: Option<Sending>,
}

/// What the system has not taken yet of an answer.
struct Sending {
    head: Bytes,
    chunk: Held,
    rest: Body<Held>,
}

impl Shortcut {
    pub(super) const fn new(front: Front) -> Self {
        Self {
            front,
            turn: Turn::Shortcut,
            sending: None,
        }
    }

    /// Whether an answer is on its way.
    pub(super) const fn is_sending(&self) -> bool {
        self.sending.is_some()
    }

    /// Whether what comes next is to be looked at here.
    pub(super) fn has_turn(&self) -> bool {
        self.turn == Turn::Shortcut
    }

    /// Whose turn it is.
    pub(super) const fn turn(&mut self) -> &mut Turn {
        &mut self.turn
    }

    /// Reads at most `room` bytes, and answers them or passes them on.
    pub(super) fn poll_read(
        &mut self,
        stream: &mut TcpStream,
        cx: &mut Context<'_>,
        room: usize,
        pass_on: impl FnOnce(&[u8]),
    ) -> Poll<io::Result<Option<Answered<Held>>>> {
        CAME.with_borrow_mut(|came| {
            came.resize(READ_BYTES, 0);
            let mut came = ReadBuf::new(&mut came[..room.min(READ_BYTES)]);
            ready!(Pin::new(stream).poll_read(cx, &mut came))?;
            let answer = self.answer(came.filled());
            if answer.is_none() {
                pass_on(came.filled());
            }
            Poll::Ready(Ok(answer))
        })
    }

    fn answer(&mut self, came: &[u8]) -> Option<Answered<Held>> {
        let answer = self.front.at_once(&self.turn.take(came)?);
        if answer.is_none() {
            self.turn.decline();
        }
        answer
    }

    /// Sends an answer; what the system does not take now is for [`Self::poll_send`].
    pub(super) fn send(
        &mut self,
        stream: &mut TcpStream,
        cx: &mut Context<'_>,
        answer: Answered<Held>,
    ) -> Poll<io::Result<usize>> {
        HEAD.with_borrow_mut(|head| {
            head.clear();
            head.reserve(HEAD_BYTES);
            write_head(&answer, head);
            let mut rest = answer.body;
            let chunk = next(&mut rest);
            let sent = poll_write(stream, cx, head, &chunk)?;
            let taken = match sent {
                Poll::Ready(bytes) => bytes,
                Poll::Pending => 0,
            };
            if taken < head.len() + chunk.len() || rest.remaining_bytes() > 0 {
                let mut sending = Sending {
                    head: Bytes::copy_from_slice(head.get(taken..).unwrap_or_default()),
                    chunk,
                    rest,
                };
                sending.chunk.advance(taken.saturating_sub(head.len()));
                self.sending = Some(sending);
            }
            sent.map(Ok)
        })
    }

    /// Goes on sending; the bytes that the system took, 0 when nothing is left.
    pub(super) fn poll_send(
        &mut self,
        stream: &mut TcpStream,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let Some(sending) = &mut self.sending else {
            return Poll::Ready(Ok(0));
        };
        if sending.chunk.is_empty() {
            sending.chunk = next(&mut sending.rest);
        }
        let sent = ready!(poll_write(stream, cx, &sending.head, &sending.chunk))?;
        let of_head = sent.min(sending.head.len());
        sending.head.advance(of_head);
        sending.chunk.advance(sent - of_head);
        if sending.head.is_empty() && sending.chunk.is_empty() && sending.rest.remaining_bytes() == 0 {
            self.sending = None;
        }
        Poll::Ready(Ok(sent))
    }
}

/// What is to be sent next; empty when that is nothing.
fn next(rest: &mut Body<Held>) -> Held {
    rest.next().unwrap_or_else(|| Bytes::new().into())
}

/// Gives the system at least some of a head, which may be empty, and of what comes behind it.
fn poll_write(
    stream: &mut TcpStream,
    cx: &mut Context<'_>,
    head: &[u8],
    chunk: &Held,
) -> Poll<io::Result<usize>> {
    Poll::Ready(match ready!(poll_give(stream, cx, head, chunk))? {
        // The system takes nothing only of nothing.
        0 => Err(io::ErrorKind::WriteZero.into()),
        sent => Ok(sent),
    })
}

fn poll_give(
    stream: &mut TcpStream,
    cx: &mut Context<'_>,
    head: &[u8],
    chunk: &Held,
) -> Poll<io::Result<usize>> {
    #[cfg(target_os = "linux")]
    if let Some(part) = by_reference::Part::of(chunk) {
        return part.poll_send(stream, cx, head);
    }
    let slices = [IoSlice::new(head), IoSlice::new(chunk.as_slice())];
    Pin::new(stream).poll_write_vectored(cx, &slices)
}

/// The head as the machinery would write it, the date last.
fn write_head(answer: &Answered<Held>, head: &mut Vec<u8>) {
    let status = answer.status;
    head.extend_from_slice(b"HTTP/1.1 ");
    head.extend_from_slice(status.as_str().as_bytes());
    head.push(b' ');
    head.extend_from_slice(status.canonical_reason().unwrap_or_default().as_bytes());
    for (name, value) in answer.headers.iter() {
        head.extend_from_slice(b"\r\n");
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
    }
    head.extend_from_slice(b"\r\ndate: ");
    head.extend_from_slice(&date());
    head.extend_from_slice(b"\r\n\r\n");
}

/// The date as an answer has it (RFC 9110 §6.6.1), written once a second.
fn date() -> [u8; 29] {
    let now = SystemTime::now();
    let second = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (written, text) = DATE.get();
    if written == second {
        return text;
    }
    let mut text = [0; 29];
    for (to, from) in text.iter_mut().zip(HttpDate::from(now).to_string().bytes()) {
        *to = from;
    }
    DATE.set((second, text));
    text
}
