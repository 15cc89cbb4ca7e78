//! What a call gives: the raw reply with its times, and what the contract says that it means.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{CallError, Route};

/// How much of a body an error repeats, in characters.
const SAID_CHARS: usize = 300;

/// An answer as it came.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The route that was called.
    pub route: Route,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// Just before the request was sent.
    pub started: Instant,
    /// From `started` to the end of the headers.
    pub head_elapsed: Duration,
    /// From `started` to the end of the body.
    pub elapsed: Duration,
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<T> {
    /// 2xx other than 202: what was asked for.
    Done(T),
    /// 202: not yet.
    Pending {
        /// When to ask again, where the server says so.
        retry_after: Option<Duration>,
    },
    /// 404: unknown, deleted, or no longer kept.
    NotFound,
    /// 410: failed, canceled or evicted, and it stays so.
    Gone {
        /// Why: the answer's `code`, or its `error_code`.
        code: Option<String>,
    },
    /// 429, or 503 with `Retry-After`: too busy now.
    Busy {
        /// When to ask again, where the server says so.
        retry_after: Option<Duration>,
    },
    /// Any other status.
    Refused(StatusCode),
}

/// A reply and what it means.
#[derive(Debug, Clone)]
pub struct Call<T> {
    /// What it means.
    pub outcome: Outcome<T>,
    /// How it came.
    pub reply: Reply,
}

/// What was asked for, and how it came.
#[derive(Debug, Clone)]
pub struct Timed<T> {
    /// What was asked for.
    pub value: T,
    /// How it came.
    pub reply: Reply,
}

impl Reply {
    /// A header's value, where there is one and it is text.
    #[must_use]
    pub fn header(&self, name: impl AsRef<str>) -> Option<&str> {
        self.headers.get(name.as_ref())?.to_str().ok()
    }

    /// `Retry-After` in its form of seconds (RFC 9110 §10.2.3), the only one that the contract uses.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.header(RETRY_AFTER)?
            .trim()
            .parse()
            .ok()
            .map(Duration::from_secs)
    }

    /// The body as JSON, of whatever shape.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self) -> Result<Value, CallError> {
        self.typed()
    }

    /// The body as JSON of this type. Unknown members are left alone.
    ///
    /// # Errors
    /// When it is none, or a member is missing or of another type; the error names it.
    pub fn typed<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        serde_json::from_slice(&self.body).map_err(|source| self.undecodable(source))
    }

    /// The beginning of the body as one line, if it is text.
    #[must_use]
    pub fn said(&self) -> Option<String> {
        let text = std::str::from_utf8(&self.body).ok()?.trim();
        let line: String = text
            .chars()
            .take(SAID_CHARS)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        (!line.is_empty()).then_some(line)
    }

    /// An error that says that this status was not expected.
    #[must_use]
    pub fn unexpected(&self, expected: &'static str) -> CallError {
        CallError::Unexpected {
            route: self.route,
            status: self.status,
            expected,
            said: self.said(),
        }
    }

    pub(crate) fn undecodable(&self, source: serde_json::Error) -> CallError {
        CallError::Decode {
            route: self.route,
            status: self.status,
            source,
        }
    }

    /// What the status means, `done` giving the value of a success.
    pub(crate) fn interpret<T>(
        self,
        done: impl FnOnce(&Self) -> Result<T, CallError>,
    ) -> Result<Call<T>, CallError> {
        let outcome = match self.status {
            StatusCode::ACCEPTED => Outcome::Pending {
                retry_after: self.retry_after(),
            },
            status if status.is_success() => Outcome::Done(done(&self)?),
            StatusCode::NOT_FOUND => Outcome::NotFound,
            StatusCode::GONE => Outcome::Gone { code: self.code() },
            StatusCode::TOO_MANY_REQUESTS => Outcome::Busy {
                retry_after: self.retry_after(),
            },
            StatusCode::SERVICE_UNAVAILABLE if self.retry_after().is_some() => Outcome::Busy {
                retry_after: self.retry_after(),
            },
            status => Outcome::Refused(status),
        };
        Ok(Call { outcome, reply: self })
    }

    fn code(&self) -> Option<String> {
        let body = self.json().ok()?;
        let code = body.get("error_code").or_else(|| body.get("code"))?;
        code.as_str().map(ToOwned::to_owned)
    }
}

impl<T> Call<T> {
    /// The value of a success.
    ///
    /// # Errors
    /// Any other outcome, as [`CallError::Unexpected`].
    pub fn done(self) -> Result<Timed<T>, CallError> {
        match self.outcome {
            Outcome::Done(value) => Ok(Timed {
                value,
                reply: self.reply,
            }),
            _ => Err(self.reply.unexpected("success")),
        }
    }
}
