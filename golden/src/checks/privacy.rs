//! No job's text where it does not belong: a word that stands in one job only is looked for everywhere else.

use audio_client::{Capability, ListQuery, MetricsFormat};

use crate::{
    cases::Nonce,
    suite::{Demand, Lane, Probe, ProofPart, Stop, TestSpec, ensure},
};

pub(super) const TESTS: &[TestSpec] = &[TestSpec {
    name: "no_job_text",
    lane: Lane::Together,
    proof: ProofPart::LeftOut,
    needs: &[],
    demand: |cases| Demand::of(cases, "test_1", 1),
    run: |probe| Box::pin(no_job_text(probe)),
}];

async fn no_job_text(probe: &Probe<'_>) -> Result<(), Stop> {
    let nonce = Nonce::random();
    let request = probe.case("test_1").request(&nonce, probe.ctx.model.as_deref());
    probe.complete(&request).await?;
    let client = probe.client();
    let can = |capability| probe.profile().can(capability);
    let mut seen = Vec::new();
    if can(Capability::Status) {
        seen.push((
            "the status snapshot",
            client.status_as_it_came().await?.reply.body,
        ));
    }
    if can(Capability::Metrics) {
        seen.push((
            "the metrics",
            client.metrics(MetricsFormat::Prometheus).await?.reply.body,
        ));
        seen.push((
            "the metrics",
            client.metrics(MetricsFormat::OpenMetrics).await?.reply.body,
        ));
    }
    if can(Capability::FlatMetrics) {
        seen.push(("the flat metrics", client.flat_metrics().await?.reply.body));
    }
    if can(Capability::List) {
        seen.push((
            "the list of jobs",
            client.list(&ListQuery::default()).await?.reply.body,
        ));
    }
    match &probe.ctx.server_log {
        Some(log) => seen.push(("the server's log", log.lines().join("\n").into())),
        None => probe.note("this run did not start the server and does not see its log"),
    }
    for (place, text) in &seen {
        let found = String::from_utf8_lossy(text)
            .to_lowercase()
            .contains(nonce.as_str());
        ensure!(
            !found,
            "the word {} of a job's text stands in {place}",
            nonce.as_str()
        );
    }
    let places: Vec<&str> = seen.iter().map(|(place, _)| *place).collect();
    probe.note(format!("looked for in {}", places.join(", ")));
    Ok(())
}
