//! The three ways in which metrics are read: OpenMetrics, Prometheus text, flat JSON.

use std::{collections::BTreeMap, fmt::Write as _};

use audio_api::StatusSnapshot;
use prometheus_client::{encoding::text, registry::Registry};

use super::{Metrics, process, snapshot};
use crate::blobs::BlobStats;

/// A text format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// The Prometheus text format, version 0.0.4.
    Prometheus,
}

impl Format {
    /// The format that an `Accept` header asks for.
    #[must_use]
    pub fn accepted(accept: Option<&str>) -> Self {
        match accept {
            Some(accept) if accept.contains("application/openmetrics-text") => Self::OpenMetrics,
            _ => Self::Prometheus,
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// All metrics as they were at one moment.
#[derive(Debug)]
pub struct Exposition {
    open_metrics: String,
}

impl Exposition {
    /// Reads all metrics.
    #[must_use]
    pub fn new(metrics: &Metrics, snapshot: &StatusSnapshot, blobs: BlobStats) -> Self {
        let mut open_metrics = String::with_capacity(16 << 10);
        let registries: [&Registry; 3] = [
            metrics.registry(),
            &snapshot::registry(snapshot, blobs),
            &process::registry(),
        ];
        for registry in registries {
            // Writing into a string fails only if a metric's own encoder does, and these do not.
            let _ = text::encode_registry(&mut open_metrics, registry);
        }
        open_metrics.push_str("# EOF\n");
        Self { open_metrics }
    }

    /// The metrics as text.
    #[must_use]
    pub fn text(&self, format: Format) -> String {
        match format {
            Format::OpenMetrics => self.open_metrics.clone(),
            Format::Prometheus => prometheus(&self.open_metrics),
        }
    }

    /// The metrics as `{name: number}`; a sample with labels is named as in the text formats.
    #[must_use]
    pub fn flat(&self) -> BTreeMap<&str, f64> {
        let samples = self.open_metrics.lines().filter(|line| !line.starts_with('#'));
        samples
            .filter_map(|line| line.rsplit_once(' '))
            .filter_map(|(name, v)| Some((name, v.parse().ok()?)))
            .collect()
    }
}

/// The older format names a counter in `# TYPE` and `# HELP` as its samples are named, and knows no `# UNIT` and `# EOF`.
fn prometheus(open_metrics: &str) -> String {
    let mut out = String::with_capacity(open_metrics.len());
    let mut help = None;
    for line in open_metrics.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ');
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            let (suffix, kind) = match kind {
                "counter" => ("_total", "counter"),
                "info" => ("_info", "gauge"),
                kind => ("", kind),
            };
            if let Some((_, text)) = help.take() {
                let _ = writeln!(out, "# HELP {name}{suffix} {text}");
            }
            let _ = writeln!(out, "# TYPE {name}{suffix} {kind}");
        } else if !line.starts_with('#') {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn exposition() -> Exposition {
        let metrics = Metrics::default();
        metrics.observe_stage("synth", Duration::from_millis(3));
        let snapshot = StatusSnapshot {
            active_jobs: 3,
            dead_letters: 2,
            version: "9.9".into(),
            ..StatusSnapshot::default()
        };
        Exposition::new(
            &metrics,
            &snapshot,
            BlobStats {
                blobs: 1,
                bytes: 2,
                evictions: 3,
            },
        )
    }

    #[test]
    fn both_text_formats_name_counters_as_their_rules_say() {
        let exposition = exposition();
        let open = exposition.text(Format::OpenMetrics);
        assert!(
            open.contains("# TYPE touchstone_dead_letters counter\ntouchstone_dead_letters_total 2\n"),
            "{open}"
        );
        assert!(open.ends_with("# EOF\n") && open.matches("# EOF").count() == 1);
        let old = exposition.text(Format::Prometheus);
        assert!(
            old.contains(
                "# HELP touchstone_dead_letters_total Segments that failed for good.\n\
                 # TYPE touchstone_dead_letters_total counter\ntouchstone_dead_letters_total 2\n"
            ),
            "{old}"
        );
        assert!(old.contains("# TYPE touchstone_build_info gauge\n"), "{old}");
        assert!(!old.contains("# EOF") && !old.contains("# UNIT"));
    }

    #[test]
    fn the_flat_form_has_every_sample() {
        let exposition = exposition();
        let flat = exposition.flat();
        assert_eq!(flat["touchstone_active_jobs"], 3.0);
        assert_eq!(flat["touchstone_jobs_ended_total{status=\"complete\"}"], 0.0);
        assert_eq!(
            flat["touchstone_stage_duration_seconds_count{stage=\"synth\"}"],
            1.0
        );
        assert_eq!(flat["touchstone_blobs_bytes"], 2.0);
        if cfg!(target_os = "linux") {
            assert!(flat["process_resident_memory_bytes"] > 0.0 && flat["process_open_fds"] > 0.0);
            assert!(flat["process_threads"] > 0.0);
        }
    }

    #[test]
    fn an_accept_header_chooses_the_format() {
        assert_eq!(Format::accepted(None), Format::Prometheus);
        assert_eq!(Format::accepted(Some("text/plain")), Format::Prometheus);
        let scraper = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
        assert_eq!(Format::accepted(Some(scraper)), Format::OpenMetrics);
    }
}
