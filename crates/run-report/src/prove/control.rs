//! Controls: cells without a fault, where whatever goes red is a false alarm.

use perf_guard::Seconds;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ProveRule;

/// One run without a fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// What was run.
    pub kind: ControlKind,
    /// The fault or stage after which it came; null for one at the beginning.
    pub after: Option<String>,
    /// How many timed values or tests were judged; 0 means that it shows nothing.
    pub judged: usize,
    /// What went red.
    pub alarms: Vec<Alarm>,
    /// What it took.
    pub took_s: Option<Seconds>,
}

/// What a control runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ControlKind {
    /// The timed tests, by both rules, as in a cell with a slowdown.
    Timed,
    /// The tests of correctness.
    Correctness,
}

impl ControlKind {
    /// The rules that it puts to the test.
    #[must_use]
    pub const fn rules(self) -> &'static [ProveRule] {
        match self {
            Self::Timed => &[ProveRule::Fixed, ProveRule::Statistical],
            Self::Correctness => &[ProveRule::Correctness],
        }
    }
}

/// Something that went red without a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// By which rule.
    pub rule: ProveRule,
    /// The test, as in `test_1 (cold)`.
    pub test: String,
    /// What it said.
    pub reason: String,
}

/// How often a rule went red without a fault. The unit is a control: a whole suite, not a single test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FalseAlarms {
    /// The rule.
    pub rule: ProveRule,
    /// Controls that judged something by it.
    pub controls: u64,
    /// Of them, those in which it went red.
    pub red: u64,
    /// Upper end of the one-sided 95 % interval for the share of suites that go red without cause, by Clopper and Pearson
    /// (1934); null without controls.
    pub upper_bound_95: Option<f64>,
}

impl FalseAlarms {
    /// Counts over the controls.
    #[must_use]
    pub fn of(rule: ProveRule, controls: &[Control]) -> Self {
        let judging = || {
            controls
                .iter()
                .filter(move |control| control.judged > 0 && control.kind.rules().contains(&rule))
        };
        let red = judging().filter(|control| control.alarms.iter().any(|alarm| alarm.rule == rule));
        let (red, controls) = (red.count() as u64, judging().count() as u64);
        Self {
            rule,
            controls,
            red,
            upper_bound_95: upper_bound_95(red, controls),
        }
    }
}

/// The exact upper bound of Clopper and Pearson for a rate of which `red` of `of` were seen: the largest rate at which so
/// few would still be seen one time in twenty. For none seen it is 1 − 0.05^(1/n). Nothing without a trial.
#[must_use]
pub fn upper_bound_95(red: u64, of: u64) -> Option<f64> {
    if of == 0 || red > of {
        return None;
    }
    if red == of {
        return Some(1.0);
    }
    if red == 0 {
        return Some(1.0 - 0.05_f64.powf(1.0 / of as f64));
    }
    // The chance of at most `red` falls as the rate grows, so the rate is found by halving.
    let (mut low, mut high) = (red as f64 / of as f64, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if at_most(red, of, middle) > 0.05 {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(high)
}

/// The binomial chance of at most `red` of `of` at this rate, strictly between 0 and 1.
fn at_most(red: u64, of: u64, rate: f64) -> f64 {
    let (n, mut log_term) = (of as f64, (of as f64) * (1.0 - rate).ln());
    let mut sum = log_term.exp();
    for k in 0..red {
        let k = k as f64;
        log_term += ((n - k) / (k + 1.0)).ln() + rate.ln() - (1.0 - rate).ln();
        sum += log_term.exp();
    }
    sum
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// The first two by 1 − 0.05^(1/n), the others from R's `binom.test(k, n, alternative = "less")`.
    #[rstest]
    #[case::none_of_one(0, 1, 0.95)]
    #[case::none_of_sixty(0, 60, 0.048_702)]
    #[case::one_of_ten(1, 10, 0.394_163)]
    #[case::two_of_twenty(2, 20, 0.282_619)]
    #[case::all(3, 3, 1.0)]
    fn the_bound_is_clopper_and_pearsons(#[case] red: u64, #[case] of: u64, #[case] bound: f64) {
        let found = upper_bound_95(red, of).unwrap();
        assert!((found - bound).abs() < 1e-5, "{found}");
    }

    #[test]
    fn nothing_tried_bounds_nothing() {
        assert_eq!(upper_bound_95(0, 0), None);
        assert_eq!(upper_bound_95(2, 1), None);
    }

    #[test]
    fn a_control_that_judged_nothing_does_not_count() {
        let control = |judged, alarms| Control {
            kind: ControlKind::Timed,
            after: None,
            judged,
            alarms,
            took_s: None,
        };
        let alarm = Alarm {
            rule: ProveRule::Fixed,
            test: "test_1 (cold)".into(),
            reason: "slower".into(),
        };
        let controls = [control(9, vec![alarm]), control(9, vec![]), control(0, vec![])];
        let fixed = FalseAlarms::of(ProveRule::Fixed, &controls);
        assert_eq!((fixed.controls, fixed.red), (2, 1));
        let statistical = FalseAlarms::of(ProveRule::Statistical, &controls);
        assert_eq!((statistical.controls, statistical.red), (2, 0));
        let correctness = FalseAlarms::of(ProveRule::Correctness, &controls);
        assert_eq!((correctness.controls, correctness.upper_bound_95), (0, None));
    }
}
