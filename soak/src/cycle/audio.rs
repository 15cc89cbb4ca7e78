//! A job's audio, as a cycle fetched it.

use audio_api::SegmentId;
use bytes::Bytes;
use decoded_audio::{Decoded, decode};
use run_context::chain;

/// One segment, whole.
#[derive(Debug, Clone)]
pub(super) struct WholeSegment {
    pub(super) id: SegmentId,
    pub(super) bytes: Bytes,
}

/// The samples of all segments in a row. Costs the processor a while, as the other, so both belong on a thread of their own.
///
/// # Errors
/// Which segment is no intact audio, and why.
pub(super) fn joined(segments: &[WholeSegment]) -> Result<Decoded, String> {
    let decoded = segments.iter().map(|segment| {
        decode(&segment.bytes).map_err(|error| format!("segment {}: {}", segment.id, chain(&error)))
    });
    Ok(Decoded::joined(&decoded.collect::<Result<Vec<_>, _>>()?))
}

/// Why merged audio is not its segments in a row, sample by sample; nothing if it is.
pub(super) fn deviation(joined: &Decoded, merged: &Bytes) -> Option<String> {
    match decode(merged) {
        Ok(merged) => merged.deviation_from(joined),
        Err(error) => Some(format!("merged audio: {}", chain(&error))),
    }
}
