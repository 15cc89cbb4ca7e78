//! Metrics in their three forms: their rules, their labels.

use std::collections::BTreeSet;

use rstest::rstest;

use super::{
    exposition::Exposition,
    traffic::{OPEN_METRICS, PROMETHEUS, busy, scrape},
};
use crate::harness::Server;

#[rstest]
#[case::nothing_is_asked_for("*/*", PROMETHEUS)]
#[case::plain_text("text/plain;version=0.0.4", PROMETHEUS)]
#[case::as_prometheus_asks(
    "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4",
    OPEN_METRICS
)]
#[tokio::test]
async fn the_format_follows_what_is_asked_for(#[case] accept: &str, #[case] content_type: &str) {
    let server = Server::start(&[]).await;
    let answer = scrape(&server, accept).await;
    assert_eq!(answer.header("content-type"), content_type);
    assert_eq!(
        Exposition::read(answer.text()).ends_with_eof,
        content_type == OPEN_METRICS
    );
}

#[rstest]
#[case::open_metrics(OPEN_METRICS)]
#[case::prometheus(PROMETHEUS)]
#[tokio::test]
async fn names_and_types_follow_the_rules(#[case] accept: &str) {
    let (server, _) = busy().await;
    let exposition = Exposition::read(scrape(&server, accept).await.text());
    assert!(
        exposition.families.len() > 20,
        "{} families",
        exposition.families.len()
    );
    for (name, family) in &exposition.families {
        assert!(
            !family.kind.is_empty() && !family.help.is_empty(),
            "{name} has no TYPE or no HELP"
        );
        assert!(
            name.starts_with("touchstone_") || name.starts_with("process_"),
            "{name} is nobody's"
        );
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        assert!(name.bytes().all(legal), "{name} has illegal characters");
        for (unit, base) in [
            ("_ms", "seconds"),
            ("_milliseconds", "seconds"),
            ("_kb", "bytes"),
            ("_pct", "ratio"),
        ] {
            assert!(
                !name.trim_end_matches("_total").ends_with(unit),
                "{name} is not in {base}"
            );
        }
        let series: BTreeSet<_> = family.samples.iter().map(|s| (&s.name, &s.labels)).collect();
        assert_eq!(series.len(), family.samples.len(), "{name} has a series twice");
        assert!(!family.samples.is_empty(), "{name} has no samples");
        for sample in &family.samples {
            let counter = sample.name.ends_with("_total");
            assert_eq!(
                counter,
                family.kind == "counter",
                "{} is a {}",
                sample.name,
                family.kind
            );
            assert!(sample.value.is_finite() && sample.value >= 0.0, "{sample:?}");
        }
    }
}

#[tokio::test]
async fn histograms_add_up() {
    let (server, _) = busy().await;
    let exposition = Exposition::read(scrape(&server, OPEN_METRICS).await.text());
    for (name, family) in exposition
        .families
        .iter()
        .filter(|(_, family)| family.kind == "histogram")
    {
        for count in family
            .samples
            .iter()
            .filter(|sample| sample.name.ends_with("_count"))
        {
            let buckets = family
                .samples
                .iter()
                .filter(|sample| sample.name.ends_with("_bucket"));
            let mut buckets: Vec<(f64, f64)> = buckets
                .filter_map(|sample| {
                    let mut labels = sample.labels.clone();
                    let bound = labels.remove("le")?.parse().ok()?;
                    (labels == count.labels).then_some((bound, sample.value))
                })
                .collect();
            buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
            assert!(
                buckets.is_sorted_by(|one, other| one.1 <= other.1),
                "{name} {:?} falls",
                count.labels
            );
            assert_eq!(
                buckets.last(),
                Some(&(f64::INFINITY, count.value)),
                "{name} {:?}",
                count.labels
            );
        }
    }
}

#[tokio::test]
async fn requests_are_labelled_by_template_and_never_by_id() {
    let (server, ids) = busy().await;
    let answer = scrape(&server, OPEN_METRICS).await;
    for id in &ids {
        assert!(!answer.text().contains(id.as_str()), "{id} is in the metrics");
    }
    assert!(!answer.text().contains("seg-0000") && !answer.text().contains("no/such"));
    let exposition = Exposition::read(answer.text());
    let allowed = [
        "le", "method", "reason", "result", "route", "stage", "status", "version",
    ];
    for sample in exposition.samples() {
        let labels: Vec<&str> = sample.labels.keys().map(String::as_str).collect();
        assert!(
            labels.iter().all(|label| allowed.contains(label)),
            "{} has {labels:?}",
            sample.name
        );
    }
    let job = "/v1/tts/jobs/{job_id}";
    for rest in [
        "",
        "/cancel",
        "/regenerate",
        "/playlist.json",
        "/segments/{segment_id}",
        "/audio.ogg",
    ] {
        let route = format!("{job}{rest}");
        assert!(
            exposition.values_of("route").contains(route.as_str()),
            "no {route}"
        );
    }
    for known in ["/api/tts/jobs/{job_id}", "/v1/admin/status", "none"] {
        assert!(exposition.values_of("route").contains(known), "no {known}");
    }
    assert_eq!(
        exposition.values_of("method"),
        BTreeSet::from(["DELETE", "GET", "HEAD", "POST", "other"])
    );
    let name = "touchstone_http_request_duration_seconds_count";
    let of = |method, route: &str, status| {
        exposition.value(name, &[("method", method), ("route", route), ("status", status)])
    };
    assert_eq!(of("GET", "/v1/tts/jobs/{job_id}/audio.ogg", "200"), 2.0);
    assert_eq!(of("HEAD", "/v1/tts/jobs/{job_id}/audio.ogg", "200"), 2.0);
    assert_eq!(
        of("GET", "/v1/tts/jobs/{job_id}/segments/{segment_id}", "404"),
        1.0
    );
    assert_eq!(of("POST", "/v1/tts/jobs/{job_id}/regenerate", "200"), 1.0);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_process_s_own_figures_are_there() {
    let server = Server::start(&[]).await;
    let flat = server.metrics().await;
    let at_least = [
        ("process_resident_memory_bytes", 1_000_000.0),
        ("process_open_fds", 5.0),
        ("process_threads", 2.0),
    ];
    for (name, least) in at_least {
        assert!(flat[name].as_f64() >= Some(least), "{name} is {}", flat[name]);
    }
}
