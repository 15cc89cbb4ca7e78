//! A stream in this server's format, read page by page and checked on the way.

use super::flac::{COMMENT_PACKET, StreamInfo};
use super::page::{Page, Place};

/// The bytes are not a whole stream as this server writes it. Offsets are those of the page in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The bytes end within a page, or before the page that ends the stream.
    #[error("truncated at byte {offset}")]
    Truncated {
        /// Of the page that is not whole or not there.
        offset: usize,
    },
    /// No page where one has to start.
    #[error("no ogg page at byte {offset}")]
    NotAPage {
        /// Where it should start.
        offset: usize,
    },
    /// A page was damaged.
    #[error("wrong checksum of the page at byte {offset}")]
    Checksum {
        /// Of the damaged page.
        offset: usize,
    },
    /// Ogg, but not as this server writes it.
    #[error("not a stream of this server: {what} in the page at byte {offset}")]
    Foreign {
        /// Of the page.
        offset: usize,
        /// What is different.
        what: &'static str,
    },
}

/// The pages of one stream after its headers.
#[derive(Debug)]
pub(super) struct Stream<'a> {
    /// What its first page says.
    pub(super) info: StreamInfo,
    /// Its serial number.
    pub(super) serial: u32,
    len: usize,
    rest: &'a [u8],
    sequence: u32,
    ended: bool,
}

impl<'a> Stream<'a> {
    /// Reads the two header pages.
    ///
    /// # Errors
    ///
    /// [`FormatError`], also for a format other than this server's.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let (info, first, rest) = first_page(bytes)?;
        let mut stream = Self {
            info,
            serial: first.serial,
            len: bytes.len(),
            rest,
            sequence: 1,
            ended: false,
        };
        match stream.next()? {
            Some((_, page)) if page.granule == 0 && page.packets().eq([COMMENT_PACKET]) => Ok(stream),
            _ => Err(FormatError::Foreign {
                offset: bytes.len() - rest.len(),
                what: "comment packet",
            }),
        }
    }

    /// The next page and where it starts, or `None` after the last one.
    ///
    /// # Errors
    ///
    /// [`FormatError`] when it is damaged, of another stream or out of order, and when the bytes end too early or
    /// go on after the end of the stream.
    pub(super) fn next(&mut self) -> Result<Option<(usize, Page<'a>)>, FormatError> {
        let offset = self.len - self.rest.len();
        if self.ended {
            return match self.rest {
                [] => Ok(None),
                _ => Err(FormatError::Foreign {
                    offset,
                    what: "data after the end of the stream",
                }),
            };
        }
        let (page, rest) = Page::take(self.rest, offset)?;
        if (page.serial, page.sequence) != (self.serial, self.sequence) || page.place == Place::First {
            return Err(FormatError::Foreign {
                offset,
                what: "page order",
            });
        }
        self.rest = rest;
        self.sequence += 1;
        self.ended = page.place == Place::Last;
        Ok(Some((offset, page)))
    }
}

/// The first page of a stream, what it says, and what follows it.
pub(super) fn first_page(bytes: &[u8]) -> Result<(StreamInfo, Page<'_>, &[u8]), FormatError> {
    let foreign = |what| FormatError::Foreign { offset: 0, what };
    let (page, rest) = Page::take(bytes, 0)?;
    if page.place != Place::First || page.sequence != 0 {
        return Err(foreign("page order"));
    }
    let mut packets = page.packets();
    let info = StreamInfo::parse(packets.next().unwrap_or_default())?;
    if packets.next().is_some() {
        return Err(foreign("first packet"));
    }
    if !info.is_ours() {
        return Err(foreign("sample format"));
    }
    Ok((info, page, rest))
}
