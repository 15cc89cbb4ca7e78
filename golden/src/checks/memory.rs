//! Memory: serving the same work again and again does not make the server grow.

use std::time::Duration;

use audio_client::{Capability, Fetch, MetricsFormat};

use super::metrics::samples;
use crate::suite::{Demand, Lane, Probe, ProofPart, Sharing, Stop, TestSpec, ensure};

/// The figure of the process that is looked at.
const RESIDENT: &str = "process_resident_memory_bytes";
/// Rounds after the first, which fills caches and pools.
const ROUNDS: u64 = 3;
/// Between rounds, since what leaks by time needs some.
const PAUSE: Duration = Duration::from_millis(400);
/// What a few short jobs may leave behind. A leak too slow for this is for a soak to find.
const MAX_GROWTH_BYTES: f64 = 32.0 * 1_048_576.0;

pub(super) const TESTS: &[TestSpec] = &[TestSpec {
    name: "memory_growth",
    lane: Lane::Alone,
    proof: ProofPart::LeftOut,
    needs: &[Capability::Metrics],
    demand: |cases| Demand::of(cases, "test_1", ROUNDS + 1) + Demand::of(cases, "cancel", ROUNDS + 1),
    run: |probe| Box::pin(memory_growth(probe)),
}];

async fn memory_growth(probe: &Probe<'_>) -> Result<(), Stop> {
    if probe.ctx.sharing == Sharing::Shared {
        return Err(Stop::Skipped(
            "others use the target too, so its growth may be theirs".to_owned(),
        ));
    }
    one_of_everything(probe).await?;
    let before = resident(probe).await?;
    for _ in 0..ROUNDS {
        tokio::time::sleep(PAUSE).await;
        one_of_everything(probe).await?;
    }
    let after = resident(probe).await?;
    let grew = after - before;
    probe.note(format!(
        "{RESIDENT} was {before}, and {after} after {ROUNDS} rounds of short jobs"
    ));
    ensure!(
        grew <= MAX_GROWTH_BYTES,
        "{RESIDENT} grew by {grew} bytes over {ROUNDS} rounds of short jobs, at most {MAX_GROWTH_BYTES} are expected"
    );
    Ok(())
}

/// Passes every stage that the target has.
async fn one_of_everything(probe: &Probe<'_>) -> Result<(), Stop> {
    let (client, profile) = (probe.client(), probe.profile());
    let manifest = probe.complete(&probe.fresh("test_1")).await?;
    let job = &manifest.job_id;
    probe.segment(job, &manifest.segments[0]).await?;
    if profile.can(Capability::Playlist) {
        client.playlist(job).await?.done()?;
    }
    if profile.can(Capability::Merged) {
        probe.merged(job).await?;
        client.merged(job, Fetch::head()).await?;
    }
    if profile.can(Capability::Status) {
        client.status_as_it_came().await?.done()?;
    }
    if profile.can(Capability::Cancel) {
        let canceled = probe.submit(&probe.fresh("cancel")).await?.job_id;
        client.cancel(&canceled).await?.done()?;
    }
    Ok(())
}

async fn resident(probe: &Probe<'_>) -> Result<f64, Stop> {
    let text = probe
        .client()
        .metrics(MetricsFormat::Prometheus)
        .await?
        .done()?
        .reply;
    let found = samples(&String::from_utf8_lossy(&text.body))
        .get(RESIDENT)
        .copied();
    found.ok_or_else(|| Stop::Skipped(format!("the target does not tell {RESIDENT}")))
}
