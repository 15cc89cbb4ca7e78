//! From the outcome to status, headers and an ordered list of byte slices.

use std::convert::Infallible;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body::{Frame, SizeHint};

use super::multipart::{Multipart, content_range};
use super::{Fields, Object, Representation, Selection, Slice, header_value};

/// An answer, complete but for the object's bytes and for what the module leaves to its caller.
#[derive(Debug, Clone)]
pub struct Answer {
    /// 200, 206, 304, 412 or 416.
    pub status: StatusCode,
    /// On 200 and 206 all that describes the content, with its exact length; on 304 the tag; on 416 the
    /// object's length.
    pub headers: Fields,
    /// What of the object follows the headers.
    pub content: Content,
}

impl Answer {
    /// The answer to a request of this method. HEAD gets the headers of the GET and no content (RFC 9110
    /// §9.3.2), as does every other method.
    pub fn new(method: &Method, selection: Selection, of: &Representation) -> Self {
        let answer = match selection {
            Selection::Full => full(of),
            Selection::Range(range) => partial(range, of),
            Selection::Multi(ranges) => multipart(Multipart::new(ranges, of), of),
            Selection::NotModified => not_modified(of),
            Selection::NotSatisfiable => not_satisfiable(of),
            Selection::PreconditionFailed => Self::bare(StatusCode::PRECONDITION_FAILED),
        };
        if *method == Method::GET {
            answer
        } else {
            Self {
                content: Content::nothing(),
                ..answer
            }
        }
    }

    /// The answer with its bytes, cut from the object as by [`Content::of`].
    ///
    /// # Errors
    /// If the object is not of the length the headers were made for.
    pub fn with<O: Object>(self, object: &O) -> Result<Answered<O::Slice>, WrongLength> {
        Ok(Answered {
            body: self.content.of(object)?,
            status: self.status,
            headers: self.headers,
        })
    }

    fn bare(status: StatusCode) -> Self {
        Self {
            status,
            headers: Fields::with_room(),
            content: Content::nothing(),
        }
    }
}

/// An answer and its bytes.
#[derive(Debug, Clone)]
pub struct Answered<S = Bytes> {
    /// 200, 206, 304, 412 or 416.
    pub status: StatusCode,
    /// Those of [`Answer`].
    pub headers: Fields,
    /// The bytes.
    pub body: Body<S>,
}

impl<S> From<Answered<S>> for Response<Body<S>> {
    fn from(answered: Answered<S>) -> Self {
        let mut response = Self::new(answered.body);
        *response.status_mut() = answered.status;
        *response.headers_mut() = answered.headers.into();
        response
    }
}

fn full(of: &Representation) -> Answer {
    let content = Content {
        object_len: of.len,
        shape: Shape::Slice(0..of.len),
    };
    Answer {
        status: StatusCode::OK,
        headers: described(&content, of.content_type.clone(), of),
        content,
    }
}

fn partial(range: Range<u64>, of: &Representation) -> Answer {
    let named = header_value(content_range(&range, of.len));
    let content = Content {
        object_len: of.len,
        shape: Shape::Slice(range),
    };
    let mut headers = described(&content, of.content_type.clone(), of);
    headers.set(CONTENT_RANGE, named);
    Answer {
        status: StatusCode::PARTIAL_CONTENT,
        headers,
        content,
    }
}

/// `Content-Range` stands in the parts, and must not stand here (RFC 9110 §15.3.7.2).
fn multipart(body: Multipart, of: &Representation) -> Answer {
    let content_type = body.content_type();
    let content = Content {
        object_len: of.len,
        shape: Shape::Multipart(body),
    };
    Answer {
        status: StatusCode::PARTIAL_CONTENT,
        headers: described(&content, content_type, of),
        content,
    }
}

/// RFC 9110 §15.4.5: the tag, and nothing else that describes a content which is not there.
fn not_modified(of: &Representation) -> Answer {
    let mut answer = Answer::bare(StatusCode::NOT_MODIFIED);
    answer.headers.set(ETAG, of.etag.header_value().clone());
    answer
}

