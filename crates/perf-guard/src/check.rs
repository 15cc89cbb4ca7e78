//! The guard itself: measurements against a baseline under a policy.

mod fireable;
mod outcome;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, str::FromStr};

pub use fireable::{CheckError, TimedCase, refuse_unfireable};
pub use outcome::{Comparison, Extra, Failure, Outcome, Skipped};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    baseline::Baseline,
    cache::TimedKey,
    environment::{Context, Difference},
    explain::explain,
    limits::LimitOverrides,
    measurement::Measurement,
    rule::threshold,
    seconds::ValueError,
    verdict::Verdict,
};

/// What a test that stands on one side only does to the verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BaselineMode {
    /// It is listed.
    #[default]
    Warn,
    /// It fails the run.
    Strict,
}

/// What a baseline from another environment, or with other settings, does to the verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EnvMismatch {
    /// It is listed.
    #[default]
    Warn,
    /// A run that would have passed is inconclusive; a failure stays one.
    Inconclusive,
}

impl FromStr for BaselineMode {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        match text {
            "warn" => Ok(Self::Warn),
            "strict" => Ok(Self::Strict),
            _ => Err(ValueError::new("baseline_mode", text, "warn or strict")),
        }
    }
}

impl FromStr for EnvMismatch {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        match text {
            "warn" => Ok(Self::Warn),
            "inconclusive" => Ok(Self::Inconclusive),
            _ => Err(ValueError::new("env_mismatch", text, "warn or inconclusive")),
        }
    }
}

/// How to judge.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Policy {
    /// Tests on one side only.
    pub mode: BaselineMode,
    /// Differing environments.
    pub env_mismatch: EnvMismatch,
    /// Limits from flags, stronger than any in the file.
    pub flags: LimitOverrides,
}

/// Judges a run. The order of the measurements does not matter.
///
/// Without any baseline nothing is checked and the outcome is inconclusive, in either mode: the remedy is to record
/// one, not to look for a regression.
///
/// # Errors
/// Two measurements of one key, or a guard that cannot fire, as [`refuse_unfireable`] says before the run.
pub fn check(
    measured: &[Measurement],
    baseline: Option<&Baseline>,
    context: &Context,
    policy: &Policy,
) -> Result<Outcome, CheckError> {
    let cases: Vec<TimedCase> = measured.iter().map(TimedCase::from).collect();
    refuse_unfireable(&cases, baseline, policy.flags)?;
    let mut measured: Vec<&Measurement> = measured.iter().collect();
    measured.sort_by(|a, b| a.key.cmp(&b.key));

    let mut outcome = Outcome::empty();
    for one in &measured {
        judge_one(one, baseline, policy, &mut outcome);
    }
    if let Some(baseline) = baseline {
        let run: BTreeSet<&TimedKey> = measured.iter().map(|m| &m.key).collect();
        outcome.extra = baseline
            .keys()
            .filter(|key| !run.contains(key))
            .map(Extra::from)
            .collect();
        outcome.differences = context.differences_from(baseline.context().as_ref());
    }
    outcome.verdict = verdict(&outcome, baseline, policy);
    Ok(outcome)
}

fn judge_one(one: &Measurement, baseline: Option<&Baseline>, policy: &Policy, outcome: &mut Outcome) {
    let recorded = baseline.and_then(|b| Some((b, b.get(&one.key)?)));
    let Some((baseline, recorded)) = recorded else {
        let reason = if baseline.is_none() {
            "there is no baseline"
        } else {
            "the baseline does not have it"
        };
        outcome.skipped.push(Skipped::new(&one.key, reason));
        return;
    };
    let limits = baseline.limits_for(&one.key, policy.flags);
    let baseline_s = recorded.samples.median();
    let at = threshold(baseline_s, limits);
    let measured_s = one.samples.median();
    let comparison = Comparison {
        name: one.key.test.clone(),
        cache: one.key.cache,
        repeats: one.samples.len(),
        measured_s,
        baseline_s,
        threshold_s: at.seconds,
        effective_ratio: at.effective_ratio,
        limits,
    };
    if at.fires_on(measured_s) {
        let growth_ms = measured_s.as_millis_f64() - baseline_s.as_millis_f64();
        let explain = explain(
            growth_ms,
            (&recorded.stages, &one.stages),
            one.rounds,
            one.counters,
        );
        outcome.failures.push(Failure {
            comparison: comparison.clone(),
            explain,
        });
    }
    outcome.comparisons.push(comparison);
}

fn verdict(outcome: &Outcome, baseline: Option<&Baseline>, policy: &Policy) -> Verdict {
    let one_sided = !outcome.skipped.is_empty() || !outcome.extra.is_empty();
    let strict = baseline.is_some() && policy.mode == BaselineMode::Strict && one_sided;
    let foreign = policy.env_mismatch == EnvMismatch::Inconclusive && !outcome.differences.is_empty();
    let failed = |yes: bool| if yes { Verdict::Failed } else { Verdict::Pass };
    let inconclusive = |yes: bool| if yes { Verdict::Inconclusive } else { Verdict::Pass };
    Verdict::worst([
        failed(!outcome.failures.is_empty()),
        failed(strict),
        inconclusive(outcome.comparisons.is_empty()),
        inconclusive(foreign),
    ])
}

impl Outcome {
    fn empty() -> Self {
        Self {
            comparisons: Vec::new(),
            failures: Vec::new(),
            skipped: Vec::new(),
            extra: Vec::new(),
            differences: Vec::<Difference>::new(),
            verdict: Verdict::Inconclusive,
        }
    }
}
