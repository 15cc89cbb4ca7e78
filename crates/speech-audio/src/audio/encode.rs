//! PCM into one segment.
//!
//! Fixed predictors only, their order chosen by counting bits: integers from end to end, so that the bytes are the same
//! on every machine; the float paths of the encoder (LPC, and its entropy estimate) are never entered.

use super::flac::{COMMENT_PACKET, FrameSizes, StreamInfo};
use super::page::{PageFull, PageWriter, Place};
use super::{BITS_PER_SAMPLE, BLOCK_SIZE, CHANNELS, Encoded, Pcm, SAMPLE_RATE_HZ};
use flacenc::bitsink::ByteSink;
use flacenc::component::BitRepr;
use flacenc::config;
use flacenc::error::{Verified, Verify};
use flacenc::source::{Context, Fill, FrameBuf};
use std::fmt::Display;

/// Frames on a page: about a second of audio, between which players seek. Even incompressible ones fit on one page.
const FRAMES_PER_PAGE: usize = 12;

/// The samples cannot be encoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// There are no samples.
    #[error("nothing to encode: 0 samples")]
    Empty,
    /// The FLAC encoder refused.
    #[error("flac encoder: {reason}")]
    Flac {
        /// What it said.
        reason: String,
    },
    /// The frames of a page were too long.
    #[error("build ogg page")]
    Page(#[from] PageFull),
}

impl EncodeError {
    fn flac(error: impl Display) -> Self {
        Self::Flac {
            reason: error.to_string(),
        }
    }
}

/// Encodes `pcm`, padded with silence to whole blocks of [`BLOCK_SIZE`] samples.
///
/// The stream's information has the MD5 of the padded samples, and its serial number is taken from that, so that the
/// same samples give the same bytes.
///
/// # Errors
///
/// [`EncodeError::Empty`] without samples; the other variants tell of a defect.
pub fn encode(pcm: &Pcm) -> Result<Encoded, EncodeError> {
    if pcm.samples().is_empty() {
        return Err(EncodeError::Empty);
    }
    let frames = Frames::of(pcm.samples())?;
    let samples = (frames.ends.len() * BLOCK_SIZE) as u64;
    let serial = u32::from_be_bytes(std::array::from_fn(|i| frames.md5[i]));
    let info = StreamInfo::new(samples, frames.sizes, frames.md5).packet();

    let mut pages = PageWriter::new(serial, frames.bytes.len() + frames.bytes.len() / 50 + 1024);
    pages.write(Place::First, 0, &[&info[..]])?;
    pages.write(Place::Middle, 0, &[COMMENT_PACKET])?;
    let packets = frames.packets();
    let mut done = 0;
    for page in packets.chunks(FRAMES_PER_PAGE) {
        done += page.len();
        let place = if done == packets.len() {
            Place::Last
        } else {
            Place::Middle
        };
        pages.write(place, (done * BLOCK_SIZE) as u64, page)?;
    }
    Ok(Encoded {
        bytes: pages.into_bytes(),
        samples,
    })
}

/// The encoded frames of a segment, one after the other.
struct Frames {
    bytes: Vec<u8>,
    /// Where each one ends.
    ends: Vec<usize>,
    sizes: FrameSizes,
    md5: [u8; 16],
}

impl Frames {
    fn of(samples: &[i16]) -> Result<Self, EncodeError> {
        let config = configuration()?;
        let info = flacenc::component::StreamInfo::new(
            SAMPLE_RATE_HZ as usize,
            usize::from(CHANNELS),
            usize::from(BITS_PER_SAMPLE),
        )
        .map_err(EncodeError::flac)?;
        let mut buffer = FrameBuf::with_size(usize::from(CHANNELS), BLOCK_SIZE).map_err(EncodeError::flac)?;
        let mut md5 = Context::new(usize::from(BITS_PER_SAMPLE), usize::from(CHANNELS));
        let mut sink = ByteSink::new();
        let (mut ends, mut sizes) = (
            Vec::with_capacity(samples.len() / BLOCK_SIZE + 1),
            FrameSizes::NONE,
        );
        for (number, block) in samples.chunks(BLOCK_SIZE).enumerate() {
            let block = Block::padded(block);
            md5.fill_le_bytes(&block.le_bytes, 2).map_err(EncodeError::flac)?;
            buffer
                .fill_interleaved(&block.samples)
                .map_err(EncodeError::flac)?;
            let frame = flacenc::encode_fixed_size_frame(&config, &buffer, number, &info)
                .map_err(EncodeError::flac)?;
            let start = sink.len() / 8;
            frame.write(&mut sink).map_err(EncodeError::flac)?;
            ends.push(sink.len() / 8);
            sizes.add(sink.len() / 8 - start);
        }
        Ok(Self {
            bytes: sink.into_inner(),
            ends,
            sizes,
            md5: md5.md5_digest(),
        })
    }

    fn packets(&self) -> Vec<&[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, &end)| &self.bytes[start..end])
            .collect()
    }
}

/// One block of samples in the two forms that the encoder wants.
struct Block {
    samples: [i32; BLOCK_SIZE],
    le_bytes: [u8; 2 * BLOCK_SIZE],
}

impl Block {
    fn padded(samples: &[i16]) -> Self {
        let mut block = Self {
            samples: [0; BLOCK_SIZE],
            le_bytes: [0; 2 * BLOCK_SIZE],
        };
        for (index, &sample) in samples.iter().enumerate() {
            block.samples[index] = i32::from(sample);
            block.le_bytes[2 * index..2 * index + 2].copy_from_slice(&sample.to_le_bytes());
        }
        block
    }
}

fn configuration() -> Result<Verified<config::Encoder>, EncodeError> {
    let mut config = config::Encoder::default();
    config.block_size = BLOCK_SIZE;
    config.multithread = false;
    config.subframe_coding.use_lpc = false;
    config.subframe_coding.fixed.max_order = 2;
    config.subframe_coding.fixed.order_sel = config::OrderSel::BitCount;
    config
        .into_verified()
        .map_err(|(_, error)| EncodeError::flac(error))
}
