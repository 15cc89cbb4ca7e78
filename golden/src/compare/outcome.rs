//! What a comparison saw, put into its result.

use std::collections::BTreeMap;

use perf_guard::{
    CacheState, CounterDeltas, Explanation, Rounds, Samples, Seconds, StageTimes, TimedKey,
    comparison::{Origin, PairedOutcome, PairedVerdict, Plan, Ratio, SuiteOutcome, rounded},
    explain,
};
use run_report::{
    Arm, CompareFailure, ComparePlan, CompareSample, ComparedTest, Interleaved, Metric, PlannedLook,
    SameTexts,
};

use super::{
    conduct::{Second, Seen},
    pairs::judge,
};
use crate::{
    suite::Stop,
    timed::{Failure, Interleaving, PairedRun, PairedRuns, Pairing, Texts, TimedTest, key_of, sum_counters},
};

/// Every timed value, with its verdict after the second run where there was one; and the second run by itself.
pub(super) fn tests(seen: &Seen, planned: &[TimedTest]) -> (Vec<ComparedTest>, Option<Vec<ComparedTest>>) {
    let first =
        judge(&seen.first, planned, &seen.plan).map(|outcome| compared(&outcome, &seen.first, planned));
    let mut first = first.unwrap_or_default();
    let Some(second) = &seen.second else {
        return (first, None);
    };
    let again = of_second(second, &seen.plan);
    for test in &mut first {
        if second
            .red
            .contains(&TimedKey::new(test.name.as_str(), test.cache))
        {
            bear_out(test, &again);
        }
    }
    (first, Some(again))
}

fn of_second(second: &Second, plan: &Plan) -> Vec<ComparedTest> {
    let outcome = judge(&second.runs, &second.tests, plan);
    let all = outcome
        .map(|outcome| compared(&outcome, &second.runs, &second.tests))
        .unwrap_or_default();
    let was_red = |test: &ComparedTest| {
        second
            .red
            .contains(&TimedKey::new(test.name.as_str(), test.cache))
    };
    all.into_iter().filter(was_red).collect()
}

/// Only what is red twice is red. A second run that could not judge leaves it open.
fn bear_out(test: &mut ComparedTest, again: &[ComparedTest]) {
    let found = again
        .iter()
        .find(|other| other.name == test.name && other.cache == test.cache);
    let verdict = found.map_or(PairedVerdict::Insufficient, |other| other.verdict);
    test.confirmed = Some(verdict == PairedVerdict::Regressed);
    test.verdict = match verdict {
        PairedVerdict::Regressed => PairedVerdict::Regressed,
        PairedVerdict::Insufficient => PairedVerdict::Insufficient,
        PairedVerdict::NotShown | PairedVerdict::Improved => PairedVerdict::NotShown,
    };
    if verdict == PairedVerdict::Insufficient {
        test.shortage = found.and_then(|other| other.shortage);
    }
}

fn compared(outcome: &SuiteOutcome, runs: &PairedRuns, tests: &[TimedTest]) -> Vec<ComparedTest> {
    let mut owners: BTreeMap<String, (&TimedTest, Metric)> = BTreeMap::new();
    for test in tests {
        owners.extend(
            test.metrics
                .iter()
                .map(|&metric| (key_of(&test.name, metric), (test, metric))),
        );
    }
    let one = |found: &PairedOutcome| {
        let &(test, metric) = owners.get(&found.name)?;
        Some(compared_test(found, (test, metric), runs))
    };
    outcome.tests.iter().filter_map(one).collect()
}

/// The runs of an arm, of one metric.
struct ArmRuns<'a> {
    runs: Vec<(&'a PairedRun, CompareSample, &'a StageTimes, Rounds)>,
}

impl<'a> ArmRuns<'a> {
    fn of(paired: &'a [PairedRun], metric: Metric, cache: CacheState) -> Self {
        let one = |paired: &'a PairedRun| {
            let sample = paired.run.samples.iter().find(|sample| sample.metric == metric)?;
            let shown = CompareSample {
                seconds: sample.seconds.rounded_to_micros(),
                origin: paired.run.origin(metric, cache),
                cached_share: paired.run.cached_share,
                at_s: (paired.at.as_secs_f64() * 1e3).round() / 1e3,
            };
            Some((paired, shown, &sample.stages, sample.rounds))
        };
        Self {
            runs: paired.iter().filter_map(one).collect(),
        }
    }

    fn usable(&self) -> impl Iterator<Item = &(&'a PairedRun, CompareSample, &'a StageTimes, Rounds)> {
        self.runs
            .iter()
            .filter(|(_, sample, ..)| sample.origin != Origin::FastReady)
    }

    fn median(&self) -> Option<Seconds> {
        let times = self.usable().map(|(_, sample, ..)| sample.seconds);
        Some(Samples::new(times.collect()).ok()?.median().rounded_to_micros())
    }

    fn stages(&self) -> StageTimes {
        StageTimes::medians(self.usable().map(|(_, _, stages, _)| *stages)).rounded_to_micros()
    }

    fn counters(&self) -> CounterDeltas {
        let all = self.runs.iter().map(|(run, ..)| run.run.counters);
        all.reduce(sum_counters).unwrap_or_default()
    }

    fn rounds(&self) -> Rounds {
        self.runs.last().map_or(Rounds::ONE, |(.., rounds)| *rounds)
    }

    fn samples(&self) -> Vec<CompareSample> {
        self.runs.iter().map(|(_, sample, ..)| *sample).collect()
    }
}

