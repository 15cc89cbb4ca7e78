//! Figures over time, and times over all.

use std::fmt;

use perf_guard::trend::TrendVerdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A figure that must not grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SoakFigure {
    /// Resident memory, in MiB.
    Rss,
    /// Open descriptors.
    Fds,
    /// Threads.
    Threads,
    /// Median time of a request, in milliseconds.
    RequestLatency,
    /// Median time from submit to ready of new texts, in milliseconds.
    ReadyLatency,
    /// Segments that wait for a worker.
    QueueLength,
    /// Waits for the merge lock, in milliseconds a second.
    MergeWait,
}

impl SoakFigure {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Rss,
        Self::Fds,
        Self::Threads,
        Self::RequestLatency,
        Self::ReadyLatency,
        Self::QueueLength,
        Self::MergeWait,
    ];

    /// As it stands in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rss => "rss",
            Self::Fds => "fds",
            Self::Threads => "threads",
            Self::RequestLatency => "request_latency",
            Self::ReadyLatency => "ready_latency",
            Self::QueueLength => "queue_length",
            Self::MergeWait => "merge_wait",
        }
    }

    /// In words.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Rss => "resident memory",
            Self::Fds => "open descriptors",
            Self::Threads => "threads",
            Self::RequestLatency => "median time of a request",
            Self::ReadyLatency => "median time from submit to ready",
            Self::QueueLength => "segments waiting for a worker",
            Self::MergeWait => "waits for the merge lock",
        }
    }

    /// Its unit, with a space before it where it has one.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Rss => " MiB",
            Self::Fds | Self::Threads | Self::QueueLength => "",
            Self::RequestLatency | Self::ReadyLatency => " ms",
            Self::MergeWait => " ms/s",
        }
    }
}

impl fmt::Display for SoakFigure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A figure over time, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SoakTrend {
    /// Which.
    pub figure: SoakFigure,
    /// The verdict.
    pub verdict: TrendVerdict,
    /// In words.
    pub why: String,
    /// The slope, in the figure's unit per hour; null where there is none, as the others.
    pub slope_per_hour: Option<f64>,
    /// The lower end of its interval.
    pub low_per_hour: Option<f64>,
    /// The upper end.
    pub high_per_hour: Option<f64>,
    /// The slope of the later half by itself.
    pub later_slope_per_hour: Option<f64>,
    /// What it may grow by.
    pub limit_per_hour: Option<f64>,
    /// The fitted line's value at 0 seconds, in the figure's unit.
    pub value_at_zero: Option<f64>,
    /// Points that the slope was fitted to.
    pub points: u64,
    /// From the first to the last, in seconds.
    pub span_seconds: f64,
    /// Share of times at which the interval holds the true slope.
    pub confidence: f64,
}

impl SoakTrend {
    /// What it grows by and may, in words.
    #[must_use]
    pub fn growth(&self) -> String {
        let unit = self.figure.unit();
        format!(
            "{} ({}) grows by {:.1}{unit} an hour ({:.1} to {:.1}), the limit is {:.1}{unit} an hour",
            self.figure,
            self.figure.in_words(),
            self.slope_per_hour.unwrap_or_default(),
            self.low_per_hour.unwrap_or_default(),
            self.high_per_hour.unwrap_or_default(),
            self.limit_per_hour.unwrap_or_default(),
        )
    }
}

/// Times of one kind, in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SoakHistogram {
    /// What was timed.
    pub name: String,
    /// How often.
    pub count: u64,
    /// The median; likewise the others.
    pub p50_ms: f64,
    /// 90 % take no longer.
    pub p90_ms: f64,
    /// 95 % take no longer.
    pub p95_ms: f64,
    /// 99 % take no longer.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
}
