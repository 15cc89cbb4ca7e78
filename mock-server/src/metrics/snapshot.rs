//! The status snapshot and the blob store as metrics, made anew for each scrape.

use audio_api::{JobCounts, StatusSnapshot};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::ConstCounter, family::Family, gauge::ConstGauge, gauge::Gauge, info::Info},
    registry::{Registry, Unit},
};

use crate::blobs::BlobStats;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    status: &'static str,
}

/// A registry that holds one snapshot.
pub(super) fn registry(snapshot: &StatusSnapshot, blobs: BlobStats) -> Registry {
    let mut all = Registry::with_prefix("touchstone");
    work(&mut all, snapshot);
    jobs(&mut all, &snapshot.jobs);
    merge_lock(&mut all, snapshot);
    let version = Info::new([("version", snapshot.version.clone())]);
    seconds(
        &mut all,
        "uptime",
        "Time since this process started",
        snapshot.uptime_s,
    );
    all.register("build", "The server's version", version);
    gauge(&mut all, "blobs", "Pieces of audio in the store", blobs.blobs);
    bytes(&mut all, "blobs", "Audio in the store", blobs.bytes);
    counter(
        &mut all,
        "blob_evictions",
        "Pieces of audio evicted",
        blobs.evictions,
    );
    all
}

fn work(all: &mut Registry, now: &StatusSnapshot) {
    let retries = now.retry_counts;
    let gauges = [
        (
            "workers_online",
            "Workers that gave a heartbeat in the last 10 s",
            now.workers_online,
        ),
        ("queue_length", "Segments that wait for a worker", now.queue_len),
        ("active_jobs", "Jobs that have not ended", now.active_jobs),
    ];
    let counters = [
        ("dead_letters", "Segments that failed for good", now.dead_letters),
        ("segment_retries", "Retries of segments", retries.segment_retries),
        (
            "capped_retries",
            "Segments that used up their retries",
            retries.capped_retries,
        ),
        (
            "fallback_model_usage",
            "Times the fallback model was tried",
            now.fallback_model_usage,
        ),
        (
            "stale_queued_cancels",
            "Jobs canceled for having been queued too long",
            now.stale_queued_cancels,
        ),
        ("faults_fired", "Times any fault rule fired", now.faults_fired),
    ];
    for (name, help, value) in gauges {
        gauge(all, name, help, value);
    }
    for (name, help, value) in counters {
        counter(all, name, help, value);
    }
    seconds(
        all,
        "oldest_queued_age",
        "Age of the oldest waiting segment",
        now.oldest_queued_age_s,
    );
}

fn jobs(all: &mut Registry, jobs: &JobCounts) {
    counter(all, "jobs_submitted", "Jobs that were accepted", jobs.submitted);
    let ended = Family::<Ended, prometheus_client::metrics::counter::Counter>::default();
    let counts = [
        ("complete", jobs.complete),
        ("complete_with_errors", jobs.complete_with_errors),
        ("error", jobs.error),
        ("canceled", jobs.canceled),
    ];
    for (status, count) in counts {
        ended.get_or_create(&Ended { status }).inc_by(count);
    }
    all.register("jobs_ended", "Jobs by how they ended", ended);
}

fn merge_lock(all: &mut Registry, snapshot: &StatusSnapshot) {
    let merge = &snapshot.merge_lock_contention;
    counter(
        all,
        "merge_lock_acquisitions",
        "All takes of the merge lock",
        merge.acquisitions,
    );
    counter(
        all,
        "merge_lock_waits",
        "Requests that waited for the merge lock",
        merge.wait_count,
    );
    all.register_with_unit(
        "merge_lock_wait",
        "Their waits added up",
        Unit::Seconds,
        ConstCounter::new(merge.wait_total_ms / 1e3),
    );
    seconds(
        all,
        "merge_lock_wait_max",
        "The longest of them",
        merge.wait_max_ms / 1e3,
    );
}

fn gauge(all: &mut Registry, name: &str, help: &str, value: u64) {
    let value = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
    all.register(name, help, value);
}

fn bytes(all: &mut Registry, name: &str, help: &str, value: u64) {
    let gauge = Gauge::<i64>::default();
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
    all.register_with_unit(name, help, Unit::Bytes, gauge);
}

fn seconds(all: &mut Registry, name: &str, help: &str, value: f64) {
    all.register_with_unit(name, help, Unit::Seconds, ConstGauge::new(value));
}

fn counter(all: &mut Registry, name: &str, help: &str, value: u64) {
    all.register(name, help, ConstCounter::new(value));
}
