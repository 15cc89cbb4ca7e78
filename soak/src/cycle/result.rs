//! The result of a soak: what is known before it, and what it came to.

use std::time::Duration;

use audio_client::Capability;
use jiff::Timestamp;
use perf_guard::trend::TrendVerdict;
use run_context::{Tree, Where, machine};
use run_report::{Invariant, SoakHead, SoakRun, SoakWindow};

use super::{ledger::Ledger, plan::Plan, trends};
use crate::growth::{self, WarmUp};

/// A result without any cycle.
pub(super) fn empty(plan: &Plan, tree: &Tree) -> SoakRun {
    let cycles = &plan.cycles;
    let mut result = SoakRun::new(SoakHead {
        soak_version: env!("CARGO_PKG_VERSION").to_owned(),
        target: plan.target.profile.name.clone(),
        started_at: Timestamp::now(),
        planned_seconds: cycles.duration.as_secs_f64(),
        cancel_every: cycles.cancel_every,
        concurrency: cycles.concurrency,
        seed: cycles.seed,
        window_seconds: cycles.window.as_secs_f64(),
        warm_up_rule: plan.warm_up.in_words(),
        leak_check: plan.leak_check,
        environment: machine(),
    });
    match &plan.target.place {
        Where::Own { args, faults, .. } => {
            result.server_args.clone_from(args);
            result.faults.clone_from(faults);
        }
        Where::Remote { api_base, .. } => result.api_base.clone_from(api_base),
    }
    result.notices.extend(growth::told(&plan.server_env));
    result.git_commit.clone_from(&tree.commit);
    result.git_dirty = tree.dirty;
    result
}

/// Fills in what the soak came to; growth is judged here.
pub(super) fn fill(
    result: &mut SoakRun,
    plan: &Plan,
    (ledger, windows): (&Ledger, &[SoakWindow]),
    warm_up: &WarmUp,
) {
    result.finished_at = Some(Timestamp::now());
    let lasted = Duration::try_from_secs_f64(result.duration_seconds).unwrap_or_default();
    let over = warm_up.ended_within(lasted);
    result.warm_up.ended_after_seconds = over.map(|over| over.as_secs_f64());
    result.trends = trends::judge(plan, windows, over);
    let cleared = result
        .trends
        .iter()
        .filter(|trend| trend.verdict == TrendVerdict::NoLeakShown);
    cleared.for_each(|_| ledger.held(Invariant::NoGrowth));
    for violation in trends::violations(&result.trends, result.duration_seconds) {
        ledger.broken(violation);
    }
    (result.cycles, result.tally) = ledger.totals();
    (result.failures, result.failures_left_out) = ledger.failures();
    result.histograms = ledger.histograms();
    result.windows = windows.to_vec();
    let judged = result
        .trends
        .iter()
        .any(|trend| trend.verdict != TrendVerdict::Insufficient);
    result.invariants = ledger.invariants(|invariant| why_not(plan, invariant, judged));
}

/// Why an invariant cannot be looked at on this target.
fn why_not(plan: &Plan, invariant: Invariant, growth_judged: bool) -> Option<String> {
    let profile = &plan.target.profile;
    match invariant {
        Invariant::CanceledStays if !profile.can(Capability::Cancel) => {
            Some(format!("target profile {} cannot cancel", profile.name))
        }
        Invariant::CanceledStays if plan.cycles.cancel_every == 0 => Some("--cancel-every is 0".to_owned()),
        Invariant::RangeEqualsWhole if !profile.can(Capability::Ranges) => {
            Some(format!("target profile {} has no ranges", profile.name))
        }
        // What that means is for the verdict to say, by itself.
        Invariant::NoGrowth if !growth_judged => {
            Some("insufficient: growth of no figure could be judged".to_owned())
        }
        _ => None,
    }
}
