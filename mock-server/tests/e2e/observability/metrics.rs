//! Metrics in their three forms: their rules, their agreement, their labels.

use std::collections::BTreeSet;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::exposition::Exposition;
use crate::harness::{Answer, Job, Server, script};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

async fn scrape(server: &Server, accept: &str) -> Answer {
    let answer = Answer::to(server.request(Method::GET, "/metrics").header("accept", accept)).await;
    assert_eq!(answer.status, 200);
    answer
}

/// A server that something of everything has happened to, and the ids of its jobs.
async fn busy() -> (Server, Vec<String>) {
    let server = Server::with_faults(&["--segment-max-retries", "1", "--retry-backoff-ms", "1"]).await;
    let rule = json!({"stage": "synth", "kind": {"error": 500}, "match": {"segment_index": 1}});
    server.add_fault(rule).await;
    let mixed = server.submit(&script("traffic", 2)).await;
    mixed.ended().await;
    let complete = server.submit("Something.").await;
    complete.complete().await;
    let again = Job::of(
        &server,
        &server.post(&complete.path("/regenerate")).await.json_of(200),
    );
    again.complete().await;
    for job in [&mixed, &complete] {
        for rest in ["", "/playlist.json", "/segments/seg-0000", "/audio.ogg"] {
            assert_eq!(job.get(rest).await.status, 200);
            assert_eq!(server.head(&job.path(rest)).await.status, 200);
        }
    }
    complete.cancel().await;
    complete
        .get("/segments/seg-0009")
        .await
        .problem(404, "segment_not_found");
    server.get("/no/such/path").await.problem(404, "not_found");
    Answer::to(server.request(Method::PATCH, &complete.path("")))
        .await
        .problem(405, "method_not_allowed");
    let alias = complete.path("").replace("/v1/", "/api/");
    server.get(&alias).await.json_of(200);
    server.delete(&again.path("")).await;
    server.status().await;
    let ids = [&mixed, &complete, &again].map(|job| job.id.clone()).to_vec();
    (server, ids)
}

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
async fn every_field_of_the_snapshot_has_a_metric_of_the_same_meaning() {
    let (server, _) = busy().await;
    let (status, flat) = (server.status().await, server.metrics().await);
    let fields = [
        ("/workers_online", "touchstone_workers_online", 1.0),
        ("/queue_len", "touchstone_queue_length", 1.0),
        (
            "/oldest_queued_age_s",
            "touchstone_oldest_queued_age_seconds",
            1.0,
        ),
        ("/active_jobs", "touchstone_active_jobs", 1.0),
        ("/jobs/submitted", "touchstone_jobs_submitted_total", 1.0),
        (
            "/jobs/complete",
            "touchstone_jobs_ended_total{status=\"complete\"}",
            1.0,
        ),
        (
            "/jobs/complete_with_errors",
            "touchstone_jobs_ended_total{status=\"complete_with_errors\"}",
            1.0,
        ),
        (
            "/jobs/error",
            "touchstone_jobs_ended_total{status=\"error\"}",
            1.0,
        ),
        (
            "/jobs/canceled",
            "touchstone_jobs_ended_total{status=\"canceled\"}",
            1.0,
        ),
        ("/dead_letters", "touchstone_dead_letters_total", 1.0),
        (
            "/retry_counts/segment_retries",
            "touchstone_segment_retries_total",
            1.0,
        ),
        (
            "/retry_counts/capped_retries",
            "touchstone_capped_retries_total",
            1.0,
        ),
        (
            "/fallback_model_usage",
            "touchstone_fallback_model_usage_total",
            1.0,
        ),
        (
            "/merge_lock_contention/acquisitions",
            "touchstone_merge_lock_acquisitions_total",
            1.0,
        ),
        (
            "/merge_lock_contention/wait_count",
            "touchstone_merge_lock_waits_total",
            1.0,
        ),
        (
            "/merge_lock_contention/wait_total_ms",
            "touchstone_merge_lock_wait_seconds_total",
            1e3,
        ),
        (
            "/merge_lock_contention/wait_max_ms",
            "touchstone_merge_lock_wait_max_seconds",
            1e3,
        ),
        (
            "/stale_queued_cancels",
            "touchstone_stale_queued_cancels_total",
            1.0,
        ),
        ("/faults_fired", "touchstone_faults_fired_total", 1.0),
    ];
    for (field, metric, scale) in fields {
        let value = status.pointer(field).and_then(Value::as_f64);
        let measured = flat[metric].as_f64().map(|measured| measured * scale);
        assert!(
            value.is_some() && value == measured,
            "{field} is {value:?}, {metric} is {measured:?}"
        );
    }
    let leaves: usize = status
        .as_object()
        .expect("an object")
        .values()
        .map(|value| value.as_object().map_or(1, serde_json::Map::len))
        .sum();
    assert_eq!(leaves, fields.len() + 2, "a field without a metric");
    assert!(
        status["dead_letters"] == 1 && status["fallback_model_usage"] == 1,
        "nothing happened: {status}"
    );
    assert!(flat["touchstone_uptime_seconds"].as_f64() >= status["uptime_s"].as_f64());
    let version = status["version"].as_str().expect("text");
    assert_eq!(
        flat[format!("touchstone_build_info{{version=\"{version}\"}}")],
        1.0
    );
}

#[tokio::test]
async fn the_three_forms_say_the_same() {
    let (server, _) = busy().await;
    let open = Exposition::read(scrape(&server, OPEN_METRICS).await.text());
    let old = Exposition::read(scrape(&server, PROMETHEUS).await.text());
    let flat = server.metrics().await;
    let flat = flat.as_object().expect("an object");
    assert!(flat.values().all(Value::is_number));
    let moving = [
        "process_",
        "touchstone_http_",
        "touchstone_uptime",
        "touchstone_oldest",
    ];
    let lasting = |name: &str| !moving.iter().any(|prefix| name.starts_with(prefix));
    let series = |exposition: &Exposition| -> Vec<String> {
        let mut all: Vec<String> = exposition
            .samples()
            .filter(|sample| lasting(&sample.name))
            .map(|sample| format!("{} {:?} {}", sample.name, sample.labels, sample.value))
            .collect();
        all.sort();
        all
    };
    assert_eq!(series(&open), series(&old));
    let lasting_flat = flat.keys().filter(|name| lasting(name)).count();
    assert_eq!(lasting_flat, series(&open).len());
    for sample in open
        .samples()
        .filter(|sample| sample.labels.is_empty() && lasting(&sample.name))
    {
        assert_eq!(flat[&sample.name].as_f64(), Some(sample.value), "{}", sample.name);
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
