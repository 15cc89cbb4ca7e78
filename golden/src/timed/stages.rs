//! Where a job's time went, under the names of the stages at which a fault can strike.

use std::time::Duration;

use audio_api::{Manifest, SegmentManifest, StatusSnapshot};
use perf_guard::{CounterDeltas, StageTimes, median, stage};

/// What a client sees of a job's time.
#[derive(Debug, Clone, Default)]
pub(super) struct ClientSide {
    /// The submit.
    pub(super) submit: Duration,
    /// Each look at the job.
    pub(super) polls: Vec<Duration>,
}

/// The stages of a whole job: a typical segment's, and what the client saw.
pub(super) fn of_job(client: &ClientSide, manifest: &Manifest) -> StageTimes {
    let mut times = of_client(client);
    let all = |time: fn(&SegmentManifest) -> Option<f64>| {
        median(&manifest.segments.iter().filter_map(time).collect::<Vec<_>>())
    };
    put_segment(&mut times, all);
    times
}

/// The stages of the first segment to be ready, which is the one that was asked for.
pub(super) fn of_first(client: &ClientSide, segment: Option<&SegmentManifest>) -> StageTimes {
    let mut times = of_client(client);
    put_segment(&mut times, |time| segment.and_then(time));
    times
}

/// One stage alone.
pub(super) fn only(name: &str, time: Duration) -> StageTimes {
    let mut times = StageTimes::new();
    put(&mut times, name, Some(time.as_secs_f64() * 1e3));
    times
}

fn of_client(client: &ClientSide) -> StageTimes {
    let mut times = only(stage::SUBMIT, client.submit);
    let polls: Vec<f64> = client.polls.iter().map(|poll| poll.as_secs_f64() * 1e3).collect();
    put(&mut times, stage::POLL, median(&polls));
    times
}

fn put_segment(times: &mut StageTimes, of: impl Fn(fn(&SegmentManifest) -> Option<f64>) -> Option<f64>) {
    put(times, stage::QUEUE_WAIT, of(|segment| segment.queue_wait_ms));
    put(times, stage::SYNTH, of(|segment| segment.synth_ms));
    put(times, stage::ENCODE, of(|segment| segment.encode_ms));
    put(times, stage::STORE, of(|segment| segment.store_ms));
}

/// A time that a server gives wrongly (negative, not a number) explains nothing and is left out.
fn put(times: &mut StageTimes, name: &str, ms: Option<f64>) {
    if let Some(ms) = ms {
        let _ = times.insert(name, ms);
    }
}

/// How the counters changed between two snapshots.
pub(super) fn deltas(before: Option<&StatusSnapshot>, after: Option<&StatusSnapshot>) -> CounterDeltas {
    let (Some(before), Some(after)) = (before, after) else {
        return CounterDeltas::default();
    };
    let change = |of: fn(&StatusSnapshot) -> u64| {
        let (before, after) = (i64::try_from(of(before)).ok()?, i64::try_from(of(after)).ok()?);
        Some(after - before)
    };
    CounterDeltas {
        queue: change(|status| status.queue_len),
        retries: change(|status| status.retry_counts.segment_retries),
        fallback: change(|status| status.fallback_model_usage),
        merge_waits: change(|status| status.merge_lock_contention.wait_count),
    }
}

/// The counters of two repeats together.
pub(crate) fn sum(a: CounterDeltas, b: CounterDeltas) -> CounterDeltas {
    let add = |a: Option<i64>, b: Option<i64>| Some(a? + b?);
    CounterDeltas {
        queue: add(a.queue, b.queue),
        retries: add(a.retries, b.retries),
        fallback: add(a.fallback, b.fallback),
        merge_waits: add(a.merge_waits, b.merge_waits),
    }
}
