//! Whether a figure of the server grows, after warm-up.

use std::time::Duration;

use perf_guard::trend::TrendVerdict;
use run_report::{Invariant, SoakFigure, SoakTrend, SoakWindow, Violation};

use super::plan::Plan;
use crate::growth::{self, MIB, Seen};

/// Every figure, judged; warm-up was over then, if it was.
pub(super) fn judge(plan: &Plan, windows: &[SoakWindow], over: Option<Duration>) -> Vec<SoakTrend> {
    SoakFigure::ALL
        .into_iter()
        .map(|figure| {
            let seen: Vec<Seen> = windows.iter().map(|window| seen(figure, window)).collect();
            growth::judge((figure, plan.rule(figure)), &seen, (plan.warm_up, over))
        })
        .collect()
}

/// What grows, as broken invariants.
pub(super) fn violations(trends: &[SoakTrend], at_seconds: f64) -> Vec<Violation> {
    let leaks = trends.iter().filter(|trend| trend.verdict == TrendVerdict::Leak);
    let violation = |trend: &SoakTrend| Violation {
        invariant: Invariant::NoGrowth,
        at_seconds,
        cycle: None,
        job_id: None,
        text: trend.growth(),
    };
    leaks.map(violation).collect()
}

fn seen(figure: SoakFigure, window: &SoakWindow) -> Seen {
    Seen {
        at_s: f64::midpoint(window.from_seconds, window.to_seconds),
        warm: window.warm,
        value: value(figure, window),
    }
}

fn value(figure: SoakFigure, window: &SoakWindow) -> Option<f64> {
    match figure {
        SoakFigure::Rss => window.rss_min_bytes.map(|bytes| bytes / MIB),
        SoakFigure::Fds => window.fds_min,
        SoakFigure::Threads => window.threads_min,
        SoakFigure::RequestLatency => window.request_p50_ms,
        SoakFigure::ReadyLatency => window.ready_p50_ms,
        SoakFigure::QueueLength => (window.samples > 0).then_some(window.queue_mean),
        SoakFigure::MergeWait => (window.samples > 0).then_some(window.merge_wait_ms_per_s),
    }
}
