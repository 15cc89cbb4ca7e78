//! What a file says of itself, read from its two ends only.

use super::flac::StreamInfo;
use super::page::{self, Page, Place};
use super::stream::{FormatError, Stream, first_page};

/// What [`probe`] finds out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    /// Length in samples, padding included.
    pub samples: u64,
    /// Samples a second.
    pub sample_rate_hz: u32,
    /// Channels.
    pub channels: u8,
    /// Bits of a sample.
    pub bits_per_sample: u8,
}

/// Reads the first and the last page of a segment or merged file; what lies between is not looked at.
///
/// # Errors
///
/// [`FormatError`] when either page is damaged or foreign, or when they disagree about the length, as in a file whose
/// end is missing.
pub fn probe(bytes: &[u8]) -> Result<Info, FormatError> {
    let (info, first, _) = first_page(bytes)?;
    let last = last_page(bytes).filter(|page| page.serial == first.serial);
    let Some(last) = last else {
        return Err(FormatError::Truncated { offset: bytes.len() });
    };
    Info::of(info, last.granule)
}

/// Reads a whole segment or merged file, every checksum of its pages included.
///
/// # Errors
///
/// [`FormatError`] for one that this server did not write, or that was damaged or cut since.
pub fn verify(bytes: &[u8]) -> Result<Info, FormatError> {
    let mut stream = Stream::open(bytes)?;
    let mut samples = 0;
    while let Some((_, page)) = stream.next()? {
        samples = page.granule;
    }
    Info::of(stream.info, samples)
}

impl Info {
    /// What the first page says, if the last one agrees about the length.
    fn of(said: StreamInfo, samples_at_the_end: u64) -> Result<Self, FormatError> {
        if said.samples != samples_at_the_end {
            return Err(FormatError::Foreign {
                offset: 0,
                what: "number of samples",
            });
        }
        let StreamInfo {
            samples,
            sample_rate_hz,
            channels,
            bits_per_sample,
            ..
        } = said;
        Ok(Self {
            samples,
            sample_rate_hz,
            channels,
            bits_per_sample,
        })
    }
}

/// The page that ends the stream and the file; the capture pattern may also occur by chance within that page.
fn last_page(bytes: &[u8]) -> Option<Page<'_>> {
    let start = bytes.len().saturating_sub(page::MAX_LEN);
    page::captures_from_the_end(&bytes[start..]).find_map(|at| {
        let (page, rest) = Page::take(&bytes[start + at..], start + at).ok()?;
        (rest.is_empty() && page.place == Place::Last).then_some(page)
    })
}
