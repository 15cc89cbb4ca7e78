//! One run of one timed test in one cache state on one target: the raw material of medians, comparisons and proofs.

use std::time::{Duration, Instant};

use perf_guard::{CacheState, comparison::Origin};
use run_report::{Metric, TestResult};

use super::{Run, TimedTest, job_run};
use crate::{
    cases::Nonce,
    suite::{Context, Probe, Stop},
};

/// What came of a run, and how long all of it took.
#[derive(Debug)]
pub struct Timed {
    /// Wall time with everything around the timed parts.
    pub took: Duration,
    /// The run, or why there is none.
    pub ended: Result<Run, FailedRun>,
}

/// A run that came to nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedRun {
    /// Why.
    pub stop: Stop,
    /// What was seen: requests, answers, values, one line each.
    pub evidence: Vec<String>,
}

/// Makes one run. Runs of one nonce submit one text: the first is cold, those after it on the same target are warm. A
/// test in the warm state alone has its cache filled by an untimed run first. Nothing is retried.
pub async fn run_once(ctx: &Context, test: &TimedTest, nonce: &Nonce) -> Timed {
    let begun = Instant::now();
    let probe = Probe::new(ctx);
    let ended = async {
        let case = probe.case_or_fail(&test.case)?;
        let request = case.request(nonce, ctx.model.as_deref());
        if test.needs_filling() {
            probe.complete(&request).await?;
        }
        job_run::run(&probe, test, &request).await
    }
    .await;
    let took = begun.elapsed();
    if let Err(Stop::Failed(_)) = &ended {
        probe.note_status().await;
    }
    Timed {
        took,
        ended: ended.map_err(|stop| FailedRun {
            stop,
            evidence: probe.complete_result(TestResult::passed("", None)).evidence,
        }),
    }
}

impl Run {
    /// How a time of this run counts in a comparison, by the tags of the manifest and never by the time itself.
    ///
    /// A cold run that found anything in the cache did not do the work that it should have timed: fast-ready. A warm
    /// run is about the cache: whether all of it came from there is told with its main metric, and all its times count.
    #[must_use]
    pub fn origin(&self, metric: Metric, cache: CacheState) -> Origin {
        let share = self.cached_share.unwrap_or(0.0);
        match cache {
            CacheState::Cold if share > 0.0 => Origin::FastReady,
            CacheState::Warm if share >= 1.0 && metric == Metric::SubmitToComplete => Origin::CacheTimed,
            _ => Origin::Worked,
        }
    }
}
