//! What a comparison finds out about itself, from the runs that it has anyway.

use perf_guard::{
    TimedKey,
    comparison::{Comparer, PairedTest, PairedVerdict, Pairs, Plan, Run},
};
use run_report::{Arm, CompareSample, ComparedTest, SelfCheck};

/// All self-checks of these tests.
pub(super) fn all(tests: &[ComparedTest], plan: &Plan) -> Vec<SelfCheck> {
    [order(tests), control(tests, plan)]
        .into_iter()
        .flatten()
        .collect()
}

/// Whether each arm had the first run equally often, give or take one.
fn order(tests: &[ComparedTest]) -> Option<SelfCheck> {
    let lead = |test: &ComparedTest| {
        let base = test.first.iter().filter(|arm| **arm == Arm::Base).count();
        base.abs_diff(test.first.len() - base)
    };
    let worst = tests.iter().max_by_key(|test| lead(test))?;
    Some(SelfCheck {
        name: "order".to_owned(),
        holds: lead(worst) <= 1,
        detail: match lead(worst) {
            0 | 1 => "each arm had the first run of half of the pairs".to_owned(),
            lead => format!(
                "of {} one arm had the first run {lead} times more often",
                worst.label()
            ),
        },
    })
}

/// A comparison of base with itself, which has to find nothing: its runs of even pairs against those of odd ones, by the
/// same method. When it finds something, the surroundings change faster than the arms alternate, or it matters which
/// run of a pair comes first.
fn control(tests: &[ComparedTest], plan: &Plan) -> Option<SelfCheck> {
    let paired: Vec<PairedTest> = tests.iter().filter_map(halves).collect();
    let pairs = paired.iter().map(|test| test.pairs.len()).max()?;
    // With fewer it would find nothing whatever happens.
    plan.floor(paired.len()).filter(|floor| pairs >= *floor)?;
    let outcome = Comparer::new(plan.clone().with_pairs(pairs).ok()?)
        .compare(&paired)
        .ok()?;
    let differs = |verdict| matches!(verdict, PairedVerdict::Regressed | PairedVerdict::Improved);
    let found: Vec<String> = outcome
        .tests
        .iter()
        .filter(|test| differs(test.verdict))
        .map(|test| format!("{} ({})", test.name, test.cache))
        .collect();
    Some(SelfCheck {
        name: "control".to_owned(),
        holds: found.is_empty(),
        detail: if found.is_empty() {
            "base's runs of even pairs do not differ from those of odd ones, as it should be".to_owned()
        } else {
            format!(
                "base's own runs of even and odd pairs differ in {}: the machine was unsteady, or the order matters",
                found.join(", ")
            )
        },
    })
}

fn halves(test: &ComparedTest) -> Option<PairedTest> {
    let run = |sample: &CompareSample| Run {
        time: sample.seconds,
        origin: sample.origin,
    };
    let (even, odd): (Vec<Run>, Vec<Run>) = test
        .base
        .chunks_exact(2)
        .map(|two| (run(&two[0]), run(&two[1])))
        .unzip();
    Some(PairedTest {
        key: TimedKey::new(test.name.as_str(), test.cache),
        pairs: Pairs::new(&test.name, even, odd).ok()?,
    })
}
