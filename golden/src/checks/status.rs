//! The status snapshot: every field, of the right type, true, and quick.

use std::time::Duration;

use audio_api::JobStatus;
use audio_client::Capability;
use serde_json::Value;

use crate::suite::{Demand, Lane, Probe, ProofPart, Sharing, Stop, TestSpec, ensure};

const CALLS: usize = 200;
/// At p99, on loopback.
const LIMIT: Duration = Duration::from_millis(50);

pub(super) const TESTS: &[TestSpec] = &[
    TestSpec {
        name: "status_snapshot",
        // It counts jobs.
        lane: Lane::Alone,
        proof: ProofPart::Runs,
        needs: &[Capability::Status, Capability::Cancel],
        demand: |cases| Demand::of(cases, "cancel", 1) + Demand::of(cases, "test_1", 1),
        run: |probe| Box::pin(status_snapshot(probe)),
    },
    TestSpec {
        name: "status_latency",
        lane: Lane::Alone,
        proof: ProofPart::TimesItself,
        needs: &[Capability::Status],
        demand: |_| Demand::NONE,
        run: |probe| Box::pin(status_latency(probe)),
    },
];

/// Fields that count, by their path.
const COUNTS: [&str; 16] = [
    "workers_online",
    "queue_len",
    "active_jobs",
    "jobs.submitted",
    "jobs.complete",
    "jobs.complete_with_errors",
    "jobs.error",
    "jobs.canceled",
    "dead_letters",
    "retry_counts.segment_retries",
    "retry_counts.capped_retries",
    "fallback_model_usage",
    "merge_lock_contention.acquisitions",
    "merge_lock_contention.wait_count",
    "stale_queued_cancels",
    "faults_fired",
];
/// Fields that measure.
const MEASURES: [&str; 4] = [
    "oldest_queued_age_s",
    "merge_lock_contention.wait_total_ms",
    "merge_lock_contention.wait_max_ms",
    "uptime_s",
];

pub(super) fn field<'a>(status: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(status, |value, name| value.get(name))
}

async fn status_snapshot(probe: &Probe<'_>) -> Result<(), Stop> {
    let before = snapshot(probe).await?;
    has_all_fields(&before)?;
    let job = probe.submit(&probe.fresh("cancel")).await?.job_id;
    let during = snapshot(probe).await?;
    has_all_fields(&during)?;
    // Looked at after the snapshot: a job that runs now ran then.
    let runs = !probe
        .client()
        .job(&job)
        .await?
        .done()?
        .value
        .manifest
        .status
        .is_terminal();
    let canceled = probe.client().cancel(&job).await?.done()?.value.status;
    probe.complete(&probe.fresh("test_1")).await?;
    let after = snapshot(probe).await?;
    has_all_fields(&after)?;
    let grew = |path: &str| count(&after, path).saturating_sub(count(&before, path));
    // A slow cancel may come after the end.
    let (complete, canceled) = if canceled == JobStatus::Canceled {
        (1, 1)
    } else {
        (2, 0)
    };
    let moved = [
        ("jobs.submitted", 2),
        ("jobs.complete", complete),
        ("jobs.canceled", canceled),
    ];
    for (path, by) in moved {
        let exact = probe.ctx.sharing == Sharing::Alone;
        ensure!(
            grew(path) == by || (!exact && grew(path) > by),
            "{path} grew by {} over {complete} complete and {canceled} canceled jobs, expected {by}",
            grew(path)
        );
    }
    ensure!(
        !runs || count(&during, "active_jobs") >= 1,
        "active_jobs is 0 while a job of 40 sentences runs"
    );
    ensure!(
        count(&after, "workers_online") >= 1,
        "workers_online is 0 after a job was synthesised"
    );
    let (first, last) = (measure(&before, "uptime_s"), measure(&after, "uptime_s"));
    ensure!(last > first, "uptime_s was {first} and is {last} later");
    Ok(())
}

async fn snapshot(probe: &Probe<'_>) -> Result<Value, Stop> {
    Ok(probe.client().status_as_it_came().await?.done()?.value)
}

fn count(status: &Value, path: &str) -> u64 {
    field(status, path).and_then(Value::as_u64).unwrap_or_default()
}

fn measure(status: &Value, path: &str) -> f64 {
    field(status, path).and_then(Value::as_f64).unwrap_or_default()
}

fn has_all_fields(status: &Value) -> Result<(), Stop> {
    for path in COUNTS {
        let value = field(status, path);
        ensure!(
            value.is_some_and(Value::is_u64),
            "{path} is {value:?}, expected a whole number of 0 or more"
        );
    }
    for path in MEASURES {
        let value = field(status, path).and_then(Value::as_f64);
        ensure!(
            value.is_some_and(|v| v >= 0.0),
            "{path} is {:?}, expected a number of 0 or more",
            field(status, path)
        );
    }
    let version = status.get("version");
    ensure!(
        version.is_some_and(Value::is_string),
        "version is {version:?}, expected a text"
    );
    let stranger = text_beside_version(status, "");
    ensure!(
        stranger.is_none(),
        "{} is a text; the snapshot has numbers only",
        stranger.unwrap_or_default()
    );
    Ok(())
}

fn text_beside_version(value: &Value, path: &str) -> Option<String> {
    match value {
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let path = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            text_beside_version(value, &path)
        }),
        Value::String(_) if path != "version" => Some(path.to_owned()),
        Value::Array(values) => values.iter().find_map(|value| text_beside_version(value, path)),
        _ => None,
    }
}

async fn status_latency(probe: &Probe<'_>) -> Result<(), Stop> {
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let call = probe.client().status_as_it_came().await?;
        times.push(call.reply.elapsed);
        call.done()?;
    }
    times.sort();
    let p99 = times[CALLS * 99 / 100 - 1];
    let figures = format!(
        "{CALLS} calls: p50 {:?}, p99 {p99:?}, longest {:?}",
        times[CALLS / 2],
        times[CALLS - 1]
    );
    probe.note(&*figures);
    if !is_loopback(probe) {
        probe.note("the target is not on loopback, so this is reported and not judged");
        return Ok(());
    }
    ensure!(
        p99 < LIMIT,
        "the status snapshot takes longer than {LIMIT:?} at p99 on loopback; {figures}"
    );
    Ok(())
}

fn is_loopback(probe: &Probe<'_>) -> bool {
    let Some(host) = probe.client().host() else {
        return false;
    };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