fn compared_test(
    found: &PairedOutcome,
    (test, metric): (&TimedTest, Metric),
    runs: &PairedRuns,
) -> ComparedTest {
    let track = runs.track(&test.name, found.cache);
    let of = |arm| ArmRuns::of(track.map_or(&[], |track| track.of(arm)), metric, found.cache);
    let (base, head) = (of(Arm::Base), of(Arm::Head));
    let mut first = track.map(|track| track.first.clone()).unwrap_or_default();
    first.truncate(base.runs.len());
    ComparedTest {
        name: found.name.clone(),
        cache: found.cache,
        metric,
        verdict: found.verdict,
        confirmed: None,
        ratio: found.ratio.map(Ratio::rounded),
        detectable_ratio: found.detectable_ratio.map(rounded),
        time: found.time,
        hits: found.hits,
        fast_ready: found.fast_ready,
        shortage: found.shortage,
        base_median_s: base.median(),
        head_median_s: head.median(),
        base_stages_ms: base.stages(),
        head_stages_ms: head.stages(),
        base_counters: base.counters(),
        head_counters: head.counters(),
        explain: explanation(found, &base, &head),
        base: base.samples(),
        head: head.samples(),
        first,
    }
}

/// Of a value whose times regressed; one that only finds less in its cache did not get slower anywhere.
fn explanation(found: &PairedOutcome, base: &ArmRuns<'_>, head: &ArmRuns<'_>) -> Option<Explanation> {
    if !found.time.worse.is_shown() {
        return None;
    }
    let growth_ms = (head.median()?.as_secs_f64() - base.median()?.as_secs_f64()) * 1e3;
    let (old, new) = (base.counters(), head.counters());
    let more = |old: Option<i64>, new: Option<i64>| Some(new? - old?);
    let counters = CounterDeltas {
        queue: more(old.queue, new.queue),
        retries: more(old.retries, new.retries),
        fallback: more(old.fallback, new.fallback),
        merge_waits: more(old.merge_waits, new.merge_waits),
    };
    Some(explain(
        growth_ms,
        (&base.stages(), &head.stages()),
        head.rounds(),
        counters,
    ))
}

/// Runs that failed, those of the warm-up first.
pub(super) fn failures(seen: &Seen) -> Vec<CompareFailure> {
    let of = |failure: &Failure, pair| CompareFailure {
        test: failure.test.clone(),
        cache: failure.cache,
        arm: failure.arm,
        pair,
        reason: match &failure.run.stop {
            Stop::Failed(reason) | Stop::Skipped(reason) => reason.clone(),
        },
        evidence: failure.run.evidence.clone(),
    };
    let warm_up = seen.warm_up_failures.iter().map(|failure| of(failure, 0));
    let second = seen.second.iter().flat_map(|second| &second.runs.failures);
    let timed = seen.first.failures.iter().chain(second);
    warm_up
        .chain(timed.map(|failure| of(failure, failure.pair)))
        .collect()
}

/// The plan as it stands in a result.
pub(super) fn planned(
    plan: &Plan,
    because: &str,
    (pairing, warm_up_runs): (Pairing, u32),
    hypotheses: usize,
) -> ComparePlan {
    let look = |look: &perf_guard::comparison::Look| PlannedLook {
        pairs: look.pairs,
        error: plan.error() * look.share,
    };
    ComparePlan {
        runs: plan.pairs(),
        runs_because: because.to_owned(),
        looks: plan.looks().iter().map(look).collect(),
        smallest_effect: plan.smallest_effect(),
        error: plan.error(),
        confidence: plan.confidence(),
        hypotheses,
        floor: plan.floor(hypotheses),
        interleaved: match pairing.interleaving {
            Interleaving::SideBySide => Interleaved::SideBySide,
            Interleaving::OneAtATime => Interleaved::OneAtATime,
        },
        texts: match pairing.texts {
            Texts::Same => SameTexts::Same,
            Texts::Own => SameTexts::Own,
        },
        warm_up_runs,
    }
}
