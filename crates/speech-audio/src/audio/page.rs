//! Ogg pages (RFC 3533 section 6), read from a slice and appended to a buffer.
//!
//! Only what this server writes: pages of whole packets, no packet spans two pages. The `ogg` crate copies every packet
//! and sums checksums byte by byte, with which a merge took four times as long; tests hold these pages to its reader.

use super::crc;
use super::stream::FormatError;
use bytes::Bytes;

const CAPTURE: &[u8; 4] = b"OggS";
const HEADER_LEN: usize = 27;
const CHECKSUM_AT: usize = 22;
const MAX_LACING: usize = 255;

/// The most bytes that a page can have.
pub(super) const MAX_LEN: usize = HEADER_LEN + MAX_LACING + MAX_LACING * 255;

const FIRST: u8 = 0x02;
const LAST: u8 = 0x04;

/// Where a page stands in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    First,
    Middle,
    Last,
}

impl Place {
    const fn flags(self) -> u8 {
        match self {
            Self::First => FIRST,
            Self::Middle => 0,
            Self::Last => LAST,
        }
    }
}

/// A page whose checksum was right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page<'a> {
    pub(super) place: Place,
    /// Samples up to the end of its last packet.
    pub(super) granule: u64,
    pub(super) serial: u32,
    pub(super) sequence: u32,
    lacing: &'a [u8],
    body: &'a [u8],
}

impl<'a> Page<'a> {
    /// Takes the page at the start of `bytes`, which stand at `offset` in their file; gives back what follows it.
    pub(super) fn take(bytes: &'a [u8], offset: usize) -> Result<(Self, &'a [u8]), FormatError> {
        let truncated = || FormatError::Truncated { offset };
        let header = bytes.get(..HEADER_LEN).ok_or_else(truncated)?;
        if !header.starts_with(CAPTURE) || header[4] != 0 {
            return Err(FormatError::NotAPage { offset });
        }
        let lacing_end = HEADER_LEN + usize::from(header[26]);
        let lacing = bytes.get(HEADER_LEN..lacing_end).ok_or_else(truncated)?;
        let end = lacing_end + lacing.iter().map(|&value| usize::from(value)).sum::<usize>();
        let body = bytes.get(lacing_end..end).ok_or_else(truncated)?;
        if checksum(&bytes[..end]) != u32_at(header, CHECKSUM_AT) {
            return Err(FormatError::Checksum { offset });
        }
        let place = match header[5] {
            FIRST => Place::First,
            0 => Place::Middle,
            LAST => Place::Last,
            _ => {
                return Err(FormatError::Foreign {
                    offset,
                    what: "page flags",
                });
            }
        };
        if lacing.last().is_none_or(|&value| value == 255) {
            return Err(FormatError::Foreign {
                offset,
                what: "packet across pages",
            });
        }
        let page = Self {
            place,
            granule: u64::from_le_bytes(std::array::from_fn(|i| header[6 + i])),
            serial: u32_at(header, 14),
            sequence: u32_at(header, 18),
            lacing,
            body,
        };
        Ok((page, &bytes[end..]))
    }

    /// The packets of the page, in order.
    pub(super) fn packets(&self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.body;
        self.lacing
            .split_inclusive(|&value| value < 255)
            .map(move |values| {
                let len = values.iter().map(|&value| usize::from(value)).sum();
                let (packet, after) = rest.split_at(len);
                rest = after;
                packet
            })
    }
}

/// Where pages might start in `bytes`, from the last to the first.
pub(super) fn captures_from_the_end(bytes: &[u8]) -> impl Iterator<Item = usize> {
    bytes
        .windows(CAPTURE.len())
        .enumerate()
        .rev()
        .filter(|(_, window)| window == CAPTURE)
        .map(|(at, _)| at)
}

/// What can be put on a page.
pub(super) trait Packet {
    /// Its length in bytes.
    fn len(&self) -> usize;
    /// Appends its bytes.
    fn append_to(&self, out: &mut Vec<u8>);
}

impl Packet for &[u8] {
    fn len(&self) -> usize {
        <[u8]>::len(self)
    }

    fn append_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
}

/// Appends the pages of one stream, numbered from zero.
#[derive(Debug)]
pub(super) struct PageWriter {
    out: Vec<u8>,
    serial: u32,
    sequence: u32,
}

impl PageWriter {
    /// A stream of this serial number, in a buffer of `capacity` bytes that grows if it must.
    pub(super) fn new(serial: u32, capacity: usize) -> Self {
        Self {
            out: Vec::with_capacity(capacity),
            serial,
            sequence: 0,
        }
    }

    /// Appends one page of `packets`.
    ///
    /// # Errors
    ///
    /// [`PageFull`] when they do not fit on one page; nothing has been written then.
    pub(super) fn write<P: Packet>(
        &mut self,
        place: Place,
        granule: u64,
        packets: &[P],
    ) -> Result<(), PageFull> {
        let values: usize = packets.iter().map(|packet| packet.len() / 255 + 1).sum();
        let count = u8::try_from(values).map_err(|_| PageFull { values })?;
        let start = self.out.len();
        self.out.extend_from_slice(CAPTURE);
        self.out.extend_from_slice(&[0, place.flags()]);
        self.out.extend_from_slice(&granule.to_le_bytes());
        self.out.extend_from_slice(&self.serial.to_le_bytes());
        self.out.extend_from_slice(&self.sequence.to_le_bytes());
        self.out.extend_from_slice(&[0; 4]);
        self.out.push(count);
        for packet in packets {
            self.out.extend(std::iter::repeat_n(255, packet.len() / 255));
            self.out.push((packet.len() % 255) as u8);
        }
        for packet in packets {
            packet.append_to(&mut self.out);
        }
        seal(&mut self.out[start..]);
        self.sequence += 1;
        Ok(())
    }

    /// The file.
    pub(super) fn into_bytes(self) -> Bytes {
        self.out.into()
    }

    /// The file, whose first page is replaced by one of `packet`, which must be as long as the one that was there:
    /// the first page tells what is known only at the end.
    pub(super) fn finish(mut self, packet: &[u8]) -> Bytes {
        let body = HEADER_LEN + 1;
        self.out[body..body + packet.len()].copy_from_slice(packet);
        seal(&mut self.out[..body + packet.len()]);
        self.out.into()
    }
}

/// The packets of a page need more lacing values than it can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("page of {values} lacing values: at most 255 fit")]
pub struct PageFull {
    values: usize,
}

pub(super) fn seal(page: &mut [u8]) {
    let sum = checksum(page);
    page[CHECKSUM_AT..CHECKSUM_AT + 4].copy_from_slice(&sum.to_le_bytes());
}

/// The checksum of a page, in which its own field counts as zero.
fn checksum(page: &[u8]) -> u32 {
    let mut digest = crc::PAGE.digest();
    digest.update(&page[..CHECKSUM_AT]);
    digest.update(&[0; 4]);
    digest.update(&page[CHECKSUM_AT + 4..]);
    digest.finalize()
}

fn u32_at(header: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|i| header[at + i]))
}
