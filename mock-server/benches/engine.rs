//! What the embedded engine's operations cost as the number of stored jobs grows.
//!
//! `cargo bench -p mock-server --bench engine` prints a table of the median time of each operation with 1,000, 10,000
//! and 100,000 jobs stored, and its ratio to the smallest. Half of the stored jobs have ended, half wait in the queue.
//! The ratio is what travels between machines: O(log n) leaves it near 1, a scan makes it 100.

#![expect(
    clippy::print_stdout,
    reason = "a table for people is what this program is for"
)]

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use audio_api::{JobId, JobStatus, Mode, ModelId};
use mock_server::engine::{
    Admission, CacheUse, CancelReason, EmbeddedEngine, Engine, EngineConfig, JobSpec, Lease, ListQuery,
    NewJob, SegmentResult, StageTimes, WorkerId,
};

const STORED: [usize; 3] = [1_000, 10_000, 100_000];
const SEGMENTS: usize = 4;
/// Jobs that come and go in one round.
const BATCH: usize = 50;
const ROUNDS: usize = 41;
const OPERATIONS: [&str; 8] = [
    "submit",
    "lease",
    "complete",
    "extend",
    "cancel",
    "delete",
    "snapshot",
    "list a page of 50",
];

/// Times of each operation, in nanoseconds, one a round.
type Times = BTreeMap<&'static str, Vec<f64>>;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let medians = STORED.map(|stored| runtime.block_on(measure(stored)));
    print_table(&medians);
}

async fn measure(stored: usize) -> BTreeMap<&'static str, f64> {
    let mut bench = Bench::new(stored).await;
    let mut times = Times::new();
    for _ in 0..ROUNDS {
        bench.round(&mut times).await;
    }
    times
        .into_iter()
        .map(|(operation, mut rounds)| {
            rounds.sort_by(f64::total_cmp);
            (operation, rounds[rounds.len() / 2])
        })
        .collect()
}

struct Bench {
    engine: EmbeddedEngine,
    spec: Arc<JobSpec>,
    worker: WorkerId,
}

impl Bench {
    /// An engine with `stored` jobs, the older half of them ended.
    async fn new(stored: usize) -> Self {
        let config = EngineConfig {
            retain_jobs: usize::MAX,
            retain_bytes: u64::MAX,
            ..EngineConfig::default()
        };
        let spec = JobSpec {
            text: "One. Two. Three. Four.".to_owned(),
            text_digest: [0; 32],
            mode: Mode::Segments,
            model_id: ModelId::Default,
            voice_id: "anna".to_owned(),
            prefer_phonemes: false,
            reading_profile: None,
            cache: CacheUse::Allowed,
        };
        let bench = Self {
            engine: EmbeddedEngine::new(config),
            spec: Arc::new(spec),
            worker: WorkerId(Arc::from("w")),
        };
        for _ in 0..stored {
            bench.submit().await;
        }
        for _ in 0..stored / 2 * SEGMENTS {
            let lease = bench.lease().await;
            bench.complete(&lease).await;
        }
        bench
    }

    /// A batch of jobs comes, half a batch is worked off and half is canceled, and as many go: what is stored stays.
    async fn round(&mut self, times: &mut Times) {
        let mut clock = Stopwatch::new(times);
        let mut newest = Vec::new();
        for _ in 0..BATCH {
            newest.push(self.submit().await);
        }
        clock.lap("submit", BATCH);
        let mut leases = Vec::new();
        for _ in 0..BATCH / 2 * SEGMENTS {
            leases.push(self.lease().await);
        }
        clock.lap("lease", leases.len());
        for lease in &leases {
            let extended = self.engine.extend(lease.token, Duration::from_secs(60)).await;
            extended.expect("the lease is held");
        }
        clock.lap("extend", leases.len());
        for lease in &leases {
            self.complete(lease).await;
        }
        clock.lap("complete", leases.len());
        for _ in 0..BATCH {
            self.engine.snapshot().await.expect("reachable");
        }
        clock.lap("snapshot", BATCH);
        self.list_complete().await;
        clock.lap("list a page of 50", 1);
        for job in &newest[..BATCH / 2] {
            let canceled = self.engine.cancel(job, CancelReason::Requested).await;
            canceled.expect("reachable");
        }
        clock.lap("cancel", BATCH / 2);
        let gone: Vec<JobId> = newest[..BATCH / 2]
            .iter()
            .chain(leases.iter().step_by(SEGMENTS).map(|lease| &lease.job_id))
            .cloned()
            .collect();
        clock.restart();
        for job in &gone {
            assert!(self.engine.delete(job).await.expect("reachable"));
        }
        clock.lap("delete", gone.len());
    }

    async fn submit(&self) -> JobId {
        let text: Arc<str> = Arc::from("One.");
        let job = NewJob {
            spec: Arc::clone(&self.spec),
            segments: vec![text; SEGMENTS],
            idempotency: None,
        };
        let open = Admission {
            max_active_jobs: u64::MAX,
            min_workers: 0,
        };
        let submitted = self.engine.submit(job, open).await.expect("accepted");
        submitted.job.manifest.job_id
    }

    async fn lease(&self) -> Lease {
        let ttl = Duration::from_secs(60);
        let lease = self.engine.lease(&self.worker, ttl, Duration::ZERO).await;
        lease.expect("reachable").expect("half of the jobs wait")
    }

    async fn complete(&self, lease: &Lease) {
        let result = SegmentResult {
            cache_key: String::new(),
            size_bytes: 1,
            duration: Duration::from_secs(1),
            cached: false,
            times: StageTimes::default(),
        };
        self.engine
            .complete(lease.token, result)
            .await
            .expect("the lease is held");
    }

    async fn list_complete(&self) {
        let query = ListQuery {
            status: Some(JobStatus::Complete),
            limit: 50,
            cursor: None,
        };
        self.engine.list(&query).await.expect("a legal query");
    }
}

struct Stopwatch<'a> {
    times: &'a mut Times,
    started: Instant,
}

impl<'a> Stopwatch<'a> {
    fn new(times: &'a mut Times) -> Self {
        let started = Instant::now();
        Self { times, started }
    }

    fn restart(&mut self) {
        self.started = Instant::now();
    }

    /// Notes the time of one of `count` operations since the last lap.
    fn lap(&mut self, operation: &'static str, count: usize) {
        let nanos = self.started.elapsed().as_nanos() as f64 / count as f64;
        self.times.entry(operation).or_default().push(nanos);
        self.restart();
    }
}

fn print_table(medians: &[BTreeMap<&'static str, f64>; STORED.len()]) {
    println!(
        "{:<20} {:>14} {:>14} {:>14}   ratios to {}",
        "stored jobs", STORED[0], STORED[1], STORED[2], STORED[0]
    );
    for operation in OPERATIONS {
        let [small, medium, large] = medians.each_ref().map(|median| median[operation]);
        println!(
            "{operation:<20} {small:>11.0} ns {medium:>11.0} ns {large:>11.0} ns   {:.2} {:.2}",
            medium / small,
            large / small
        );
    }
}
