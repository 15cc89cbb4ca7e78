//! From what was seen to the result.

use std::time::{Duration, SystemTime};

use audio_load::Watched;
use jiff::Timestamp;
use load_engine::{
    Limits, LoadRun, StepKind,
    load::Load,
    record::{Latency, Outcome, Record, StepRecord},
    threshold::Held,
};
use perf_guard::Seconds;
use run_context::{Tree, machine};
use run_report::load::{
    CheckResult, GeneratorResult, Journeys, LoadHead, LoadPlan, LoadResult, LoadStage, MixShare,
    OutcomeTimes, ServerPoint, StepTimes, ThresholdResult, Times, TrendTimes,
};

use super::{
    args::Settings, conduct::Seen, demand::with_needs, figures::figures, invariants::invariants,
    scenario::Scenario,
};
use crate::growth;

/// Milliseconds of a time.
pub(super) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A distribution in figures; nothing of nothing.
pub(super) fn times(latency: &Latency) -> Option<Times> {
    let quantile = |of: f64| latency.quantile(of).map(ms);
    Some(Times {
        count: latency.count(),
        mean_ms: ms(latency.mean()?),
        p50_ms: quantile(0.5)?,
        p95_ms: quantile(0.95)?,
        p99_ms: quantile(0.99)?,
        max_ms: ms(latency.max()?),
    })
}

/// The result before anything is known.
pub(super) fn head(settings: &Settings, tree: &Tree) -> LoadResult {
    let scenario = &settings.scenario;
    let (least, most) = scenario.think;
    let plan = LoadPlan {
        model: match scenario.load {
            Load::Closed { .. } => "closed",
            Load::Open { .. } => "open",
        }
        .to_owned(),
        start: scenario.start,
        stages: scenario
            .stages
            .iter()
            .map(|(lasts, to)| LoadStage {
                lasts_s: lasts.as_secs_f64(),
                to: *to,
            })
            .collect(),
        lasts_s: scenario.load.lasts().as_secs_f64(),
        scale: settings.scale,
        think_least_s: least.as_secs_f64(),
        think_most_s: most.as_secs_f64(),
        graceful_s: scenario.graceful.as_secs_f64(),
        most_users: scenario.load.most_users() as u64,
        threads: u32::try_from(settings.threads.get()).unwrap_or(u32::MAX),
        seed: settings.seed,
        mix: scenario
            .workload
            .mix
            .iter()
            .map(|share| MixShare {
                action: share.action.to_string(),
                weight: share.weight,
            })
            .collect(),
        server_args: match with_needs(settings.target.clone(), scenario).place {
            run_context::Where::Own { args, .. } => args,
            run_context::Where::Remote { .. } => Vec::new(),
        },
        faults: scenario.faults.iter().map(|fault| fault.flag.clone()).collect(),
    };
    let mut result = LoadResult::new(LoadHead {
        suite_version: env!("CARGO_PKG_VERSION").to_owned(),
        profile: scenario.name.clone(),
        description: scenario.description.clone(),
        target: settings.target.profile.name.clone(),
        started_at: Timestamp::now(),
        plan,
        git_commit: tree.commit.clone(),
        git_dirty: tree.dirty,
        environment: machine(),
    });
    if let Some(leaks) = &settings.leaks {
        result.leaks = Some(leaks.unseen());
        result.notices.extend(growth::told(&leaks.server_env));
    }
    if settings.scale != 1.0 {
        result.notices.push(format!(
            "times of the profile are multiplied by {}: its figures are not those of the whole profile",
            settings.scale
        ));
    }
    result
}

/// Enters all that was seen.
pub(super) fn fill(result: &mut LoadResult, settings: &Settings, seen: Seen) -> Record {
    let scenario = &settings.scenario;
    let record = &seen.run.record;
    result.api_base.clone_from(&seen.api_base);
    result.started_at = moment(seen.run.started_at).unwrap_or(result.started_at);
    result.finished_at = Some(Timestamp::now());
    result.notices.extend(seen.notices.iter().cloned());
    result.plan.server_args.clone_from(&seen.server_args);
    result.lasted_s = Seconds::new(seen.run.lasted.as_secs_f64()).ok();
    result.environment.server_version = Some(seen.before.read.version.clone());
    result.generator = Some(generator(&seen.run, settings));
    result.steps = steps(record, seen.run.lasted);
    result.checks = record
        .checks()
        .map(|(name, count)| CheckResult {
            check: name.to_owned(),
            passed: count.passed,
            failed: count.failed,
        })
        .collect();
    result.trends = record
        .trends()
        .map(|(name, latency)| TrendTimes {
            trend: name.to_owned(),
            times: times(latency),
        })
        .collect();
    result.thresholds = thresholds(scenario, &seen.run);
    result.thresholds.extend(aborted(&seen));
    result.figures = figures(record, &seen.kept.phases);
    result.invariants = invariants(scenario, &seen, (settings.target.is_own(), &result.figures));
    if let Some(leaks) = &settings.leaks {
        let lasted = seen.run.lasted.min(scenario.load.lasts());
        result.leaks = Some(leaks.judge(&seen.watched.samples, lasted));
    }
    result.timeline.server = server_points(&seen.watched);
    result.timeline.server_asked = seen.watched.asked;
    result.timeline.server_missed = seen.watched.missed;
    result.status_start = Some(seen.before.status);
    result.status_end = seen.after.ok().map(|word| word.status);
    result.phases = seen.kept.phases;
    result.timeline.load = seen.kept.points;
    seen.run.record
}

