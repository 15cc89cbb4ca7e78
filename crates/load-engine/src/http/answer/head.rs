//! The head of an answer: its status, how its content ends, and whether the connection goes on after it.

use http::{Method, StatusCode};
use httparse::{Header, ParserConfig, Response, Status};

use super::Malformed;

/// The most bytes that a head, a chunk's size line, or the trailers may have.
pub(super) const MOST_BYTES: usize = 64 << 10;
/// The most fields that a head or the trailers may have.
pub(super) const MOST_FIELDS: usize = 100;

/// How the end of the content is found (RFC 9112 §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// After so many bytes.
    Length(u64),
    /// After the last chunk.
    Chunked,
    /// With the connection.
    UntilClose,
}

/// What of a head matters to the one who reads the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) framing: Framing,
    /// Whether the connection can carry another request after this answer (RFC 9112 §9.3).
    pub(super) persists: bool,
}

/// The head that `bytes` begin with, and its length; `None` when it has not come whole.
pub(super) fn parse(bytes: &[u8], asked: &Method) -> Result<Option<(usize, Head)>, Malformed> {
    let mut fields = [const { std::mem::MaybeUninit::uninit() }; MOST_FIELDS];
    let mut answer = Response::new(&mut []);
    let parsed =
        ParserConfig::default().parse_response_with_uninit_headers(&mut answer, bytes, &mut fields)?;
    let Status::Complete(length) = parsed else {
        return Ok(None);
    };
    let (Some(version), Some(Ok(status))) = (answer.version, answer.code.map(StatusCode::from_u16)) else {
        return Err(Malformed::Status);
    };
    Said::of(answer.headers, version)?
        .head((status, version), asked)
        .map(|head| Some((length, head)))
}

/// What the fields say about content and connection.
#[derive(Debug, Default)]
struct Said {
    length: Option<Result<u64, Malformed>>,
    chunked: Option<Result<(), Malformed>>,
    close: bool,
    keep_alive: bool,
}

impl Said {
    fn of(fields: &[Header<'_>], version: u8) -> Result<Self, Malformed> {
        let mut said = Self::default();
        for field in fields {
            // Nearly all names differ in length from these.
            let is = |name: &str| field.name.eq_ignore_ascii_case(name);
            match field.name.len() {
                10 if is("connection") => {
                    for option in list(field.value) {
                        said.close |= option.eq_ignore_ascii_case(b"close");
                        said.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
                    }
                }
                14 if is("content-length") => said.add_length(field.value),
                // A 1.0 peer does not know it, so framing is faulty (RFC 9112 §6.1).
                17 if is("transfer-encoding") && version == 0 => return Err(Malformed::TransferEncoding),
                17 if is("transfer-encoding") => said.add_codings(field.value),
                _ => {}
            }
        }
        Ok(said)
    }

    /// Several are one if they are the same number (RFC 9112 §6.3, 5).
    fn add_length(&mut self, value: &[u8]) {
        for part in value.split(|byte| *byte == b',') {
            let read = number(part.trim_ascii()).ok_or(Malformed::ContentLength);
            self.length = Some(match (self.length.take(), read) {
                (None, read) => read,
                (Some(Ok(known)), Ok(read)) if known == read => Ok(read),
                _ => Err(Malformed::ContentLength),
            });
        }
    }

    /// Codings other than chunked may come only to one who asked for them (RFC 9112 §7.4), and chunked only once (§6.1).
    fn add_codings(&mut self, value: &[u8]) {
        for coding in list(value) {
            let alone = self.chunked.is_none() && coding.eq_ignore_ascii_case(b"chunked");
            self.chunked = Some(if alone {
                Ok(())
            } else {
                Err(Malformed::TransferEncoding)
            });
        }
    }

    fn head(self, (status, version): (StatusCode, u8), asked: &Method) -> Result<Head, Malformed> {
        let persists = !self.close && (version > 0 || self.keep_alive);
        let head = |framing, persists| Head {
            status,
            framing,
            persists,
        };
        let is_switch = *asked == Method::CONNECT && status.is_success();
        if status == StatusCode::SWITCHING_PROTOCOLS || is_switch {
            return Err(Malformed::Switched);
        }
        let is_empty = status.is_informational()
            || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
            || *asked == Method::HEAD;
        if is_empty {
            return Ok(head(Framing::Length(0), persists));
        }
        match (self.chunked.transpose()?, self.length) {
            // With a length beside it, somebody on the way may have read another answer (RFC 9112 §6.3, 3).
            (Some(()), length) => Ok(head(Framing::Chunked, persists && length.is_none())),
            (None, Some(length)) => Ok(head(Framing::Length(length?), persists)),
            (None, None) => Ok(head(Framing::UntilClose, false)),
        }
    }
}

/// The elements of a list (RFC 9110 §5.6.1); empty ones do not count.
fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .filter(|element| !element.is_empty())
}

fn number(digits: &[u8]) -> Option<u64> {
    // `parse` would take a sign.
    let plain = digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok()
}
