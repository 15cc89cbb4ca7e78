//! Where a test got slower: from the baseline's stage times against the measured ones. Never a guess: when the
//! known stages do not account for the growth, the explanation says so.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::{
    measurement::{CounterDeltas, Rounds},
    stages::{StageTimes, stage},
};

/// Known stages must account for this share of the growth before one of them is named.
const ENOUGH: f64 = 0.5;
const UNATTRIBUTED: &str = "unattributed";

/// The stage that grew, as one string in files: its name, or `unattributed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Attribution {
    /// This stage accounts for most of what the known stages account for.
    Stage(String),
    /// The known stages do not account for the growth.
    Unattributed,
}

impl From<String> for Attribution {
    fn from(name: String) -> Self {
        if name == UNATTRIBUTED {
            Self::Unattributed
        } else {
            Self::Stage(name)
        }
    }
}

impl From<Attribution> for String {
    fn from(attribution: Attribution) -> Self {
        attribution.to_string()
    }
}

impl fmt::Display for Attribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage(name) => f.pad(name),
            Self::Unattributed => f.pad(UNATTRIBUTED),
        }
    }
}

impl JsonSchema for Attribution {
    fn schema_name() -> Cow<'static, str> {
        "Attribution".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "Name of the stage that grew, or `unattributed`." })
    }
}

/// Why a test is slower than its baseline, as far as stage times and counters tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// The stage that grew.
    pub stage: Attribution,
    /// Growth of the whole test over its baseline, in milliseconds.
    pub growth_ms: f64,
    /// How much of it the named stage accounts for, in milliseconds; 0 when none is named.
    pub stage_growth_ms: f64,
    /// Measured minus baseline for each stage that both know, in milliseconds of a typical segment.
    pub stage_deltas_ms: BTreeMap<String, f64>,
    /// Change of the queue's length during the test.
    pub queue: Option<i64>,
    /// Retries during the test.
    pub retries: Option<i64>,
    /// Uses of the fallback model during the test.
    pub fallback: Option<i64>,
    /// Merge-lock waits during the test.
    pub merge_waits: Option<i64>,
}

/// Explains a growth of `growth_ms` from the stage times of the baseline and of this run.
///
/// A job of many segments works through them in `rounds`, so a per-segment stage that grew by d makes the job slower
/// by rounds × d, and makes its segments wait longer too: on average by d × (rounds − 1) / 2. That part of a longer
/// queue wait is a consequence and is taken off; only the rest counts for the queue, where d more per lease shows as
/// a mean wait of d × (rounds + 1) / 2.
#[must_use]
pub fn explain(
    growth_ms: f64,
    (baseline, measured): (&StageTimes, &StageTimes),
    rounds: Rounds,
    counters: CounterDeltas,
) -> Explanation {
    let stage_deltas_ms: BTreeMap<String, f64> = measured
        .iter()
        .filter_map(|(name, ms)| Some((name.to_owned(), to_micros(ms - baseline.get_ms(name)?))))
        .collect();
    let (stage, stage_growth_ms) = attribute(growth_ms, &contributions(&stage_deltas_ms, rounds));
    Explanation {
        stage,
        growth_ms: to_micros(growth_ms),
        stage_growth_ms: to_micros(stage_growth_ms),
        stage_deltas_ms,
        queue: counters.queue,
        retries: counters.retries,
        fallback: counters.fallback,
        merge_waits: counters.merge_waits,
    }
}

/// Rounded to whole microseconds, and finite: what is beyond either is noise.
fn to_micros(ms: f64) -> f64 {
    (ms.clamp(-1e300, 1e300) * 1e3).round() / 1e3
}

/// Each stage's part in the job's growth, in milliseconds of the whole job.
fn contributions(deltas_ms: &BTreeMap<String, f64>, rounds: Rounds) -> BTreeMap<&str, f64> {
    let rounds = rounds.get();
    let per_segment = [stage::SYNTH, stage::ENCODE, stage::STORE];
    let work_ms: f64 = per_segment.iter().filter_map(|name| deltas_ms.get(*name)).sum();
    let consequence_ms = work_ms.max(0.0) * (rounds - 1.0) / 2.0;
    let part = |name: &str, delta: f64| match name {
        stage::QUEUE_WAIT => (delta - consequence_ms) * 2.0 / (rounds + 1.0) * rounds,
        name if per_segment.contains(&name) => delta * rounds,
        _ => delta,
    };
    deltas_ms
        .iter()
        .map(|(name, &delta)| (name.as_str(), part(name, delta)))
        .collect()
}

