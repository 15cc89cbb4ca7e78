//! The figures of runs, and of all of them together.

use std::{collections::BTreeMap, time::Duration};

use load_engine::record::{Latency, Outcome, Record};
use perf_guard::median;

/// The step that waits for a job: how often it looks says how slow the target is, so it counts neither as a request served nor
/// with its time.
const POLL: &str = "poll";

/// What one run measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RunFigures {
    pub(super) p95_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) rps: f64,
    /// Requests that failed, connections that could not be had, checks that did not hold.
    pub(super) errors: u64,
    /// Requests that were answered with 429.
    pub(super) backpressure: u64,
    /// Resident memory of the server after it, where the target tells it. In 10^6 bytes.
    pub(super) mem_mb: Option<f64>,
}

impl RunFigures {
    /// Of what a run recorded; `None` when it made no request that counts.
    pub(super) fn of(record: &Record, lasted: Duration, resident_bytes: Option<f64>) -> Option<Self> {
        let mut response = Latency::default();
        let counted = record.steps().filter(|(step, _)| step.name != POLL);
        for (_, timings) in counted.flat_map(|(_, step)| step.occurred()) {
            response.add(&timings.response);
        }
        let ms = |quantile| Some(response.quantile(quantile)?.as_secs_f64() * 1e3);
        let failed: u64 = Outcome::ALL
            .into_iter()
            .filter(|outcome| outcome.failed())
            .map(|outcome| record.count(outcome))
            .sum();
        let checks: u64 = record.checks().map(|(_, count)| count.failed).sum();
        let seconds = lasted.as_secs_f64();
        Some(Self {
            p95_ms: ms(0.95)?,
            p99_ms: ms(0.99)?,
            rps: (seconds > 0.0).then(|| response.count() as f64 / seconds)?,
            errors: failed + checks + record.connect_failures,
            backpressure: record.count(Outcome::RateLimited),
            mem_mb: resident_bytes.map(|bytes| bytes / 1e6),
        })
    }
}

/// The metrics of a frozen file: of latency, throughput and memory the median of the runs, of errors and back-pressure the sum. A
/// median of percentiles is no percentile of all: it is what a usual run shows, and one disturbed run does not move it. Memory
/// that a run does not tell is left out, so that a rule about it refuses the file.
pub(super) fn metrics(runs: &[RunFigures]) -> BTreeMap<String, f64> {
    let mut metrics = BTreeMap::new();
    let usual = |of: &dyn Fn(&RunFigures) -> Option<f64>| -> Option<f64> {
        let values: Option<Vec<f64>> = runs.iter().map(of).collect();
        median(&values?)
    };
    let mut enter = |name: &str, value: Option<f64>| {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            // Finer digits are noise.
            metrics.insert(name.to_owned(), (value * 1e3).round() / 1e3);
        }
    };
    enter("latency_p95_ms", usual(&|run| Some(run.p95_ms)));
    enter("latency_p99_ms", usual(&|run| Some(run.p99_ms)));
    enter("rps", usual(&|run| Some(run.rps)));
    enter("mem_mb_total", usual(&|run| run.mem_mb));
    if !runs.is_empty() {
        enter(
            "errors_total",
            Some(runs.iter().map(|run| run.errors).sum::<u64>() as f64),
        );
        let backpressure = runs.iter().map(|run| run.backpressure).sum::<u64>();
        enter("backpressure_active_total", Some(backpressure as f64));
    }
    metrics
}

impl std::fmt::Display for RunFigures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "p95 {:.3} ms, p99 {:.3} ms, {:.1} rps, {} errors, {} times 429, ",
            self.p95_ms, self.p99_ms, self.rps, self.errors, self.backpressure
        )?;
        match self.mem_mb {
            Some(mem_mb) => write!(f, "{mem_mb:.1} MB"),
            None => write!(f, "memory not told"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use load_engine::{Catalogue, record::Exchange};

    use super::*;

    fn record(requests: &[(&str, Outcome, u64)]) -> Record {
        let mut catalogue = Catalogue::default();
        let steps: Vec<_> = requests
            .iter()
            .map(|(name, ..)| catalogue.step(name, "/"))
            .collect();
        let mut record = Record::new(Arc::new(catalogue));
        for (step, (_, outcome, ms)) in steps.into_iter().zip(requests) {
            let exchange = Exchange {
                outcome: *outcome,
                response: Duration::from_millis(*ms),
                service: Duration::from_millis(*ms),
                first_byte: None,
                bytes: 0,
            };
            record.exchange(step, &exchange);
        }
        record
    }

    #[test]
    fn requests_count_and_looks_at_a_job_do_not() {
        let record = record(&[
            ("submit", Outcome::Ok, 100),
            ("poll", Outcome::Ok, 9000),
            ("submit", Outcome::RateLimited, 1),
            ("merged", Outcome::ServerError, 2),
            ("poll", Outcome::TimedOut, 2),
        ]);
        let figures = RunFigures::of(&record, Duration::from_secs(2), Some(5e6)).unwrap();
        assert!((figures.p99_ms - 100.0).abs() < 0.2, "{figures:?}");
        assert!((figures.rps - 1.5).abs() < 1e-9, "{figures:?}");
        assert_eq!(
            (figures.errors, figures.backpressure, figures.mem_mb),
            (2, 1, Some(5.0))
        );
    }

    #[test]
    fn nothing_has_no_figures() {
        assert_eq!(RunFigures::of(&record(&[]), Duration::from_secs(1), None), None);
        assert_eq!(
            RunFigures::of(&record(&[("poll", Outcome::Ok, 1)]), Duration::from_secs(1), None),
            None
        );
        assert!(metrics(&[]).is_empty());
    }

    #[test]
    fn of_runs_the_median_counts_and_errors_add_up() {
        let run = |p95_ms, errors, mem_mb| RunFigures {
            p95_ms,
            p99_ms: 2.0 * p95_ms,
            rps: 100.0,
            errors,
            backpressure: 1,
            mem_mb,
        };
        let three = [
            run(10.0, 0, Some(50.0)),
            run(900.0, 2, Some(52.0)),
            run(11.0, 1, Some(51.0)),
        ];
        let found = metrics(&three);
        let expected = [
            ("backpressure_active_total", 3.0),
            ("errors_total", 3.0),
            ("latency_p95_ms", 11.0),
            ("latency_p99_ms", 22.0),
            ("mem_mb_total", 51.0),
            ("rps", 100.0),
        ];
        let found: Vec<_> = found
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
            .collect();
        assert_eq!(found, expected);
        let silent = metrics(&[run(10.0, 0, Some(50.0)), run(10.0, 0, None)]);
        assert!(
            !silent.contains_key("mem_mb_total"),
            "what is not told is not made up"
        );
    }
}
