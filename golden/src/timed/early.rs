//! When further repeats can change nothing: the median of n repeats lies above a threshold for certain once more than
//! half of them do, and below it likewise. A proof stops there; a run always makes all its repeats.

use std::collections::BTreeMap;

use perf_guard::{Seconds, TimedKey};

use super::TimedTest;

/// How long a timed test is repeated.
#[derive(Debug, Clone, PartialEq)]
pub enum Repeating {
    /// As often as planned.
    Always,
    /// Until each of its medians is certain to be on one side of its threshold.
    UntilDecided(Decided),
}

/// Thresholds, and which medians they have decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    thresholds: BTreeMap<TimedKey, Seconds>,
}

impl Decided {
    /// By these thresholds. What has none is decided by its first run: nothing is judged by it.
    #[must_use]
    pub const fn by(thresholds: BTreeMap<TimedKey, Seconds>) -> Self {
        Self { thresholds }
    }

    fn holds(&self, key: &TimedKey, samples: &[Seconds], repeats: u32) -> bool {
        let Some(threshold) = self.thresholds.get(key) else {
            return !samples.is_empty();
        };
        let above = samples.iter().filter(|sample| *sample > threshold).count();
        let half = repeats as usize / 2;
        above > half || samples.len() - above > half
    }
}

impl Repeating {
    /// Whether a test need not be repeated any more, given its samples so far.
    #[must_use]
    pub fn is_over(
        &self,
        test: &TimedTest,
        repeats: u32,
        samples: impl Fn(&TimedKey) -> Vec<Seconds>,
    ) -> bool {
        match self {
            Self::Always => false,
            Self::UntilDecided(decided) => test
                .keys()
                .all(|key| decided.holds(&key, &samples(&key), repeats)),
        }
    }
}

#[cfg(test)]
mod tests {
    use perf_guard::CacheState;
    use rstest::rstest;
    use run_report::Metric;

    use super::*;

    #[rstest]
    #[case::nothing_yet(&[], false)]
    #[case::one_of_three(&[9.0], false)]
    #[case::two_above(&[9.0, 8.0], true)]
    #[case::two_below(&[0.1, 0.2], true)]
    #[case::one_each(&[9.0, 0.1], false)]
    #[case::at_the_threshold_is_below(&[1.0, 1.0], true)]
    fn three_repeats_are_decided_by_two_of_a_side(#[case] samples: &[f64], #[case] over: bool) {
        let test = TimedTest {
            name: "a".into(),
            case: "a".into(),
            metrics: vec![Metric::SubmitToComplete],
            states: vec![CacheState::Cold],
        };
        let threshold = Seconds::new(1.0).unwrap();
        let decided = Decided::by([(TimedKey::new("a", CacheState::Cold), threshold)].into());
        let samples: Vec<Seconds> = samples.iter().map(|s| Seconds::new(*s).unwrap()).collect();
        assert_eq!(
            Repeating::UntilDecided(decided).is_over(&test, 3, |_| samples.clone()),
            over
        );
        assert!(!Repeating::Always.is_over(&test, 3, |_| samples.clone()));
    }
}
