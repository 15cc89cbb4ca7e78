//! The parts of FLAC (RFC 9639) that a merge has to read and write: stream information and frame headers.

use super::page::Packet;
use super::stream::FormatError;
use super::{BITS_PER_SAMPLE, BLOCK_SIZE, CHANNELS, SAMPLE_RATE_HZ, crc};

/// Bytes of the first packet: mapping header, `fLaC`, block header, stream information.
const FIRST_PACKET_LEN: usize = MAPPING.len() + 4 + INFO_LEN;
const INFO_LEN: usize = 34;

/// 0x7f, `FLAC`, version 1.0, one more header packet, then the native signature (Ogg FLAC mapping 1.0).
const MAPPING: &[u8; 13] = b"\x7fFLAC\x01\x00\x00\x01fLaC";
/// Block type 0 (STREAMINFO), not the last, 34 bytes (RFC 9639 section 8.1).
const INFO_BLOCK: [u8; 4] = [0, 0, 0, INFO_LEN as u8];

/// The second packet: block type 4 (VORBIS_COMMENT), the last metadata block; a vendor string and no comments.
pub(super) const COMMENT_PACKET: &[u8] = b"\x84\x00\x00\x12\x0a\x00\x00\x00Touchstone\x00\x00\x00\x00";

/// STREAMINFO of a stream (RFC 9639 section 8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StreamInfo {
    /// Samples in every block.
    pub block_size: u16,
    /// Bytes of the smallest frame.
    pub min_frame_bytes: u32,
    /// Bytes of the largest frame.
    pub max_frame_bytes: u32,
    /// Samples a second.
    pub sample_rate_hz: u32,
    /// Channels.
    pub channels: u8,
    /// Bits of a sample.
    pub bits_per_sample: u8,
    /// Length in samples.
    pub samples: u64,
    /// MD5 of the samples as little-endian bytes; all zero when unknown.
    pub md5: [u8; 16],
}

impl StreamInfo {
    /// A stream in this server's format.
    pub(super) const fn new(samples: u64, frames: FrameSizes, md5: [u8; 16]) -> Self {
        Self {
            block_size: BLOCK_SIZE as u16,
            min_frame_bytes: frames.min,
            max_frame_bytes: frames.max,
            sample_rate_hz: SAMPLE_RATE_HZ,
            channels: CHANNELS,
            bits_per_sample: BITS_PER_SAMPLE,
            samples,
            md5,
        }
    }

    /// The first packet of the stream.
    pub(super) fn packet(&self) -> [u8; FIRST_PACKET_LEN] {
        let format = (u64::from(self.sample_rate_hz) << 44)
            | (u64::from(self.channels - 1) << 41)
            | (u64::from(self.bits_per_sample - 1) << 36)
            | self.samples;
        let fields: [&[u8]; 8] = [
            MAPPING,
            &INFO_BLOCK,
            &self.block_size.to_be_bytes(),
            &self.block_size.to_be_bytes(),
            &self.min_frame_bytes.to_be_bytes()[1..],
            &self.max_frame_bytes.to_be_bytes()[1..],
            &format.to_be_bytes(),
            &self.md5,
        ];
        let mut packet = [0; FIRST_PACKET_LEN];
        let mut at = 0;
        for field in fields {
            packet[at..at + field.len()].copy_from_slice(field);
            at += field.len();
        }
        packet
    }

    /// Reads the first packet of a stream.
    pub(super) fn parse(packet: &[u8]) -> Result<Self, FormatError> {
        let foreign = |what| FormatError::Foreign { offset: 0, what };
        let info: &[u8; INFO_LEN] = packet
            .strip_prefix(MAPPING)
            .and_then(|rest| rest.strip_prefix(&INFO_BLOCK))
            .and_then(|info| info.try_into().ok())
            .ok_or(foreign("first packet"))?;
        let number = |from: usize, to: usize| {
            info[from..to]
                .iter()
                .fold(0, |n, &byte| (n << 8) | u64::from(byte))
        };
        if number(0, 2) != number(2, 4) {
            return Err(foreign("variable block size"));
        }
        let format = number(10, 18);
        Ok(Self {
            block_size: number(0, 2) as u16,
            min_frame_bytes: number(4, 7) as u32,
            max_frame_bytes: number(7, 10) as u32,
            sample_rate_hz: (format >> 44) as u32,
            channels: ((format >> 41) & 7) as u8 + 1,
            bits_per_sample: ((format >> 36) & 31) as u8 + 1,
            samples: format & 0xf_ffff_ffff,
            md5: std::array::from_fn(|i| info[18 + i]),
        })
    }

