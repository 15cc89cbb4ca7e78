//! Thresholds: what a run has to hold, written as in `http_req_duration{route:/v1/tts/jobs}: p(95)<900ms` or `checks > 99 %`.
//!
//! A threshold on what never occurred fails: a route that nobody asked for has not shown that it is fast.

mod evaluate;
mod parse;

use std::{fmt, time::Duration};

pub use evaluate::{Held, Judgement};
pub use parse::ThresholdError;

/// Which of all records a threshold is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// All requests.
    All,
    /// `{route:/v1/tts/jobs}`: steps of this route.
    Route(String),
    /// `{step:submit}`: one step.
    Step(String),
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregate {
    /// `p(95)`: a percentile, 0 to 100.
    Percentile(f64),
    /// `avg`
    Mean,
    /// `min`
    Min,
    /// `max`
    Max,
}

/// The metric of a threshold.
#[derive(Debug, Clone, PartialEq)]
pub enum Metric {
    /// `http_req_duration`: response times from when requests were due, of all but failed ones.
    Duration(Aggregate),
    /// `http_req_service`: likewise from when they were sent.
    Service(Aggregate),
    /// `http_req_first_byte`
    FirstByte(Aggregate),
    /// `connect`
    Connect(Aggregate),
    /// `trend{NAME}`, such as `trend{submit_to_ready}`: a time of the journey's own.
    Trend(String, Aggregate),
    /// `checks`, or `checks{NAME}`: the share of checks that held.
    Checks(Option<String>),
    /// `failed`: the share of requests with an outcome that [failed](crate::record::Outcome::failed).
    Failed,
    /// `rate_limited`: the share of requests with a 429.
    RateLimited,
    /// `dropped`: the share of due journeys that were never begun.
    Dropped,
    /// `http_reqs`: requests per second.
    Rate,
}

/// How the value has to lie to the bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

/// One threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// As it was written.
    pub text: String,
    /// What is measured.
    pub metric: Metric,
    /// Of which requests.
    pub selector: Selector,
    /// How it has to lie.
    pub comparison: Comparison,
    /// To what: seconds, a share from 0 to 1, or requests per second, as the metric has it.
    pub bound: f64,
}

impl Comparison {
    /// Whether the value lies so.
    #[must_use]
    pub fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Below => value < bound,
            Self::AtMost => value <= bound,
            Self::Above => value > bound,
            Self::AtLeast => value >= bound,
        }
    }
}

impl Metric {
    /// A value of it for people.
    #[must_use]
    pub fn show(&self, value: f64) -> String {
        match self {
            Self::Duration(_)
            | Self::Service(_)
            | Self::FirstByte(_)
            | Self::Connect(_)
            | Self::Trend(..) => {
                format!(
                    "{:.1}ms",
                    Duration::from_secs_f64(value.max(0.0)).as_secs_f64() * 1e3
                )
            }
            Self::Checks(_) | Self::Failed | Self::RateLimited | Self::Dropped => {
                format!("{:.3} %", value * 100.0)
            }
            Self::Rate => format!("{value:.1}/s"),
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
