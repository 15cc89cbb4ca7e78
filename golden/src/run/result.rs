//! What a run saw, put into its result.

use std::time::Instant;

use jiff::Timestamp;
use perf_guard::{Context as GuardContext, Measurement, Seconds};
use run_report::{Ending, GoldenRun, PerfReport, RunHead};
use serde_json::Value;

use super::{Conducted, Inputs};
use crate::{
    cli::{Purpose, Settings, Where},
    guard::{BaselineFile, advice, judge},
    provenance::settings_digest,
};
use run_context::{Tree, machine};

/// A result of which nothing is known but where it comes from.
#[must_use]
pub fn head(settings: &Settings, inputs: Option<&Inputs>, tree: &Tree) -> GoldenRun {
    let (api_base, server_args) = match &settings.target {
        Where::Remote { api_base, .. } => (api_base.clone(), [].as_slice()),
        Where::Own { args, .. } => (String::new(), args.as_slice()),
    };
    let digest = inputs.map(|inputs| {
        settings_digest(
            &inputs.profile.name,
            settings.model.as_deref(),
            &inputs.cases,
            server_args,
        )
    });
    let mut run = GoldenRun::new(RunHead {
        suite_version: env!("CARGO_PKG_VERSION").to_owned(),
        api_base,
        target: inputs.map_or_else(String::new, |inputs| inputs.profile.name.clone()),
        started_at: Timestamp::now(),
        settings_digest: digest.unwrap_or_default(),
        environment: machine(),
    });
    run.web_base.clone_from(&settings.web_base);
    run.cache_states.clone_from(&settings.states);
    run.repeats = settings.repeats;
    run.perf_mode = settings.policy.mode;
    run.git_commit.clone_from(&tree.commit);
    run.git_dirty = tree.dirty;
    run
}

/// Puts what a run saw into its result, judges its times against `baseline`, and settles it.
pub fn into_result(
    run: &mut GoldenRun,
    seen: Conducted,
    (settings, baseline, began): (&Settings, &BaselineFile, Instant),
) -> Vec<Measurement> {
    let quiescence = seen.quiescence(settings);
    if let Some(base) = seen.base {
        run.api_base = base;
    }
    run.finished_at = Some(Timestamp::now());
    run.timing_total_s = Some(Seconds::from_measured(began.elapsed()).rounded_to_micros());
    let unrun = match &seen.ending {
        Ending::Completed => "not run".to_owned(),
        Ending::Interrupted => "not run: interrupted".to_owned(),
        Ending::TimedOut { .. } => "not run: the time for the whole run was over".to_owned(),
        Ending::CouldNotRun { .. } => "not run: the run could not go on".to_owned(),
    };
    run.tests = seen.board.results(&unrun);
    let version = seen
        .status_start
        .as_ref()
        .or(seen.rest.status.as_ref())
        .and_then(|s| s.get("version"));
    run.environment.server_version = version.and_then(Value::as_str).map(ToOwned::to_owned);
    run.status_start = seen.status_start;
    run.status_end = seen.rest.status;
    run.faults_fired = seen.faults;
    run.notices.extend(seen.session.notices.iter().cloned());
    if let Some(why) = seen.rest.why_none {
        run.notices.push(format!("there is no status_end: {why}"));
    }
    let ending = match settings.purpose {
        // It is about to be replaced, maybe because it is of no use.
        Purpose::UpdateBaseline(_) => seen.ending,
        _ => hold_against(run, &seen.session.measurements, settings, (baseline, seen.ending)),
    };
    run.settle(ending, &quiescence);
    seen.session.measurements
}

/// Judges the times. A guard that cannot judge is an input that cannot be used.
pub(crate) fn hold_against(
    run: &mut GoldenRun,
    measurements: &[Measurement],
    settings: &Settings,
    (file, ending): (&BaselineFile, Ending),
) -> Ending {
    run.baseline = file.info();
    run.notices.extend(file.notices.iter().cloned());
    let context = GuardContext {
        environment: run.environment.clone(),
        settings_digest: run.settings_digest.clone(),
    };
    if let Some(baseline) = &file.baseline {
        run.notices.extend(advice(measurements, baseline));
    }
    match judge(measurements, file.baseline.as_ref(), &context, &settings.policy) {
        Ok(report) => {
            run.record_perf(without_tests_that_failed(report, run));
            ending
        }
        Err(error) => Ending::CouldNotRun {
            error: error.to_string(),
        },
    }
}

/// A test that failed or was cut off is reported as that, and not once more as missing.
fn without_tests_that_failed(mut report: PerfReport, run: &GoldenRun) -> PerfReport {
    let passed = |name: &str, cache| {
        let test = name.split('.').next().unwrap_or_default();
        run.tests.iter().any(|result| {
            result.name == test
                && result.cache == Some(cache)
                && result.status == run_report::TestStatus::Passed
        })
    };
    let known = |name: &str, cache| {
        let test = name.split('.').next().unwrap_or_default();
        run.tests
            .iter()
            .any(|result| result.name == test && result.cache == Some(cache))
    };
    report
        .extra
        .retain(|extra| !known(&extra.name, extra.cache) || passed(&extra.name, extra.cache));
    report
}
