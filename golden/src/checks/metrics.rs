//! Metrics, held against the status snapshot.

use std::collections::BTreeMap;

use audio_client::{Capability, MetricsFormat};
use http::header;
use serde_json::Value;

use super::status::field;
use crate::suite::{Demand, Lane, Probe, ProofPart, Stop, TestSpec, ensure};

/// What any process that serves this API tells of itself.
const OF_THE_PROCESS: [&str; 3] = [
    "process_resident_memory_bytes",
    "process_open_fds",
    "process_threads",
];
/// While others use the target its counters move; after so many looks at a moving target there is nothing to say.
const LOOKS: u32 = 5;

pub(super) const TESTS: &[TestSpec] = &[TestSpec {
    name: "metrics_agree",
    lane: Lane::Alone,
    proof: ProofPart::Runs,
    needs: &[Capability::Status, Capability::Metrics],
    demand: |_| Demand::NONE,
    run: |probe| Box::pin(metrics_agree(probe)),
}];

async fn metrics_agree(probe: &Probe<'_>) -> Result<(), Stop> {
    let profile = probe.profile();
    if profile.metrics.is_empty() {
        return Err(Stop::Skipped(format!(
            "target profile {} names no metrics",
            profile.name
        )));
    }
    exposition_is_labelled(probe).await?;
    for _ in 0..LOOKS {
        let before = snapshot(probe).await?;
        let text = probe
            .client()
            .metrics(MetricsFormat::Prometheus)
            .await?
            .done()?
            .reply;
        let flat = match profile.can(Capability::FlatMetrics) {
            true => Some(probe.client().flat_metrics().await?.done()?.value),
            false => None,
        };
        if !same(probe, &before, &snapshot(probe).await?) {
            continue;
        }
        let samples = samples(&String::from_utf8_lossy(&text.body));
        agree(probe, &before, &samples, "metrics")?;
        if let Some(flat) = flat {
            agree(probe, &before, &flat, "flat metrics")?;
        }
        return has_process_figures(&samples);
    }
    Err(Stop::Skipped(format!(
        "the target's counters moved during each of {LOOKS} looks"
    )))
}

async fn snapshot(probe: &Probe<'_>) -> Result<Value, Stop> {
    Ok(probe.client().status_as_it_came().await?.done()?.value)
}

fn same(probe: &Probe<'_>, a: &Value, b: &Value) -> bool {
    probe
        .profile()
        .metrics
        .iter()
        .all(|metric| field(a, &metric.field) == field(b, &metric.field))
}

fn agree(
    probe: &Probe<'_>,
    status: &Value,
    samples: &BTreeMap<String, f64>,
    where_: &str,
) -> Result<(), Stop> {
    for metric in &probe.profile().metrics {
        let Some(said) = field(status, &metric.field).and_then(Value::as_f64) else {
            return Err(Stop::Failed(format!(
                "the status snapshot has no number {}",
                metric.field
            )));
        };
        let Some(sample) = samples.get(&metric.sample) else {
            return Err(Stop::Failed(format!("{where_}: no sample {}", metric.sample)));
        };
        let measured = sample * metric.factor;
        ensure!(
            (measured - said).abs() <= 1e-6 * said.abs().max(1.0),
            "{where_}: {} is {measured}, the status snapshot's {} is {said}",
            metric.sample,
            metric.field
        );
    }
    probe.note(format!(
        "{where_}: {} samples agree with the snapshot",
        probe.profile().metrics.len()
    ));
    Ok(())
}

fn has_process_figures(samples: &BTreeMap<String, f64>) -> Result<(), Stop> {
    for name in OF_THE_PROCESS {
        let value = samples.get(name);
        ensure!(
            value.is_some_and(|value| *value > 0.0),
            "metrics: {name} is {value:?}"
        );
    }
    Ok(())
}

async fn exposition_is_labelled(probe: &Probe<'_>) -> Result<(), Stop> {
    let prometheus = probe
        .client()
        .metrics(MetricsFormat::Prometheus)
        .await?
        .done()?
        .reply;
    let open = probe
        .client()
        .metrics(MetricsFormat::OpenMetrics)
        .await?
        .done()?
        .reply;
    for (reply, begins) in [
        (&prometheus, "text/plain"),
        (&open, "application/openmetrics-text"),
    ] {
        let content_type = reply.header(header::CONTENT_TYPE).unwrap_or_default();
        ensure!(
            content_type.starts_with(begins),
            "metrics are {content_type:?}, expected {begins}"
        );
    }
    ensure!(
        open.body.ends_with(b"# EOF\n"),
        "OpenMetrics text does not end with # EOF"
    );
    Ok(())
}

/// The samples of Prometheus text, by name with labels. Time stamps are left off.
pub(super) fn samples(text: &str) -> BTreeMap<String, f64> {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let split = |line: &str| {
        let end = line
            .find('}')
            .map_or_else(|| line.find(' '), |brace| Some(brace + 1))?;
        let value = line[end..].split_whitespace().next()?.parse().ok()?;
        Some((line[..end].to_owned(), value))
    };
    lines.filter_map(split).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_with_and_without_labels() {
        let text = "# HELP a b\n# TYPE a gauge\na 3\nb_total{status=\"x y\"} 2.5 1700000000\n\nc{} 1e3\n";
        let expected = [("a", 3.0), ("b_total{status=\"x y\"}", 2.5), ("c{}", 1_000.0)];
        assert_eq!(
            samples(text),
            expected.map(|(name, value)| (name.to_owned(), value)).into()
        );
    }
}
