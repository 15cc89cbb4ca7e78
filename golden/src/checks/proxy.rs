//! Through the proxy: HEAD says what it says on the server itself.

use audio_client::{Capability, Fetch, Route};
use http::header;

use crate::suite::{Demand, Lane, Probe, ProofPart, Stop, TestSpec, ensure};

pub(super) const TESTS: &[TestSpec] = &[TestSpec {
    name: "proxy_head_parity",
    lane: Lane::Together,
    proof: ProofPart::LeftOut,
    needs: &[Capability::Playlist],
    demand: |cases| Demand::of(cases, "test_1", 1),
    run: |probe| Box::pin(proxy_head_parity(probe)),
}];

async fn proxy_head_parity(probe: &Probe<'_>) -> Result<(), Stop> {
    let Some(web) = &probe.ctx.web else {
        return Err(Stop::Skipped("no proxy was named, see --web-base".to_owned()));
    };
    let manifest = probe.complete(&probe.fresh("test_1")).await?;
    let playlist = probe
        .client()
        .playlist(&manifest.job_id)
        .await?
        .done()?
        .value
        .playlist;
    for entry in &playlist {
        let direct = probe
            .client()
            .named_path(Route::Segment, &entry.url_backend, Fetch::head())
            .await?
            .reply;
        let proxied = web
            .named_path(Route::Segment, &entry.url_proxy, Fetch::head())
            .await?
            .reply;
        ensure!(
            direct.status == proxied.status,
            "HEAD on segment {}: {} directly, {} through the proxy",
            entry.index,
            direct.status,
            proxied.status
        );
        for name in [
            header::CONTENT_TYPE,
            header::CONTENT_LENGTH,
            header::ETAG,
            header::ACCEPT_RANGES,
        ] {
            let (a, b) = (direct.header(&name), proxied.header(&name));
            ensure!(
                a == b,
                "HEAD on segment {}: {name} is {a:?} directly and {b:?} through the proxy",
                entry.index
            );
        }
    }
    Ok(())
}
