//! An answer, read from the bytes as they come (RFC 9112). Neither connection nor clock: bytes in, an answer or an error out,
//! and the same one however the bytes are cut.

mod content;
mod head;
mod headers;
mod partial;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod table;

use bytes::Bytes;
use http::{Method, StatusCode};
use httparse::{EMPTY_HEADER, InvalidChunkSize, Status};

pub use self::headers::Headers;
use self::{
    content::Content,
    head::{Framing, Head, MOST_BYTES, MOST_FIELDS},
    partial::Partial,
};
use super::Keep;

/// Why bytes are no answer that could be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    /// What stands where the head should is none.
    #[error("the answer's head is none: {0}")]
    Head(#[from] httparse::Error),
    /// A head, a chunk's size line or the trailers do not end.
    #[error("the answer's head or trailers are longer than {MOST_BYTES} bytes")]
    TooLongHead,
    /// The status is outside of 100 to 999.
    #[error("the answer's status is none")]
    Status,
    /// `Content-Length` is no number, or several.
    #[error("the answer's content-length is not one number")]
    ContentLength,
    /// `Transfer-Encoding` is not just `chunked`.
    #[error("the answer's transfer-encoding is not just chunked")]
    TransferEncoding,
    /// The connection is no longer one for HTTP/1.1.
    #[error("the server switched to another protocol")]
    Switched,
    /// A chunk's size or its end is none.
    #[error("the answer's chunks are broken")]
    Chunk,
    /// A chunk's size line or a trailer ends with a line feed alone.
    #[error("a line of the answer's chunks ends with a line feed alone")]
    LineFeed,
    /// The connection ended first.
    #[error("the connection ended before the answer")]
    Truncated,
    /// The content is longer than what was to be kept.
    #[error("the content is longer than {0} bytes")]
    TooLong(usize),
}

/// What is to be read next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Head,
    /// Content, so many bytes.
    Length(u64),
    ChunkSize,
    /// What is left of a chunk, in bytes.
    Chunk(u64),
    ChunkEnd,
    Trailers,
    UntilClose,
    Whole,
}

/// What became of the bytes that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The answer goes on.
    More,
    /// It is whole, and so many bytes came after it.
    Whole { beyond: usize },
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) status: StatusCode,
    pub(crate) headers: Headers,
    pub(crate) body: Bytes,
    pub(crate) bytes: u64,
    /// Whether the connection may carry another request.
    pub(crate) persists: bool,
}

/// An answer that is being read.
#[derive(Debug)]
pub(crate) struct Reading<'r> {
    asked: &'r Method,
    state: State,
    partial: Partial,
    head: Option<Head>,
    headers: &'r mut Headers,
    content: Content,
}

