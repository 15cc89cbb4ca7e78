//! Segments into one file, without decoding anything: pages and frame headers are renumbered, frame bodies copied.

use super::flac::{COMMENT_PACKET, FrameSizes, MAX_FRAMES, Renumbered, StreamInfo};
use super::page::{Packet, Page, PageFull, PageWriter, Place};
use super::stream::{FormatError, Stream};
use super::{BLOCK_SIZE, Encoded, crc};
use bytes::Bytes;

/// What a frame and its lacing can grow by when its number becomes longer.
pub(super) const GROWTH_PER_FRAME: usize = 6;

/// The segments cannot be merged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// There is nothing to merge.
    #[error("nothing to merge: 0 segments")]
    NoSegments,
    /// A segment is not a whole, undamaged stream of this server.
    #[error("segment {index}")]
    Segment {
        /// Which one, counted from 0 in the given order.
        index: usize,
        /// What is wrong with it.
        #[source]
        source: FormatError,
    },
    /// The file would have more frames than can be numbered: 2^31, or five years.
    #[error("too long to merge: more than 2147483648 frames")]
    TooLong,
    /// A page had no room for its frames' longer numbers.
    #[error("build ogg page")]
    Page(#[from] PageFull),
}

/// Joins `segments` in the given order into one stream that is exactly as long as all of them together.
///
/// Takes time and memory in proportion to their bytes, with one allocation for the output. Checksums of pages and of
/// frame headers are verified on the way. The MD5 of the merged samples is left unknown, since knowing it would need
/// decoding.
///
/// # Errors
///
/// [`MergeError::Segment`] for one that [`super::encode()`] did not write, or that was damaged or cut since.
pub fn merge(segments: &[Bytes]) -> Result<Encoded, MergeError> {
    if segments.is_empty() {
        return Err(MergeError::NoSegments);
    }
    let streams = open(segments)?;
    let mut merger = Merger::new(&streams, segments.iter().map(Bytes::len).sum())?;
    let last = streams.len() - 1;
    for (index, mut stream) in streams.into_iter().enumerate() {
        let end = if index == last { Place::Last } else { Place::Middle };
        let in_segment = |source| MergeError::Segment { index, source };
        merger.frames_before = merger.frames;
        while let Some((offset, page)) = stream.next().map_err(in_segment)? {
            let place = if page.place == Place::Last {
                end
            } else {
                Place::Middle
            };
            merger.append(offset, page, place, in_segment)?;
        }
        merger.check_length(&stream).map_err(in_segment)?;
    }
    Ok(merger.finish())
}

fn open(segments: &[Bytes]) -> Result<Vec<Stream<'_>>, MergeError> {
    let opened = segments
        .iter()
        .enumerate()
        .map(|(index, bytes)| Stream::open(bytes).map_err(|source| MergeError::Segment { index, source }));
    opened.collect()
}

struct Merger<'a> {
    pages: PageWriter,
    /// Frames written.
    frames: u32,
    /// Those of them that belong to earlier segments.
    frames_before: u32,
    sizes: FrameSizes,
    /// The frames of one page; kept to be used again.
    page: Vec<Renumbered<'a>>,
}

impl<'a> Merger<'a> {
    fn new(streams: &[Stream<'a>], total_bytes: usize) -> Result<Self, MergeError> {
        let frames: u64 = streams
            .iter()
            .map(|stream| stream.info.samples / BLOCK_SIZE as u64)
            .sum();
        if frames > MAX_FRAMES {
            return Err(MergeError::TooLong);
        }
        // What a stream says of itself is not yet checked, so it may not reserve more than a multiple of its bytes.
        let growth = (frames as usize).min(total_bytes) * GROWTH_PER_FRAME;
        let mut serial = crc::PAGE.digest();
        streams
            .iter()
            .for_each(|stream| serial.update(&stream.serial.to_be_bytes()));
        let mut pages = PageWriter::new(serial.finalize(), total_bytes + growth);
        pages.write(
            Place::First,
            0,
            &[&StreamInfo::new(0, FrameSizes::NONE, [0; 16]).packet()[..]],
        )?;
        pages.write(Place::Middle, 0, &[COMMENT_PACKET])?;
        Ok(Self {
            pages,
            frames: 0,
            frames_before: 0,
            sizes: FrameSizes::NONE,
            page: Vec::new(),
        })
    }

    fn append(
        &mut self,
        offset: usize,
        page: Page<'a>,
        place: Place,
        in_segment: impl Fn(FormatError) -> MergeError,
    ) -> Result<(), MergeError> {
        let foreign = |what| in_segment(FormatError::Foreign { offset, what });
        self.page.clear();
        for packet in page.packets() {
            let frame =
                Renumbered::new(packet, self.frames - self.frames_before, self.frames).map_err(foreign)?;
            self.sizes.add(frame.len());
            self.page.push(frame);
            self.frames += 1;
        }
        if page.granule != samples(self.frames - self.frames_before) {
            return Err(foreign("granule position"));
        }
        Ok(self.pages.write(place, samples(self.frames), &self.page)?)
    }

    fn check_length(&self, stream: &Stream<'a>) -> Result<(), FormatError> {
        if self.frames == self.frames_before
            || samples(self.frames - self.frames_before) != stream.info.samples
        {
            return Err(FormatError::Foreign {
                offset: 0,
                what: "number of samples",
            });
        }
        Ok(())
    }

    fn finish(self) -> Encoded {
        let samples = samples(self.frames);
        let info = StreamInfo::new(samples, self.sizes, [0; 16]).packet();
        Encoded {
            bytes: self.pages.finish(&info),
            samples,
        }
    }
}

fn samples(frames: u32) -> u64 {
    u64::from(frames) * BLOCK_SIZE as u64
}
