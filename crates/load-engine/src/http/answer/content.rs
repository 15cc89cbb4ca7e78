//! What becomes of an answer's content.

use bytes::Bytes;

use super::Malformed;
use crate::http::Keep;

/// Content as far as it has come.
#[derive(Debug)]
pub(super) struct Content {
    keep: Keep,
    kept: Vec<u8>,
    bytes: u64,
}

/// The most room that is made before anything has come.
const MOST_AHEAD: usize = 64 << 10;

impl Content {
    pub(super) const fn new(keep: Keep) -> Self {
        Self {
            keep,
            kept: Vec::new(),
            bytes: 0,
        }
    }

    /// The content will have so many bytes.
    pub(super) fn expect(&mut self, bytes: u64) -> Result<(), Malformed> {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        let kept = match self.keep {
            Keep::Nothing => return Ok(()),
            Keep::UpTo(limit) if bytes > limit => return Err(Malformed::TooLong(limit)),
            Keep::UpTo(_) => bytes,
            Keep::First(limit) => bytes.min(limit),
        };
        self.kept.reserve_exact(kept.min(MOST_AHEAD));
        Ok(())
    }

    /// Takes what came next.
    pub(super) fn take(&mut self, came: &[u8]) -> Result<(), Malformed> {
        self.bytes += came.len() as u64;
        match self.keep {
            Keep::Nothing => {}
            Keep::UpTo(limit) if came.len() > limit - self.kept.len() => {
                return Err(Malformed::TooLong(limit));
            }
            Keep::UpTo(_) => self.kept.extend_from_slice(came),
            Keep::First(limit) => {
                let room = (limit - self.kept.len()).min(came.len());
                self.kept.extend_from_slice(&came[..room]);
            }
        }
        Ok(())
    }

    /// What was kept, and how many bytes there were.
    pub(super) fn take_kept(&mut self) -> (Bytes, u64) {
        (std::mem::take(&mut self.kept).into(), self.bytes)
    }
}