impl<'r> Reading<'r> {
    /// Of the answer to a request of the method `asked`. Its headers go to `headers`, whose memory is used again.
    pub(crate) fn new((asked, keep): (&'r Method, Keep), headers: &'r mut Headers) -> Self {
        Self {
            asked,
            state: State::Head,
            partial: Partial::default(),
            head: None,
            headers,
            content: Content::new(keep),
        }
    }

    /// Whether the answer has begun; interim answers before it (RFC 9110 §15.2) do not count.
    pub(crate) const fn has_begun(&self) -> bool {
        self.head.is_some() || !self.partial.is_empty()
    }

    /// Takes the bytes that came next.
    ///
    /// # Errors
    /// When they do not go on with an answer that can be used. Nothing more can be read then.
    pub(crate) fn take(&mut self, mut came: &[u8]) -> Result<Progress, Malformed> {
        while self.state != State::Whole {
            if came.is_empty() {
                return Ok(Progress::More);
            }
            self.state = match self.state {
                State::Head => self.take_head(&mut came)?,
                State::ChunkSize => self.take_size(&mut came)?,
                State::ChunkEnd => self.take_line_end(&mut came)?,
                State::Trailers => self.take_trailers(&mut came)?,
                State::Length(left) => match self.take_content(&mut came, left)? {
                    0 => State::Whole,
                    left => State::Length(left),
                },
                State::Chunk(left) => match self.take_content(&mut came, left)? {
                    0 => State::ChunkEnd,
                    left => State::Chunk(left),
                },
                State::UntilClose => {
                    self.take_content(&mut came, u64::MAX)?;
                    State::UntilClose
                }
                State::Whole => State::Whole,
            };
        }
        Ok(Progress::Whole { beyond: came.len() })
    }

    /// The connection has ended, in the direction of the answer.
    ///
    /// # Errors
    /// When the answer has not.
    pub(crate) fn end(&mut self) -> Result<(), Malformed> {
        if !matches!(self.state, State::UntilClose | State::Whole) {
            return Err(Malformed::Truncated);
        }
        self.state = State::Whole;
        Ok(())
    }

    /// The answer, once it is whole; what was kept of it goes with it.
    pub(crate) fn read(&mut self) -> Option<Read> {
        let head = self.head.filter(|_| self.state == State::Whole)?;
        let (body, bytes) = self.content.take_kept();
        Some(Read {
            status: head.status,
            headers: self.headers.clone(),
            body,
            bytes,
            persists: head.persists,
        })
    }

    fn take_head(&mut self, came: &mut &[u8]) -> Result<State, Malformed> {
        let (asked, headers) = (self.asked, &mut *self.headers);
        let head = self.partial.take(came, |bytes| {
            let parsed = head::parse(bytes, asked)?;
            if let Some((length, _)) = parsed {
                headers.set(&bytes[..length]);
            }
            Ok(parsed)
        })?;
        let Some(head) = head.filter(|head| !head.status.is_informational()) else {
            return Ok(State::Head);
        };
        self.head = Some(head);
        Ok(match head.framing {
            Framing::Length(0) => State::Whole,
            Framing::Length(bytes) => {
                self.content.expect(bytes)?;
                State::Length(bytes)
            }
            Framing::Chunked => State::ChunkSize,
            Framing::UntilClose => State::UntilClose,
        })
    }

    /// RFC 9112 §7.1; what stands in extensions is let go (§7.1.1).
    fn take_size(&mut self, came: &mut &[u8]) -> Result<State, Malformed> {
        let size = self.partial.take(came, |bytes| {
            // A size without a digit would be read as 0, and so as the end.
            if !bytes[0].is_ascii_hexdigit() {
                return Err(Malformed::Chunk);
            }
            match httparse::parse_chunk_size(bytes) {
                Ok(Status::Complete((length, _))) if has_bare_line_feed(&bytes[..length]) => {
                    Err(Malformed::LineFeed)
                }
                Ok(Status::Complete(size)) => Ok(Some(size)),
                Ok(Status::Partial) => Ok(None),
                Err(InvalidChunkSize) => Err(Malformed::Chunk),
            }
        })?;
        Ok(match size {
            None => State::ChunkSize,
            Some(0) => State::Trailers,
            Some(bytes) => State::Chunk(bytes),
        })
    }

    fn take_line_end(&mut self, came: &mut &[u8]) -> Result<State, Malformed> {
        let ended = self.partial.take(came, |bytes| match bytes {
            [b'\r'] => Ok(None),
            [b'\r', b'\n', ..] => Ok(Some((2, ()))),
            _ => Err(Malformed::Chunk),
        })?;
        Ok(ended.map_or(State::ChunkEnd, |()| State::ChunkSize))
    }

    /// RFC 9112 §7.1.2; nobody asks for them.
    fn take_trailers(&mut self, came: &mut &[u8]) -> Result<State, Malformed> {
        let ended = self.partial.take(came, |bytes| {
            match httparse::parse_headers(bytes, &mut [EMPTY_HEADER; MOST_FIELDS])? {
                Status::Complete((length, _)) if has_bare_line_feed(&bytes[..length]) => {
                    Err(Malformed::LineFeed)
                }
                Status::Complete((length, _)) => Ok(Some((length, ()))),
                Status::Partial => Ok(None),
            }
        })?;
        Ok(ended.map_or(State::Trailers, |()| State::Whole))
    }

    /// Takes what has come of the content's next `left` bytes; how many are left then.
    fn take_content(&mut self, came: &mut &[u8], left: u64) -> Result<u64, Malformed> {
        let here = usize::try_from(left).map_or(came.len(), |left| left.min(came.len()));
        let (content, rest) = came.split_at(here);
        *came = rest;
        self.content.take(content)?;
        Ok(left - here as u64)
    }
}

/// A line feed alone ends a line for some who read (RFC 9112 §2.2) and not for others, who would find another end of the chunks.
fn has_bare_line_feed(lines: &[u8]) -> bool {
    let mut lines = lines.split_inclusive(|byte| *byte == b'\n');
    lines.any(|line| !line.ends_with(b"\r\n"))
}