    /// Whether it is of the one format that this server writes.
    pub(super) fn is_ours(&self) -> bool {
        let ours = (BLOCK_SIZE as u16, SAMPLE_RATE_HZ, CHANNELS, BITS_PER_SAMPLE);
        (
            self.block_size,
            self.sample_rate_hz,
            self.channels,
            self.bits_per_sample,
        ) == ours
    }
}

/// The smallest and the largest frame so far, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameSizes {
    min: u32,
    max: u32,
}

impl FrameSizes {
    /// Of no frame: 0 means unknown (RFC 9639 section 8.2).
    pub(super) const NONE: Self = Self { min: 0, max: 0 };

    pub(super) fn add(&mut self, len: usize) {
        let len = len as u32;
        self.min = if self.max == 0 { len } else { self.min.min(len) };
        self.max = self.max.max(len);
    }
}

/// Frames that a stream can have at most: their numbers have 31 bits (RFC 9639 section 9.1.5).
pub(super) const MAX_FRAMES: u64 = 1 << 31;

/// The start of every frame header: sync code, fixed block size; 2048 samples at 24 kHz; one channel of 16 bits
/// (RFC 9639 section 9.1).
const FRAME_START: [u8; 4] = [0xff, 0xf8, 0xb7, 0x08];
const _: () = assert!(
    BLOCK_SIZE == 2048 && SAMPLE_RATE_HZ == 24_000 && CHANNELS == 1 && BITS_PER_SAMPLE == 16,
    "FRAME_START says otherwise"
);
const FRAME_CHECKSUM_LEN: usize = 2;
/// [`FRAME_START`], a number of up to 6 bytes (31 bits), a checksum.
const MAX_HEADER_LEN: usize = FRAME_START.len() + 6 + 1;

/// A frame as it is to stand in another place: its own body under a header with another number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Renumbered<'a> {
    header: Header,
    body: &'a [u8],
}

impl<'a> Renumbered<'a> {
    /// Takes the frame that is number `from` of its stream and makes it number `to`.
    ///
    /// # Errors
    ///
    /// A text that says what is wrong with the frame.
    pub(super) fn new(frame: &'a [u8], from: u32, to: u32) -> Result<Self, &'static str> {
        let old = Header::numbered(from);
        if !frame.starts_with(&FRAME_START) {
            return Err("frame format");
        }
        let after = frame
            .strip_prefix(old.as_slice())
            .ok_or("frame number or header checksum")?;
        let body_len = after
            .len()
            .checked_sub(FRAME_CHECKSUM_LEN)
            .ok_or("frame length")?;
        Ok(Self {
            header: Header::numbered(to),
            body: &after[..body_len],
        })
    }
}

impl Packet for Renumbered<'_> {
    fn len(&self) -> usize {
        self.header.len + self.body.len() + FRAME_CHECKSUM_LEN
    }

    fn append_to(&self, out: &mut Vec<u8>) {
        let mut digest = crc::FRAME.digest();
        digest.update(self.header.as_slice());
        digest.update(self.body);
        out.extend_from_slice(self.header.as_slice());
        out.extend_from_slice(self.body);
        out.extend_from_slice(&digest.finalize().to_be_bytes());
    }
}

/// A whole frame header.
#[derive(Clone, Copy, Debug)]
struct Header {
    bytes: [u8; MAX_HEADER_LEN],
    len: usize,
}

impl Header {
    fn numbered(number: u32) -> Self {
        let mut header = Self {
            bytes: [0; MAX_HEADER_LEN],
            len: 0,
        };
        header.extend(&FRAME_START);
        let (coded, len) = coded_number(number);
        header.extend(&coded[..len]);
        header.extend(&[crc::FRAME_HEADER.checksum(header.as_slice())]);
        header
    }

    fn extend(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// A frame number of up to 31 bits in the code that UTF-8 would use (RFC 9639 section 9.1.5).
fn coded_number(number: u32) -> ([u8; 6], usize) {
    let len = match number {
        0..0x80 => return ([number as u8, 0, 0, 0, 0, 0], 1),
        0x80..0x800 => 2,
        0x800..0x1_0000 => 3,
        0x1_0000..0x20_0000 => 4,
        0x20_0000..0x400_0000 => 5,
        _ => 6,
    };
    let mut bytes = [0; 6];
    for (index, byte) in bytes[..len].iter_mut().enumerate() {
        let bits = number >> (6 * (len - 1 - index));
        *byte = if index == 0 {
            (0xff00 >> len) as u8 | bits as u8
        } else {
            0x80 | (bits & 0x3f) as u8
        };
    }
    (bytes, len)
}