fn attribute(growth_ms: f64, contributions: &BTreeMap<&str, f64>) -> (Attribution, f64) {
    let accounted: f64 = contributions.values().filter(|ms| **ms > 0.0).sum();
    let largest = contributions.iter().max_by(|a, b| a.1.total_cmp(b.1));
    match largest {
        Some((name, &ms)) if growth_ms > 0.0 && ms > 0.0 && accounted >= growth_ms * ENOUGH => {
            (Attribution::Stage((*name).to_owned()), ms)
        }
        _ => (Attribution::Unattributed, 0.0),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const BASELINE: [(&str, f64); 5] = [
        (stage::SUBMIT, 2.0),
        (stage::QUEUE_WAIT, 300.0),
        (stage::SYNTH, 200.0),
        (stage::ENCODE, 5.0),
        (stage::STORE, 1.0),
    ];

    fn times(pairs: impl IntoIterator<Item = (&'static str, f64)>) -> StageTimes {
        let mut times = StageTimes::new();
        pairs
            .into_iter()
            .for_each(|(name, ms)| times.insert(name, ms).unwrap());
        times
    }

    fn found(growth_ms: f64, grown: &[(&str, f64)], segments: u32) -> Explanation {
        let more = |name: &str| {
            grown
                .iter()
                .filter(|(n, _)| *n == name)
                .map(|(_, ms)| ms)
                .sum::<f64>()
        };
        let measured = times(BASELINE.map(|(name, ms)| (name, ms + more(name))));
        let rounds = Rounds::new(segments, 4).unwrap();
        explain(
            growth_ms,
            (&times(BASELINE), &measured),
            rounds,
            CounterDeltas::default(),
        )
    }

    #[rstest]
    #[case::one_segment(2000.0, &[("synth", 2000.0)], 1, "synth", 2000.0)]
    #[case::submit(800.0, &[("http.submit", 800.0), ("synth", 3.0)], 1, "http.submit", 800.0)]
    #[case::slower_synthesis_of_many_makes_them_wait(10_000.0, &[("synth", 2000.0), ("queue.lease", 4000.0)], 20, "synth", 10_000.0)]
    #[case::a_little_slower_store_of_many(500.0, &[("store", 100.0), ("queue.lease", 200.0)], 20, "store", 500.0)]
    #[case::slower_lease_of_many(10_000.0, &[("queue.lease", 6000.0), ("synth", 1.0)], 20, "queue.lease", 9996.667)]
    #[case::the_larger_of_two(3000.0, &[("synth", 1000.0), ("encode", 2000.0)], 1, "encode", 2000.0)]
    fn the_stage_that_grew_is_named(
        #[case] growth_ms: f64,
        #[case] grown: &[(&str, f64)],
        #[case] segments: u32,
        #[case] stage: &str,
        #[case] ms: f64,
    ) {
        let explanation = found(growth_ms, grown, segments);
        assert_eq!(
            explanation.stage,
            Attribution::Stage(stage.to_owned()),
            "{explanation:?}"
        );
        assert_eq!(explanation.stage_growth_ms, ms);
    }

    #[rstest]
    #[case::no_stage_grew(2000.0, &[])]
    #[case::too_little_grew(2000.0, &[("synth", 900.0)])]
    #[case::stages_got_faster(2000.0, &[("synth", -100.0)])]
    #[case::the_test_did_not_grow(-5.0, &[("synth", 100.0)])]
    fn what_the_stages_do_not_account_for_is_unattributed(
        #[case] growth_ms: f64,
        #[case] grown: &[(&str, f64)],
    ) {
        let explanation = found(growth_ms, grown, 1);
        assert_eq!(explanation.stage, Attribution::Unattributed, "{explanation:?}");
        assert_eq!(explanation.stage_growth_ms, 0.0);
    }

    #[test]
    fn stages_that_one_side_does_not_know_are_left_out() {
        let (old, new) = (
            times([("synth", 1.0), ("gone", 1.0)]),
            times([("synth", 2.0), ("new", 900.0)]),
        );
        let explanation = explain(900.0, (&old, &new), Rounds::ONE, CounterDeltas::default());
        assert_eq!(explanation.stage_deltas_ms, [("synth".to_owned(), 1.0)].into());
        assert_eq!(explanation.stage, Attribution::Unattributed);
        let bare = explain(
            900.0,
            (&StageTimes::new(), &new),
            Rounds::ONE,
            CounterDeltas::default(),
        );
        assert_eq!(
            (bare.stage, bare.stage_deltas_ms.len()),
            (Attribution::Unattributed, 0)
        );
    }

    #[test]
    fn in_json_the_stage_is_its_name_and_the_counters_stand_beside_it() {
        let counters = CounterDeltas {
            queue: Some(3),
            retries: Some(0),
            fallback: None,
            merge_waits: Some(1),
        };
        let explanation = explain(
            50.0,
            (&times([("synth", 1.0)]), &times([("synth", 51.0)])),
            Rounds::ONE,
            counters,
        );
        insta::assert_json_snapshot!(explanation, @r#"
        {
          "stage": "synth",
          "growth_ms": 50.0,
          "stage_growth_ms": 50.0,
          "stage_deltas_ms": {
            "synth": 50.0
          },
          "queue": 3,
          "retries": 0,
          "fallback": null,
          "merge_waits": 1
        }
        "#);
        let unattributed = serde_json::to_string(&Attribution::Unattributed).unwrap();
        assert_eq!(unattributed, "\"unattributed\"");
        assert_eq!(
            serde_json::from_str::<Attribution>(&unattributed).unwrap(),
            Attribution::Unattributed
        );
    }
}
