//! What the tests of the contract share: jobs to submit, results to store, and the steps of a worker.

use std::{sync::Arc, time::Duration};

use audio_api::{JobId, Mode, ModelId, SegmentManifest, SegmentStatus, StatusSnapshot};
use mock_server::engine::{
    Admission, CacheUse, Engine, EngineConfig, Failure, FailureOutcome, Fallback, Idempotency, JobRecord,
    JobSpec, Lease, NewJob, RetryPolicy, SegmentResult, SharedEngine, StageTimes, Submitted, WorkerId,
};

/// What makes the engine under test.
pub(crate) trait Factory: AsyncFn(EngineConfig) -> SharedEngine {}
impl<F: AsyncFn(EngineConfig) -> SharedEngine> Factory for F {}

/// A lease that no test outlives.
pub(crate) const LONG: Duration = Duration::from_secs(30);
/// A wait that ends long before, unless the engine is wrong.
pub(crate) const PATIENT: Duration = Duration::from_secs(10);
/// Not even a moment.
pub(crate) const NO_WAIT: Duration = Duration::ZERO;

/// No limit that a test could meet by accident.
pub(crate) const OPEN: Admission = Admission {
    max_active_jobs: u64::MAX,
    min_workers: 0,
};

/// Short backoffs, everything else as it stands by default.
pub(crate) fn quick() -> EngineConfig {
    EngineConfig {
        retry: retries(2, Fallback::OtherModel),
        ..EngineConfig::default()
    }
}

/// As [`quick`], with this many retries and this fallback.
pub(crate) fn quick_with(max_retries: u32, fallback: Fallback) -> EngineConfig {
    EngineConfig {
        retry: retries(max_retries, fallback),
        ..EngineConfig::default()
    }
}

fn retries(max_retries: u32, fallback: Fallback) -> RetryPolicy {
    RetryPolicy {
        max_retries,
        backoff: Duration::from_millis(4),
        max_backoff: Duration::from_millis(20),
        fallback,
    }
}

/// What a job of `text` asks for.
pub(crate) fn spec(text: &str) -> Arc<JobSpec> {
    let mut text_digest = [0; 32];
    for (place, byte) in text.bytes().enumerate() {
        text_digest[place % 32] ^= byte.rotate_left(u32::try_from(place / 32 % 8).expect("small"));
    }
    Arc::new(JobSpec {
        text: text.to_owned(),
        text_digest,
        mode: Mode::Segments,
        model_id: ModelId::Default,
        voice_id: "anna".to_owned(),
        prefer_phonemes: false,
        reading_profile: None,
        cache: CacheUse::Allowed,
    })
}

/// A job of so many segments.
pub(crate) fn job_of(segments: usize) -> NewJob {
    let texts: Vec<String> = (0..segments).map(|n| format!("Sentence {n}.")).collect();
    NewJob {
        spec: spec(&texts.join(" ")),
        segments: texts.iter().map(|text| Arc::from(text.as_str())).collect(),
        idempotency: None,
    }
}

/// A job of one segment under an idempotency key; `body` stands for the digest of its body.
pub(crate) fn keyed_job(key: &str, body: u8) -> NewJob {
    NewJob {
        idempotency: Some(Idempotency {
            key: key.to_owned(),
            body_digest: [body; 32],
        }),
        ..job_of(1)
    }
}

pub(crate) fn worker(name: &str) -> WorkerId {
    WorkerId(Arc::from(name))
}

/// What an attempt made.
pub(crate) fn result_for(index: u32) -> SegmentResult {
    SegmentResult {
        cache_key: format!("key-{index}"),
        size_bytes: 1_000 + u64::from(index),
        duration: Duration::from_micros(1_234_567),
        cached: false,
        times: StageTimes {
            queue_wait: Duration::from_micros(1_500),
            synth: Duration::from_nanos(2_000_400),
            encode: Duration::from_micros(300),
            store: Duration::from_micros(40),
        },
    }
}

/// The steps of tests, over any engine.
pub(crate) trait Steps {
    async fn submit_ok(&self, job: NewJob) -> Submitted;
    async fn submitted(&self, segments: usize) -> JobId;
    async fn lease_now(&self) -> Option<Lease>;
    async fn lease_soon(&self) -> Lease;
    async fn complete_ok(&self, lease: &Lease);
    async fn fail_ok(&self, lease: &Lease) -> FailureOutcome;
    async fn work_off(&self) -> usize;
    async fn record(&self, job: &JobId) -> JobRecord;
    async fn only_segment(&self, job: &JobId) -> SegmentManifest;
    async fn figures(&self) -> StatusSnapshot;
}

impl Steps for dyn Engine {
    /// Submits what must be accepted.
    async fn submit_ok(&self, job: NewJob) -> Submitted {
        self.submit(job, OPEN).await.expect("accepted")
    }

    /// Submits a job of so many segments.
    async fn submitted(&self, segments: usize) -> JobId {
        self.submit_ok(job_of(segments)).await.job.manifest.job_id
    }

    /// Leases what is due now.
    async fn lease_now(&self) -> Option<Lease> {
        self.lease(&worker("w"), LONG, NO_WAIT).await.expect("reachable")
    }

    /// Leases what is due now or soon.
    async fn lease_soon(&self) -> Lease {
        let lease = self.lease(&worker("w"), LONG, PATIENT).await.expect("reachable");
        lease.expect("a segment comes due")
    }

    async fn complete_ok(&self, lease: &Lease) {
        let result = result_for(lease.segment_index);
        self.complete(lease.token, result)
            .await
            .expect("the lease is held");
    }

    async fn fail_ok(&self, lease: &Lease) -> FailureOutcome {
        self.fail(lease.token, Failure::Synthesis)
            .await
            .expect("the lease is held")
    }

    /// Completes all that is due now; how many segments that were.
    async fn work_off(&self) -> usize {
        let mut done = 0;
        while let Some(lease) = self.lease_now().await {
            self.complete_ok(&lease).await;
            done += 1;
        }
        done
    }

    async fn record(&self, job: &JobId) -> JobRecord {
        self.job(job).await.expect("reachable").expect("the job is known")
    }

    async fn only_segment(&self, job: &JobId) -> SegmentManifest {
        let mut segments = self.record(job).await.manifest.segments;
        assert_eq!(segments.len(), 1);
        segments.remove(0)
    }

    async fn figures(&self) -> StatusSnapshot {
        self.snapshot().await.expect("reachable")
    }
}

/// How many segments of a job are in a state.
pub(crate) fn count(record: &JobRecord, status: SegmentStatus) -> usize {
    let segments = &record.manifest.segments;
    segments.iter().filter(|segment| segment.status == status).count()
}
