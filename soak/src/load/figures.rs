//! Figures that profiles are about, beside percentiles.

use audio_load::{Endpoint, check, trend};
use load_engine::record::{Outcome, Record, StepRecord};
use run_report::load::{KeyFigure, PhaseTimes};

use super::result::ms;

/// Submits of whatever kind, refused ones included, for each that was accepted.
pub(super) const REQUESTS_PER_ACCEPTED: &str = "requests per accepted job";
/// Jobs that did not end as complete.
pub(super) const JOB_FAILURE_RATE: &str = "job failure rate";
/// p95 after a spike over p95 before.
pub(super) const RECOVERY: &str = "recovery: p95 after / before";

/// The figures of a run; those of what the profile does not do are left out.
pub(super) fn figures(record: &Record, phases: &[PhaseTimes]) -> Vec<KeyFigure> {
    let mut figures = Vec::new();
    let mut enter = |name: &str, value: Option<f64>, unit: &str| {
        figures.push(KeyFigure {
            name: name.to_owned(),
            value,
            unit: unit.to_owned(),
        });
    };
    if submits(record).next().is_some() {
        enter(REQUESTS_PER_ACCEPTED, requests_per_accepted(record), "ratio");
        enter(JOB_FAILURE_RATE, job_failure_rate(record), "share");
        enter("looks per job", looks_per_job(record), "ratio");
        for name in [
            trend::SUBMIT_TO_ACCEPTED,
            trend::SUBMIT_TO_READY,
            trend::POLL_OVERHEAD,
            trend::READY_TO_MERGED,
        ] {
            enter(&format!("{name}, p95"), p95_of(record, name), "ms");
        }
    }
    if let Some([before, during, after]) = around_a_spike(phases) {
        enter("p95 before", before, "ms");
        enter("p95 during", during, "ms");
        enter("p95 after", after, "ms");
        enter("degradation: p95 during / before", ratio(during, before), "ratio");
        enter(RECOVERY, ratio(after, before), "ratio");
    }
    figures
}

fn submits(record: &Record) -> impl Iterator<Item = &StepRecord> {
    let names = [Endpoint::Submit, Endpoint::Reader, Endpoint::Regenerate].map(Endpoint::as_str);
    record
        .steps()
        .filter(move |(step, _)| names.contains(&step.name.as_str()))
        .map(|(_, record)| record)
}

/// How many jobs the generator knows to be accepted, and how many more may be: their answers never came.
pub(super) fn accepted(record: &Record) -> (u64, u64) {
    let open = [Outcome::TimedOut, Outcome::Broken];
    submits(record).fold((0, record.journeys.interrupted), |(known, possible), step| {
        let lost: u64 = open.into_iter().map(|outcome| step.count(outcome)).sum();
        (known + step.count(Outcome::Ok), possible + lost)
    })
}

/// How many submits were answered with 429.
pub(super) fn rate_limited(record: &Record) -> u64 {
    submits(record).map(|step| step.count(Outcome::RateLimited)).sum()
}

fn requests_per_accepted(record: &Record) -> Option<f64> {
    let (known, _) = accepted(record);
    let requests: u64 = submits(record).map(StepRecord::total).sum();
    (known > 0).then(|| requests as f64 / known as f64)
}

fn job_failure_rate(record: &Record) -> Option<f64> {
    let (_, count) = record.checks().find(|(name, _)| *name == check::JOB_COMPLETE)?;
    let all = count.passed + count.failed;
    (all > 0).then(|| count.failed as f64 / all as f64)
}

fn looks_per_job(record: &Record) -> Option<f64> {
    let (_, poll) = record
        .steps()
        .find(|(step, _)| step.name == Endpoint::Poll.as_str())?;
    let (known, _) = accepted(record);
    (known > 0).then(|| poll.total() as f64 / known as f64)
}

fn p95_of(record: &Record, name: &str) -> Option<f64> {
    let (_, trend) = record.trends().find(|(known, _)| *known == name)?;
    trend.quantile(0.95).map(ms)
}

fn around_a_spike(phases: &[PhaseTimes]) -> Option<[Option<f64>; 3]> {
    let p95 = |name: &str| {
        let phase = phases.iter().find(|phase| phase.phase == name)?;
        Some(phase.response.map(|times| times.p95_ms))
    };
    Some([p95("before")?, p95("during")?, p95("after")?])
}

fn ratio(of: Option<f64>, to: Option<f64>) -> Option<f64> {
    of.zip(to).filter(|(_, to)| *to > 0.0).map(|(of, to)| of / to)
}
