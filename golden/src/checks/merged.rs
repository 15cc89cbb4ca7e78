//! Merged audio: the segments' samples in a row, whoever asks and however many at once.

use audio_client::{Capability, Fetch, Outcome};
use futures::future::try_join_all;
use http::header;

use crate::suite::{Demand, Lane, Probe, ProofPart, Stop, TestSpec, ensure};

/// So many ask at once.
const AT_ONCE: usize = 8;

pub(super) const TESTS: &[TestSpec] = &[
    TestSpec {
        name: "merged_equals_segments",
        lane: Lane::Together,
        proof: ProofPart::Runs,
        needs: &[Capability::Merged],
        demand: |cases| Demand::of(cases, "test_3", 1) + Demand::of(cases, "multi_segment", 1),
        run: |probe| Box::pin(merged_equals_segments(probe)),
    },
    TestSpec {
        name: "concurrent_merges",
        lane: Lane::Together,
        proof: ProofPart::Runs,
        needs: &[Capability::Merged],
        demand: |cases| Demand::of(cases, "test_3", 1),
        run: |probe| Box::pin(concurrent_merges(probe)),
    },
];

async fn merged_equals_segments(probe: &Probe<'_>) -> Result<(), Stop> {
    for name in ["test_3", "multi_segment"] {
        let audio = probe.fixed(probe.case(name)).await?;
        let reply = probe.merged(&audio.manifest.job_id).await?;
        let format = &probe.profile().audio;
        let content_type = reply.header(header::CONTENT_TYPE);
        ensure!(
            content_type == Some(&format.content_type),
            "{name}: merged Content-Type is {content_type:?}"
        );
        ensure!(
            reply.body.starts_with(format.magic.as_bytes()),
            "{name}: merged audio has no {:?}",
            format.magic
        );
        let merged = probe.decode(&reply.body).await?;
        let joined = audio.joined();
        probe.note(format!(
            "{name}: {} segments of {} samples, merged {}",
            audio.segments.len(),
            joined.frames(),
            merged.frames()
        ));
        if let Some(deviation) = merged.deviation_from(&joined) {
            return Err(Stop::Failed(format!("{name}: {deviation}")));
        }
    }
    Ok(())
}

async fn concurrent_merges(probe: &Probe<'_>) -> Result<(), Stop> {
    let manifest = probe.complete(&probe.fresh("test_3")).await?;
    let job = &manifest.job_id;
    let first = try_join_all((0..AT_ONCE).map(|_| probe.client().merged(job, Fetch::get()))).await?;
    let mut at_once = 0;
    for call in &first {
        match &call.outcome {
            Outcome::Done(()) => at_once += 1,
            Outcome::Pending { .. } => {}
            _ => {
                return Err(call
                    .reply
                    .unexpected("200, or 202 while another one merges")
                    .into());
            }
        }
    }
    probe.note(format!(
        "of {AT_ONCE} requests at once {at_once} got the file and the others 202"
    ));
    let reference = probe.merged(job).await?;
    for reply in first
        .iter()
        .filter(|call| call.outcome == Outcome::Done(()))
        .map(|call| &call.reply)
    {
        ensure!(
            reply.body == reference.body,
            "two requests for one job's merged audio got different bytes"
        );
        let (a, b) = (reply.header(header::ETAG), reference.header(header::ETAG));
        ensure!(
            a == b,
            "two requests for one job's merged audio got the ETags {a:?} and {b:?}"
        );
    }
    probe.decode(&reference.body).await?;
    Ok(())
}
