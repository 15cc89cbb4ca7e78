//! What holds of every job that says that it is complete.

use audio_api::{JobStatus, Manifest, SegmentManifest};

use super::{Stop, ensure};

/// Whether every segment of a job is ready, and the counts say so.
///
/// # Errors
/// The first thing that does not hold.
pub fn is_complete(manifest: &Manifest) -> Result<(), Stop> {
    let job = &manifest.job_id;
    ensure!(
        manifest.status == JobStatus::Complete,
        "job {job} is {}, expected complete",
        manifest.status
    );
    let total = manifest.segments_total;
    ensure!(total > 0, "job {job} has no segments");
    ensure!(
        manifest.segments_ready == total
            && manifest.segments_error == 0
            && manifest.segments_in_progress == 0,
        "the complete job {job} counts {} ready, {} in error and {} in progress of {total} segments",
        manifest.segments_ready,
        manifest.segments_error,
        manifest.segments_in_progress
    );
    ensure!(
        manifest.segments.len() == total as usize,
        "job {job} lists {} segments and counts {total}",
        manifest.segments.len()
    );
    for (index, segment) in manifest.segments.iter().enumerate() {
        ensure!(
            segment.index as usize == index,
            "segment {} of job {job} has index {}, expected {index}",
            segment.segment_id,
            segment.index
        );
        ensure!(
            segment.status == audio_api::SegmentStatus::Ready,
            "segment {index} of the complete job {job} is {}",
            segment.status
        );
    }
    Ok(())
}

/// Share of the segments that the manifest tags as cached.
#[must_use]
pub fn cached_share(segments: &[SegmentManifest]) -> Option<f64> {
    if segments.is_empty() {
        return None;
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "a job has at most some hundred segments"
    )]
    let share = segments.iter().filter(|segment| segment.cached).count() as f64 / segments.len() as f64;
    Some(share)
}
