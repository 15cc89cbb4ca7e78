//! What becomes a baseline, and what does not.

use rstest::rstest;

use super::*;
use crate::{
    CacheState, CounterDeltas, Multiplier, Rounds, Samples, StageTimes, TimedTest,
    environment::tests::context,
};

fn measured(test: &str, samples: &[f64]) -> Measurement {
    let mut stages = StageTimes::new();
    stages.insert("synth", 12.345_678).unwrap();
    Measurement {
        key: TimedKey::new(test, CacheState::Cold),
        samples: Samples::from_f64s("samples", samples).unwrap(),
        stages,
        rounds: Rounds::ONE,
        counters: CounterDeltas::default(),
        timeout: Seconds::new(60.0).unwrap(),
    }
}

fn recording() -> Recording {
    let context = context();
    Recording {
        result: RunResult::Passed,
        measurements: vec![
            measured("b", &[2.0; 5]),
            measured("a", &[1.0, 1.1, 1.200_000_04, 1.3, 1.4]),
        ],
        provenance: Provenance {
            git_commit: Some("feed".into()),
            git_dirty: Some(false),
            environment: context.environment,
            settings_digest: context.settings_digest,
            recorded_at: "2026-01-01T00:00:00Z".parse().unwrap(),
            runs: 5,
        },
    }
}

fn old() -> Baseline {
    let mut old = update(None, &recording(), UpdateOptions::default())
        .unwrap()
        .baseline;
    let limits = |m| LimitOverrides {
        multiplier: Multiplier::new(m).ok(),
        add_seconds: None,
    };
    old.limits = limits(7.0);
    let a: &mut TimedTest = old.tests.get_mut("a").unwrap();
    a.limits = limits(3.0);
    a.states.get_mut(&CacheState::Cold).unwrap().limits = limits(2.0);
    old
}

#[test]
fn a_new_baseline_holds_the_run_rounded_and_reads_back() {
    let update = update(None, &recording(), UpdateOptions::default()).unwrap();
    let text = update.baseline.render().unwrap();
    assert_eq!(Baseline::parse(&text).unwrap(), update.baseline);
    let a = update
        .baseline
        .get(&TimedKey::new("a", CacheState::Cold))
        .unwrap();
    assert_eq!(a.samples.median().as_secs_f64(), 1.2);
    assert_eq!(a.stages.get_ms("synth"), Some(12.346));
    assert_eq!(update.baseline.provenance, Some(recording().provenance));
    let rows: Vec<(String, bool)> = update
        .rows
        .iter()
        .map(|r| (r.key.test.clone(), r.before.is_some()))
        .collect();
    assert_eq!(rows, [("a".to_owned(), false), ("b".to_owned(), false)]);
}

#[test]
fn limits_of_the_old_baseline_are_kept() {
    let new = update(Some(&old()), &recording(), UpdateOptions::default())
        .unwrap()
        .baseline;
    assert_eq!(new, old());
}

#[test]
fn before_and_after_are_told() {
    let mut run = recording();
    run.measurements[0] = measured("b", &[3.0; 5]);
    run.measurements.push(measured("c", &[4.0; 5]));
    let rows = update(Some(&old()), &run, UpdateOptions::default()).unwrap().rows;
    let told: Vec<String> = rows
        .iter()
        .map(|r| {
            let s = |t: Option<Seconds>| t.map(Seconds::as_secs_f64);
            format!(
                "{} {:?} {:?} {:?}",
                r.key,
                s(r.before),
                s(r.after),
                r.effective_ratio
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "a (cold) Some(1.2) Some(1.2) Some(3.5)",
            "b (cold) Some(2.0) Some(3.0) Some(7.0)",
            "c (cold) None Some(4.0) Some(7.0)",
        ]
    );
}

#[test]
fn a_test_that_was_not_measured_is_removed_only_when_told() {
    let mut run = recording();
    run.measurements.truncate(1);
    let error = update(Some(&old()), &run, UpdateOptions::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the baseline has a (cold), not measured by this run"),
        "{error}"
    );
    let options = UpdateOptions {
        unmeasured: Unmeasured::Remove,
        ..UpdateOptions::default()
    };
    let update = update(Some(&old()), &run, options).unwrap();
    assert_eq!(update.baseline.keys().count(), 1);
    assert_eq!(
        (update.rows[0].key.test.as_str(), update.rows[0].after),
        ("a", None)
    );
}

#[rstest]
#[case::failed(
    |r: &mut Recording| r.result = RunResult::Failed { reason: "test_2 failed".into() },
    "no baseline from a failed run: test_2 failed; legal is a run that passed"
)]
#[case::empty(|r: &mut Recording| r.measurements.clear(), "no baseline from a run that timed nothing")]
#[case::four_repeats(
    |r: &mut Recording| r.measurements[1] = measured("a", &[1.0; 4]),
    "a (cold) has 4 repeats, legal is 5 or more (--repeat)"
)]
#[case::dirty(|r: &mut Recording| r.provenance.git_dirty = Some(true), "the working tree has uncommitted changes")]
#[case::unknown(|r: &mut Recording| r.provenance.git_dirty = None, "the working tree is not known to be clean")]
#[case::twice(|r: &mut Recording| r.measurements.push(measured("a", &[1.0; 5])), "a (cold) was measured twice")]
fn an_unfit_run_is_refused(#[case] spoil: fn(&mut Recording), #[case] expected: &str) {
    let mut run = recording();
    spoil(&mut run);
    let error = update(None, &run, UpdateOptions::default())
        .unwrap_err()
        .to_string();
    assert!(error.starts_with(expected), "{error}");
}

#[rstest]
#[case::dirty(Some(true))]
#[case::unknown(None)]
fn a_dirty_tree_is_recorded_as_such_when_allowed(#[case] git_dirty: Option<bool>) {
    let mut run = recording();
    run.provenance.git_dirty = git_dirty;
    let options = UpdateOptions {
        dirty: DirtyTree::Allow,
        ..UpdateOptions::default()
    };
    let new = update(None, &run, options).unwrap().baseline;
    assert_eq!(new.provenance.unwrap().git_dirty, git_dirty);
}
