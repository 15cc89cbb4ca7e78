//! What the statistics of a comparison would say of a run against its stored baseline. Advice, and never more: a stored baseline
//! cannot see how the machine has drifted since.

use perf_guard::{
    Baseline, Measurement,
    comparison::{Advice, Comparer, Plan, StoredTest},
};

/// One sentence for each value that looks slower; it changes no verdict.
pub fn advice(measured: &[Measurement], baseline: &Baseline) -> Vec<String> {
    let stored = |measurement: &Measurement| {
        Some(StoredTest {
            key: measurement.key.clone(),
            stored: baseline.get(&measurement.key)?.samples.clone(),
            measured: measurement.samples.clone(),
        })
    };
    let tests: Vec<StoredTest> = measured.iter().filter_map(stored).collect();
    let found = Comparer::new(Plan::default()).advise(&tests);
    found
        .iter()
        .filter(|advice| advice.looks_slower)
        .map(sentence)
        .collect()
}

fn sentence(advice: &Advice) -> String {
    let percent = |ratio: f64| format!("{:+.0} %", (ratio - 1.0) * 100.0);
    let interval = advice.ratio.interval.map_or_else(String::new, |interval| {
        format!(" ({} to {})", percent(interval.low), percent(interval.high))
    });
    format!(
        "advice, no verdict: {} looks slower than stored by {}{interval}; a stored baseline cannot tell this from a machine \
         that has drifted, `golden compare` can",
        advice.key,
        percent(advice.ratio.estimate)
    )
}

#[cfg(test)]
mod tests {
    use perf_guard::{CacheState, CounterDeltas, Rounds, Samples, Seconds, StageTimes, TimedKey};

    use super::*;

    const BASELINE: &str = r#"{
      "schema_version": 1,
      "provenance": {"git_commit": null, "git_dirty": null, "settings_digest": "d", "runs": 5,
        "recorded_at": "2026-01-01T00:00:00Z", "environment": {"os": "linux", "arch": "x", "cpu_model": null, "cores": 2}},
      "limits": {"multiplier": 2, "add_seconds": 0.25},
      "tests": {"a": {"cold": {"samples_s": [0.100, 0.101, 0.102, 0.099, 0.103]}}}
    }"#;

    fn measured(samples: &[f64]) -> Measurement {
        Measurement {
            key: TimedKey::new("a", CacheState::Cold),
            samples: Samples::from_f64s("a", samples).unwrap(),
            stages: StageTimes::new(),
            rounds: Rounds::ONE,
            counters: CounterDeltas::default(),
            timeout: Seconds::new(60.0).unwrap(),
        }
    }

    #[test]
    fn what_looks_slower_than_stored_is_told_as_advice_and_the_rest_is_not() {
        let baseline = Baseline::parse(BASELINE).unwrap();
        assert!(advice(&[measured(&[0.101, 0.1, 0.102])], &baseline).is_empty());
        let told = advice(&[measured(&[0.131, 0.13, 0.132])], &baseline);
        assert_eq!(told.len(), 1);
        assert!(
            told[0].starts_with(
                "advice, no verdict: a (cold) looks slower than stored by +30 % (+26 % to +33 %)"
            ),
            "{}",
            told[0]
        );
    }
}