/// RFC 9110 §15.5.17: the length tells the client what it could have asked for.
fn not_satisfiable(of: &Representation) -> Answer {
    let mut answer = Answer::bare(StatusCode::RANGE_NOT_SATISFIABLE);
    answer
        .headers
        .set(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    answer
        .headers
        .set(CONTENT_RANGE, header_value(format!("bytes */{}", of.len)));
    answer
}

fn described(content: &Content, content_type: HeaderValue, of: &Representation) -> Fields {
    let mut headers = Fields::with_room();
    headers.set(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.set(CONTENT_LENGTH, HeaderValue::from(content.len()));
    headers.set(CONTENT_TYPE, content_type);
    headers.set(ETAG, of.etag.header_value().clone());
    headers.set(LAST_MODIFIED, of.last_modified_value.clone());
    headers
}

/// What of an object is sent, before the object is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    object_len: u64,
    shape: Shape,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    Nothing,
    Slice(Range<u64>),
    Multipart(Multipart),
}

/// The object is not of the length that the answer's headers were made for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("object has {actual_bytes} bytes where {expected_bytes} were announced")]
pub struct WrongLength {
    expected_bytes: u64,
    actual_bytes: u64,
}

impl Content {
    const fn nothing() -> Self {
        Self {
            object_len: 0,
            shape: Shape::Nothing,
        }
    }

    /// Bytes to send, framing included.
    pub fn len(&self) -> u64 {
        match &self.shape {
            Shape::Nothing => 0,
            Shape::Slice(range) => range.end - range.start,
            Shape::Multipart(body) => body.len(),
        }
    }

    /// Whether nothing is sent, so that the object need not be fetched.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Cuts the content from the object: slices that share its memory.
    ///
    /// # Errors
    /// If the object is not of the length the headers were made for. Never when the content is empty, so that
    /// `Bytes::new()` will do then.
    pub fn of<O: Object>(self, object: &O) -> Result<Body<O::Slice>, WrongLength> {
        let actual_bytes = object.size_bytes();
        if !self.is_empty() && actual_bytes != self.object_len {
            return Err(WrongLength {
                expected_bytes: self.object_len,
                actual_bytes,
            });
        }
        let remaining_bytes = self.len();
        let chunks = match self.shape {
            Shape::Slice(range) if !range.is_empty() => Chunks::One(Some(object.slice(range))),
            Shape::Nothing | Shape::Slice(_) => Chunks::One(None),
            Shape::Multipart(body) => Chunks::Many(body.chunks(|range| object.slice(range)).into_iter()),
        };
        Ok(Body {
            remaining_bytes,
            chunks,
        })
    }
}

/// The content's slices in order, none of them empty: an iterator, and where they are in memory an `http_body::Body` of
/// exactly known length.
#[derive(Debug, Clone)]
pub struct Body<S = Bytes> {
    remaining_bytes: u64,
    chunks: Chunks<S>,
}

/// A single slice, the hot path, needs no list.
#[derive(Debug, Clone)]
enum Chunks<S> {
    One(Option<S>),
    Many(std::vec::IntoIter<S>),
}

impl<S> Body<S> {
    /// The bytes of the slices that have not been taken yet.
    pub const fn remaining_bytes(&self) -> u64 {
        self.remaining_bytes
    }
}

impl<S: Slice> Iterator for Body<S> {
    type Item = S;

    fn next(&mut self) -> Option<S> {
        let chunk = match &mut self.chunks {
            Chunks::One(chunk) => chunk.take(),
            Chunks::Many(chunks) => chunks.next(),
        }?;
        self.remaining_bytes -= chunk.size_bytes();
        Some(chunk)
    }
}

impl<S: Slice + Into<Bytes> + Unpin> http_body::Body for Body<S> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.get_mut().next().map(|chunk| Ok(Frame::data(chunk.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining_bytes == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining_bytes)
    }
}
