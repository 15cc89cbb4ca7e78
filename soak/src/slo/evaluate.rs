//! Objectives held to a result. Pure. A figure that the result does not have holds nothing.

use run_report::RunExit;

use super::{
    evidence::{Evidence, JobTimes, Share, Span},
    objectives::Objectives,
    report::{Budget, BudgetBasis, Objective, SloReport},
};

/// Holds a result to the objectives. `spent_s` was used of the budget before.
pub(super) fn evaluate(
    evidence: &Evidence,
    objectives: &Objectives,
    (spent_s, basis): (f64, BudgetBasis),
) -> SloReport {
    let rows = rows(evidence, objectives);
    let budget = budget(evidence, objectives, (spent_s, basis));
    let mut reasons: Vec<(RunExit, String)> = Vec::new();
    match evidence.exit_code {
        0 | 1 => {}
        3 => reasons.push((
            RunExit::Inconclusive,
            "the run itself was inconclusive (exit 3): its figures are not judged".to_owned(),
        )),
        code => reasons.push((
            RunExit::CouldNotRun,
            format!("the run itself ended with exit code {code}: there is nothing to judge"),
        )),
    }
    let valid = reasons.is_empty();
    if valid {
        reasons.extend(
            rows.iter()
                .filter(|row| !row.holds)
                .map(|row| (RunExit::Failed, row.to_string())),
        );
        if budget.exhausted {
            reasons.push((RunExit::Failed, budget.to_string()));
        }
    }
    let exit_code = reasons.iter().map(|(exit, _)| *exit).max();
    let exit_code = exit_code.unwrap_or(RunExit::Pass);
    SloReport {
        schema_version: 1,
        result: String::new(),
        kind: evidence.kind,
        objectives: rows,
        freeze: valid && budget.exhausted,
        budget,
        pass: exit_code == RunExit::Pass,
        exit_code,
        reasons: reasons.into_iter().map(|(_, text)| text).collect(),
    }
}

fn rows(evidence: &Evidence, objectives: &Objectives) -> Vec<Objective> {
    let rows = times(evidence, objectives).into_iter();
    rows.chain(shares(evidence, objectives)).collect()
}

fn at_most(
    (name, unit): (&'static str, &'static str),
    (value, objective): (Option<f64>, f64),
    of: impl Into<String>,
) -> Objective {
    Objective {
        name,
        value,
        objective,
        unit,
        holds: value.is_some_and(|value| value <= objective),
        of: of.into(),
    }
}

fn times(evidence: &Evidence, objectives: &Objectives) -> [Objective; 4] {
    let standard = standard(evidence, objectives);
    let slowest = standard.as_ref().map_or_else(String::new, |(step, _)| {
        format!("{step}, the slowest; all of them together are no slower")
    });
    let (first, of_first) = first_audio(evidence);
    let ended = evidence.times.get("submit_to_ready");
    let s = |times: Option<&JobTimes>, of: fn(&JobTimes) -> f64| times.map(|times| of(times) / 1e3);
    let Objectives {
        standard_requests,
        first_audio,
        job_age_p95_s,
        ..
    } = objectives;
    [
        at_most(
            ("standard requests p95", "ms"),
            (standard.map(|(_, ms)| ms), standard_requests.p95_ms),
            slowest,
        ),
        at_most(
            ("first audio p50", "s"),
            (s(first, |times| times.p50_ms), first_audio.p50_s),
            of_first,
        ),
        at_most(
            ("first audio p95", "s"),
            (s(first, |times| times.p95_ms), first_audio.p95_s),
            of_first,
        ),
        at_most(
            ("job age p95", "s"),
            (s(ended, |times| times.p95_ms), *job_age_p95_s),
            "submit_to_ready",
        ),
    ]
}

fn shares(evidence: &Evidence, objectives: &Objectives) -> [Objective; 3] {
    let at_least = |name, share: Option<Share>, of: &str| {
        let value = share.and_then(Share::success);
        Objective {
            name,
            value,
            objective: objectives.success_at_least,
            unit: "share",
            holds: value.is_some_and(|value| value >= objectives.success_at_least),
            of: of.to_owned(),
        }
    };
    let rate = evidence.dead_letters.zip(evidence.submitted);
    let rate = rate.map(|(dead, jobs)| if jobs > 0.0 { dead / jobs } else { dead });
    [
        at_least("successful requests", evidence.requests, "429 counts neither way"),
        at_least("successful jobs", evidence.jobs, "complete, with every segment"),
        at_most(
            ("dead letters a job", "share"),
            (rate, objectives.dead_letter_rate_at_most),
            "by the server's own counters",
        ),
    ]
}

/// The slowest of the standard requests by their 95th percentile. Percentiles of parts cannot be merged, but that of the whole
/// lies nowhere above the highest of them.
fn standard(evidence: &Evidence, objectives: &Objectives) -> Option<(String, f64)> {
    let named = evidence
        .requests_p95_ms
        .iter()
        .filter(|(name, _)| objectives.standard_requests.steps.contains(name));
    named
        .map(|(name, ms)| (name.clone(), *ms))
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Of jobs whose first segment was not waited for by itself, the time to the last one: the first is no later.
fn first_audio(evidence: &Evidence) -> (Option<&JobTimes>, &'static str) {
    match evidence.times.get("submit_to_first_ready") {
        Some(times) => (Some(times), "submit_to_first_ready"),
        None => (
            evidence.times.get("submit_to_ready"),
            "submit_to_ready; the first audio is no later",
        ),
    }
}

fn budget(evidence: &Evidence, objectives: &Objectives, (spent_s, basis): (f64, BudgetBasis)) -> Budget {
    let bad_s = (!evidence.spans.is_empty()).then(|| {
        let bad = evidence.spans.iter().filter(|span| is_bad(span, objectives));
        // The sum of nothing is -0.0, which would be shown.
        bad.map(|span| span.lasts_s)
            .fold(0.0, |sum, lasts_s| sum + lasts_s)
    });
    let lasted_s: f64 = evidence.spans.iter().map(|span| span.lasts_s).sum();
    let lasted_s = evidence.lasted_s.unwrap_or(0.0).max(lasted_s);
    let share = bad_s.filter(|_| lasted_s > 0.0).map(|bad| bad / lasted_s);
    let allowed = objectives.error_budget_s / objectives.month_s();
    let counts = match basis {
        BudgetBasis::Measured => bad_s,
        BudgetBasis::Projected => share.map(|share| share * objectives.month_s()),
    };
    let used_s = counts.map(|counts| spent_s + counts);
    Budget {
        budget_s: objectives.error_budget_s,
        bad_s,
        lasted_s: (lasted_s > 0.0).then_some(lasted_s),
        burn_rate: share.map(|share| share / allowed),
        basis,
        spent_s,
        used_s,
        exhausted: used_s.is_none_or(|used| used >= objectives.error_budget_s),
    }
}

/// Whether the service was bad in a span: more failed, or was slower, than is promised, or an invariant did not hold.
fn is_bad(span: &Span, objectives: &Objectives) -> bool {
    let failing = span
        .requests
        .success()
        .is_some_and(|success| success < objectives.success_at_least);
    let slow = span
        .p95_ms
        .is_some_and(|ms| ms > objectives.standard_requests.p95_ms);
    failing || slow || span.broken
}

#[cfg(test)]
mod tests;
