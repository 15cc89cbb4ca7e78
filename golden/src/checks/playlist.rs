//! The playlist while its job runs: complete from the start, in order, and only growing.

use std::collections::BTreeSet;

use audio_api::{JobId, Manifest, PlaylistEntry, SegmentId};
use audio_client::{Capability, Fetch, PollPace, Route};

use crate::suite::{Demand, Lane, Probe, ProofPart, Stop, TestSpec, ensure};

pub(super) const TESTS: &[TestSpec] = &[TestSpec {
    name: "playlist_order_and_growth",
    lane: Lane::Together,
    proof: ProofPart::Runs,
    needs: &[Capability::Playlist],
    demand: |cases| Demand::of(cases, "multi_segment", 1),
    run: |probe| Box::pin(playlist_order_and_growth(probe)),
}];

async fn playlist_order_and_growth(probe: &Probe<'_>) -> Result<(), Stop> {
    let answer = probe.submit(&probe.fresh("multi_segment")).await?;
    let job = &answer.job_id;
    let deadline = probe.deadline();
    let mut ready = BTreeSet::new();
    let mut steps = vec![];
    loop {
        let entries = entries(probe, job).await?;
        in_order(&entries, &answer.manifest)?;
        let now: BTreeSet<SegmentId> = entries
            .iter()
            .filter(|entry| entry.ready)
            .map(|entry| entry.segment_id.clone())
            .collect();
        let lost = ready.difference(&now).next().map(ToString::to_string);
        ensure!(
            lost.is_none(),
            "segment {} was ready in the playlist and is no longer",
            lost.unwrap_or_default()
        );
        if now.len() != ready.len() || steps.is_empty() {
            steps.push(now.len().to_string());
        }
        ready = now;
        if ready.len() == entries.len() {
            break;
        }
        ensure!(
            std::time::Instant::now() < deadline,
            "only {} of {} playlist entries are ready after {:?}",
            ready.len(),
            entries.len(),
            probe.ctx.job_timeout
        );
        tokio::time::sleep(PollPace::default().longest).await;
    }
    probe.note(format!("ready entries over time: {}", steps.join(", ")));
    let manifest = probe.ended(job).await?;
    let last = entries(probe, job).await?;
    leads_to_audio(probe, &manifest, &last).await
}

async fn entries(probe: &Probe<'_>, job: &JobId) -> Result<Vec<PlaylistEntry>, Stop> {
    let playlist = probe.client().playlist(job).await?.done()?.value;
    ensure!(
        playlist.job_id == *job,
        "the playlist of job {job} says that it is job {}'s",
        playlist.job_id
    );
    Ok(playlist.playlist)
}

fn in_order(entries: &[PlaylistEntry], manifest: &Manifest) -> Result<(), Stop> {
    ensure!(
        entries.len() == manifest.segments.len(),
        "the playlist has {} entries for {} segments",
        entries.len(),
        manifest.segments.len()
    );
    for (place, (entry, segment)) in entries.iter().zip(&manifest.segments).enumerate() {
        ensure!(
            entry.index as usize == place,
            "playlist entry {place} has index {}, expected {place}",
            entry.index
        );
        ensure!(
            entry.segment_id == segment.segment_id,
            "playlist entry {place} is {}, the manifest says {}",
            entry.segment_id,
            segment.segment_id
        );
        let state = entry.status;
        ensure!(
            entry.ready == (state == audio_api::SegmentStatus::Ready),
            "playlist entry {place} is {state} and says ready: {}",
            entry.ready
        );
        ensure!(
            entry.ready == entry.duration_ms.is_some(),
            "playlist entry {place} is {state} with duration_ms {:?}",
            entry.duration_ms
        );
        let pending = !state.is_terminal();
        ensure!(
            pending == entry.retry_after_ms.is_some(),
            "playlist entry {place} is {state} with retry_after_ms {:?}",
            entry.retry_after_ms
        );
    }
    Ok(())
}

async fn leads_to_audio(
    probe: &Probe<'_>,
    manifest: &Manifest,
    entries: &[PlaylistEntry],
) -> Result<(), Stop> {
    for (entry, segment) in entries.iter().zip(&manifest.segments) {
        ensure!(
            entry.duration_ms == segment.duration_ms,
            "segment {} lasts {:?} ms by the playlist and {:?} by the manifest",
            entry.index,
            entry.duration_ms,
            segment.duration_ms
        );
    }
    let Some(first) = entries.first() else {
        return Ok(());
    };
    for path in [&first.url_backend, &first.url_best] {
        let call = probe
            .client()
            .named_path(Route::Segment, path, Fetch::head())
            .await?;
        ensure!(
            call.reply.status.is_success(),
            "HEAD on the playlist's {path}: {}",
            call.reply.status
        );
    }
    ensure!(
        [&first.url_backend, &first.url_proxy].contains(&&first.url_best),
        "url_best {} is neither url_backend nor url_proxy",
        first.url_best
    );
    Ok(())
}