fn moment(at: SystemTime) -> Option<Timestamp> {
    Timestamp::try_from(at).ok()
}

fn thresholds(scenario: &Scenario, run: &LoadRun) -> Vec<ThresholdResult> {
    let judged = scenario
        .thresholds
        .iter()
        .map(|threshold| threshold.judge(&run.record, run.lasted));
    judged
        .map(|judged| {
            let (value, shown) = match judged.held {
                Held::Yes(value) | Held::No(value) => (Some(value), judged.threshold.metric.show(value)),
                Held::NeverOccurred => (None, "it never occurred".to_owned()),
            };
            ThresholdResult {
                threshold: judged.threshold.text.clone(),
                value,
                shown,
                pass: judged.held.passes(),
            }
        })
        .collect()
}

/// A run that was ended early has broken what ended it, whatever it would come to in the end.
fn aborted(seen: &Seen) -> Option<ThresholdResult> {
    let why = seen.kept.aborted.clone()?;
    Some(ThresholdResult {
        threshold: "abort".to_owned(),
        value: None,
        shown: why,
        pass: false,
    })
}

fn steps(record: &Record, lasted: Duration) -> Vec<StepTimes> {
    let rate = |count: u64| {
        if lasted.is_zero() {
            0.0
        } else {
            count as f64 / lasted.as_secs_f64()
        }
    };
    let steps = record.steps().map(|(step, of_step)| StepTimes {
        step: step.name.clone(),
        route: step.route.clone(),
        composite: step.kind == StepKind::Composite,
        requests: of_step.total(),
        requests_per_s: rate(of_step.total()),
        failed: Outcome::ALL
            .into_iter()
            .filter(|outcome| outcome.failed())
            .map(|outcome| of_step.count(outcome))
            .sum(),
        rate_limited: of_step.count(Outcome::RateLimited),
        response: times(&of_step.timely()),
        first_byte: times(&of_step.first_byte),
        outcomes: outcomes(of_step),
    });
    steps.collect()
}

fn outcomes(step: &StepRecord) -> Vec<OutcomeTimes> {
    let occurred = step.occurred().filter_map(|(outcome, timings)| {
        Some(OutcomeTimes {
            outcome: outcome.name().to_owned(),
            response: times(&timings.response)?,
            service: times(&timings.service)?,
        })
    });
    occurred.collect()
}

fn generator(run: &LoadRun, settings: &Settings) -> GeneratorResult {
    let record = &run.record;
    let limits = Limits {
        send_lag_p99: settings.max_send_lag,
        ..Limits::default()
    };
    let scheduled = match &settings.scenario.load {
        Load::Open { rate, .. } => Some(rate.area_until(run.lasted.min(rate.lasts())) as u64),
        Load::Closed { .. } => None,
    };
    let journeys = &record.journeys;
    GeneratorResult {
        threads: u32::try_from(run.threads.len()).unwrap_or(u32::MAX),
        busiest_cpu_share: run.cpu_share(),
        cpu_s: run.threads.iter().map(|thread| thread.cpu.as_secs_f64()).sum(),
        send_lag: times(&record.send_lag),
        connect: times(&record.connect),
        connect_failures: record.connect_failures,
        lost_connections: record.lost_connections,
        received_bytes: record.bytes,
        journeys: Journeys {
            due: journeys.due,
            begun: journeys.begun,
            late: journeys.late,
            dropped: journeys.dropped,
            finished: journeys.finished,
            interrupted: journeys.interrupted,
        },
        doubts: run
            .doubts(&limits, scheduled)
            .iter()
            .map(ToString::to_string)
            .collect(),
    }
}

fn server_points(watched: &Watched) -> Vec<ServerPoint> {
    let points = watched.samples.iter().map(|sample| ServerPoint {
        at_s: sample.at.as_secs_f64(),
        answered_in_ms: ms(sample.value.answered_in),
        queue_len: sample.value.status.queue_len,
        active_jobs: sample.value.status.active_jobs,
        resident_bytes: sample.value.resident_bytes,
        open_fds: sample.value.open_fds,
        threads: sample.value.threads,
    });
    points.collect()
}
