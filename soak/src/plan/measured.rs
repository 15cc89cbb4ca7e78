//! What a stored `soak load` says about capacity.

use std::{collections::BTreeMap, fs, io, path::Path};

use perf_guard::capacity::LoadPoint;
use serde::Deserialize;

const VERSION: u32 = 1;
/// The time of a job from submit to ready, by its name in results.
const JOB_TIME: &str = "submit_to_ready";
/// What looking at intervals adds to it.
const POLL_OVERHEAD: &str = "poll_overhead";

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measured {
    /// Mean time of a job from submit to ready, in seconds, without what looking at intervals added to it; nothing when none was
    /// submitted.
    pub(super) job_s: Option<f64>,
    /// Latency against load.
    pub(super) curve: Vec<LoadPoint>,
    /// What the load of the curve is.
    pub(super) load: &'static str,
}

/// Why a file says nothing about capacity. Exit code 4.
#[derive(Debug, thiserror::Error)]
pub(super) enum MeasuredError {
    #[error("read")]
    Read(#[source] io::Error),
    #[error("it is no result of `soak load`")]
    Json(#[source] serde_json::Error),
    #[error("schema_version is {0}; legal is {VERSION}")]
    Version(u32),
    #[error("its run ended with exit code {0}: its figures are no measurement")]
    Invalid(u32),
}

/// Of a result, what is needed here; the rest is let be.
#[derive(Debug, Deserialize)]
struct Stored {
    schema_version: u32,
    exit_code: u32,
    plan: Plan,
    trends: Vec<Trend>,
    timeline: Timeline,
}

#[derive(Debug, Deserialize)]
struct Plan {
    model: String,
}

#[derive(Debug, Deserialize)]
struct Trend {
    trend: String,
    times: Option<Times>,
}

#[derive(Debug, Deserialize)]
struct Times {
    mean_ms: f64,
}

#[derive(Debug, Deserialize)]
struct Timeline {
    load: Vec<Point>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Point {
    lasts_s: f64,
    users: u64,
    requests: u64,
    p95_ms: Option<f64>,
}

impl Measured {
    /// Reads a file.
    pub(super) fn read(path: &Path) -> Result<Self, MeasuredError> {
        Self::parse(&fs::read_to_string(path).map_err(MeasuredError::Read)?)
    }

    fn parse(text: &str) -> Result<Self, MeasuredError> {
        // Of another version nothing else can be expected to fit.
        let document: serde_json::Value = serde_json::from_str(text).map_err(MeasuredError::Json)?;
        let version = document.get("schema_version").and_then(serde_json::Value::as_u64);
        if let Some(version) = version.filter(|version| *version != u64::from(VERSION)) {
            return Err(MeasuredError::Version(u32::try_from(version).unwrap_or(u32::MAX)));
        }
        let result: Stored = serde_json::from_value(document).map_err(MeasuredError::Json)?;
        if result.schema_version != VERSION {
            return Err(MeasuredError::Version(result.schema_version));
        }
        // A profile that missed a threshold measured it all the same.
        if !matches!(result.exit_code, 0 | 1) {
            return Err(MeasuredError::Invalid(result.exit_code));
        }
        let mean_ms = |name: &str| {
            let trend = result.trends.iter().find(|trend| trend.trend == name);
            trend
                .and_then(|trend| trend.times.as_ref())
                .map(|times| times.mean_ms)
        };
        let job_ms = mean_ms(JOB_TIME).map(|job| {
            let looking = mean_ms(POLL_OVERHEAD).unwrap_or(0.0);
            // Both are of the same jobs; of another server's clock too much may have been taken for looking.
            if looking < job { job - looking } else { job }
        });
        let (curve, load) = curve(&result.plan.model, &result.timeline.load);
        Ok(Self {
            job_s: job_ms.map(|ms| ms / 1e3),
            curve,
            load,
        })
    }
}

/// Users of a closed load are set, their requests follow; arrivals of an open one are set. Points of one load are put together by the
/// median of their 95th percentiles; of rates, which hardly repeat, as many as make a twentieth of the highest.
fn curve(model: &str, points: &[Point]) -> (Vec<LoadPoint>, &'static str) {
    let told = points
        .iter()
        .filter_map(|point| Some((point, point.p95_ms?)))
        .filter(|(point, _)| point.lasts_s > 0.0);
    if model == "closed" {
        let of = |(point, latency_ms): (&Point, f64)| LoadPoint {
            load: point.users as f64,
            latency_ms,
        };
        return (told.map(of).collect(), "users");
    }
    let rates: Vec<(f64, f64)> = told
        .map(|(point, ms)| (point.requests as f64 / point.lasts_s, ms))
        .collect();
    let step = rates.iter().map(|(rate, _)| *rate).fold(0.0, f64::max) / 20.0;
    let mut bins: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (rate, ms) in rates {
        let bin = if step > 0.0 {
            (rate / step).round() as u64
        } else {
            0
        };
        bins.entry(bin).or_default().push(ms);
    }
    let of = |(bin, latencies): (u64, Vec<f64>)| {
        let latency_ms = perf_guard::median(&latencies)?;
        Some(LoadPoint {
            load: bin as f64 * step,
            latency_ms,
        })
    };
    (bins.into_iter().filter_map(of).collect(), "requests a second")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn result(model: &str, exit_code: u32) -> serde_json::Value {
        let point = |users: u32, p95: Option<f64>| json!({"lasts_s": 1.0, "users": users, "requests": users * 10, "p95_ms": p95, "failed": 0});
        json!({
            "schema_version": 1, "exit_code": exit_code, "plan": {"model": model}, "profile": "assistant",
            "trends": [{"trend": "submit_to_ready", "times": {"mean_ms": 1_500.0, "p50_ms": 1.0}},
                       {"trend": "poll_overhead", "times": null}],
            "timeline": {"load": [point(1, Some(10.0)), point(2, Some(11.0)), point(3, None)], "server": []}
        })
    }

    #[test]
    fn a_load_says_how_long_jobs_take_and_how_latency_rises() {
        let closed = Measured::parse(&result("closed", 1).to_string()).unwrap();
        assert_eq!((closed.job_s, closed.load), (Some(1.5), "users"));
        let mut looking = result("closed", 0);
        looking["trends"][1]["times"] = json!({"mean_ms": 300.0});
        assert_eq!(Measured::parse(&looking.to_string()).unwrap().job_s, Some(1.2));
        looking["trends"][1]["times"]["mean_ms"] = json!(1_600.0);
        assert_eq!(Measured::parse(&looking.to_string()).unwrap().job_s, Some(1.5));
        let loads: Vec<_> = closed
            .curve
            .iter()
            .map(|point| (point.load, point.latency_ms))
            .collect();
        assert_eq!(
            loads,
            [(1.0, 10.0), (2.0, 11.0)],
            "a span without requests is no point"
        );
        let open = Measured::parse(&result("open", 0).to_string()).unwrap();
        let loads: Vec<_> = open.curve.iter().map(|point| point.load.round()).collect();
        assert_eq!((open.load, loads), ("requests a second", vec![10.0, 20.0]));
    }

    #[test]
    fn what_is_no_measurement_is_refused() {
        let says = |text: &str| Measured::parse(text).unwrap_err().to_string();
        assert!(says(&result("closed", 3).to_string()).contains("exit code 3"));
        let mut later = result("closed", 0);
        later["schema_version"] = json!(2);
        assert_eq!(says(&later.to_string()), "schema_version is 2; legal is 1");
        assert!(says("{}").contains("no result"));
        assert!(says("{").contains("no result"));
    }
}
