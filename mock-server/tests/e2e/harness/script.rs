//! Texts of a known number of segments.

/// A text of `segments` segments about `topic`: sentences that are each more than half as long as a segment may be.
pub(crate) fn script(topic: &str, segments: usize) -> String {
    let sentences = (0..segments).map(|n| {
        format!(
            "In part {n} the reader hears about {topic} at some length, because no two sentences of this text may \
             ever share a single segment of it."
        )
    });
    sentences.collect::<Vec<_>>().join(" ")
}
