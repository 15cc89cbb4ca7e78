//! Counters and histograms that the process keeps as it runs.

use std::{borrow::Cow, time::Duration};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

/// Upper bounds in seconds, from a memory answer to a stuck job.
const SECONDS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0,
];

/// What a request's latency is told apart by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The method; `other` for one that no route knows.
    pub method: &'static str,
    /// The route's template; `none` where no route matched.
    pub route: Cow<'static, str>,
    /// The status.
    pub status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StageLabels {
    stage: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LookupLabels {
    result: &'static str,
}

/// What the process keeps as it runs.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Histogram, fn() -> Histogram>,
    stages: Family<StageLabels, Histogram, fn() -> Histogram>,
    lookups: Family<LookupLabels, Counter>,
    /// Requests that are being answered.
    pub requests_in_flight: Gauge,
    /// Open connections.
    pub connections: Gauge,
    /// Workers that died and were replaced.
    pub worker_restarts: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(SECONDS);
        let mut this = Self {
            registry: Registry::with_prefix("touchstone"),
            requests: Family::new_with_constructor(histogram),
            stages: Family::new_with_constructor(histogram),
            lookups: Family::default(),
            requests_in_flight: Gauge::default(),
            connections: Gauge::default(),
            worker_restarts: Counter::default(),
        };
        this.register();
        this
    }
}

impl Metrics {
    fn register(&mut self) {
        let all = &mut self.registry;
        all.register_with_unit(
            "http_request_duration",
            "Time from a request's head to its answer's head, by route template",
            Unit::Seconds,
            self.requests.clone(),
        );
        all.register_with_unit(
            "stage_duration",
            "Time of one segment or merge in a stage of the pipeline",
            Unit::Seconds,
            self.stages.clone(),
        );
        all.register(
            "cache_lookups",
            "Lookups of a segment in the cache",
            self.lookups.clone(),
        );
        all.register(
            "http_requests_in_flight",
            "Requests being answered",
            self.requests_in_flight.clone(),
        );
        all.register("http_connections", "Open connections", self.connections.clone());
        all.register(
            "worker_restarts",
            "Workers that died and were replaced",
            self.worker_restarts.clone(),
        );
    }

    /// Notes how long a request took to its answer's head.
    pub fn observe_request(&self, labels: &RequestLabels, time: Duration) {
        self.requests.get_or_create(labels).observe(time.as_secs_f64());
    }

    /// Notes how long a stage took.
    pub fn observe_stage(&self, stage: &'static str, time: Duration) {
        self.stages
            .get_or_create(&StageLabels { stage })
            .observe(time.as_secs_f64());
    }

    /// Notes whether a lookup found its segment.
    pub fn count_lookup(&self, hit: bool) {
        let result = if hit { "hit" } else { "miss" };
        self.lookups.get_or_create(&LookupLabels { result }).inc();
    }

    pub(super) const fn registry(&self) -> &Registry {
        &self.registry
    }
}
