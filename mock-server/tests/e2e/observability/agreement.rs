//! The snapshot and the three forms of the metrics say the same.

use serde_json::Value;

use super::{
    exposition::Exposition,
    traffic::{OPEN_METRICS, PROMETHEUS, busy, scrape},
};

/// Fields of the snapshot, their metrics, and how many of the field's units one of the metric's is.
const FIELDS: [(&str, &str, f64); 19] = [
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

#[tokio::test]
async fn every_field_of_the_snapshot_has_a_metric_of_the_same_meaning() {
    let (server, _) = busy().await;
    let (status, flat) = (server.status().await, server.metrics().await);
    for (field, metric, scale) in FIELDS {
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
    assert_eq!(leaves, FIELDS.len() + 2, "a field without a metric");
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
