//! `golden compare`: from settings to an exit code.

use std::{io, time::Instant};

use jiff::Timestamp;
use perf_guard::Seconds;
use run_report::{CompareHead, CompareRun, Confirmation, Ending, Quiescence, RunExit};

use super::{
    conduct::{Seen, conduct, is_same_target},
    inputs::CompareInputs,
    outcome, self_check,
    sides::info,
};
use crate::{
    cli::CompareSettings,
    command::usage,
    output::{publish, write_html},
    progress,
    provenance::settings_digest,
    suite::Progress,
    timed::{Interleaving, Pairing, Texts},
};
use run_context::{Outside, chain, machine};

/// Runs the comparison until its end or until `interrupted` completes.
///
/// # Errors
/// What the system says when a result cannot be written.
pub(crate) async fn run(
    settings: &CompareSettings,
    mut outside: Outside<'_>,
    interrupted: impl Future<Output = ()>,
) -> io::Result<RunExit> {
    let inputs = match CompareInputs::read(settings) {
        Ok(inputs) => inputs,
        Err(error) => {
            let error = chain(&error);
            writeln!(outside.err, "error: {error}")?;
            let mut result = head(settings, None);
            result.settle(Ending::CouldNotRun { error }, [&Quiescence::NoActiveJobs; 2]);
            publish(&result, &settings.artifacts, outside.around, outside.out)?;
            write_html(&result, &settings.page)?;
            return Ok(result.exit_code);
        }
    };
    if let Err(error) = inputs.check(settings) {
        return usage(&error, &mut outside);
    }
    let progress = progress::for_surroundings(outside.around);
    let result = compare(settings, &inputs, &*progress, interrupted).await;
    drop(progress);
    publish(&result, &settings.artifacts, outside.around, outside.out)?;
    write_html(&result, &settings.page)?;
    Ok(result.exit_code)
}

/// One comparison, settled.
pub(super) async fn compare(
    settings: &CompareSettings,
    inputs: &CompareInputs,
    progress: &dyn Progress,
    interrupted: impl Future<Output = ()>,
) -> CompareRun {
    let result = head(settings, Some(inputs));
    let began = Instant::now();
    let seen = conduct(settings, inputs, progress, interrupted).await;
    into_result(result, seen, (settings, inputs, began))
}

/// A result of which nothing is known but where it comes from.
fn head(settings: &CompareSettings, inputs: Option<&CompareInputs>) -> CompareRun {
    let pairing = Pairing {
        interleaving: Interleaving::SideBySide,
        texts: Texts::Same,
    };
    let hypotheses = inputs.map_or(0, CompareInputs::hypotheses);
    let digest = inputs.map(|inputs| {
        settings_digest(
            &inputs.profile.name,
            settings.model.as_deref(),
            &inputs.cases,
            &[],
        )
    });
    CompareRun::new(CompareHead {
        suite_version: env!("CARGO_PKG_VERSION").to_owned(),
        target: inputs.map_or_else(String::new, |inputs| inputs.profile.name.clone()),
        started_at: Timestamp::now(),
        arms: (info(&settings.base), info(&settings.head)),
        same_target: is_same_target(settings),
        plan: outcome::planned(
            &settings.plan,
            "not decided yet",
            (pairing, settings.warm_up_runs),
            hypotheses,
        ),
        settings_digest: digest.unwrap_or_default(),
        environment: machine(),
    })
}

fn into_result(
    mut result: CompareRun,
    seen: Seen,
    (settings, inputs, began): (&CompareSettings, &CompareInputs, Instant),
) -> CompareRun {
    result.finished_at = Some(Timestamp::now());
    result.timing_total_s = Some(Seconds::from_measured(began.elapsed()).rounded_to_micros());
    result.plan = outcome::planned(
        &seen.plan,
        &seen.because,
        (seen.pairing, settings.warm_up_runs),
        inputs.hypotheses(),
    );
    let (tests, again) = outcome::tests(&seen, &inputs.timed.tests);
    result.self_checks = self_check::all(&tests, &seen.plan);
    result.tests = tests;
    result.confirmation = again.map(|tests| Confirmation {
        tests,
        error: seen.plan.error() * seen.plan.error(),
    });
    result.failures = outcome::failures(&seen);
    result.notices.extend(seen.notices);
    let skipped = inputs.timed.skipped.iter();
    result
        .notices
        .extend(skipped.map(|(name, cache, reason)| format!("{name} ({cache}) is not compared: {reason}")));
    let [(base, base_rest), (head, head_rest)] = seen.sides;
    (result.base, result.head) = (base, head);
    result.settle(seen.ending, [&base_rest, &head_rest]);
    result
}
