//! Times against those of a stored baseline, by the same statistics: advice, never a verdict. Nothing pairs the runs, and a
//! drift of the machine between the sessions looks like a slowdown.

use super::{
    Comparer, Ratio,
    arms::{Arms, Direction},
    estimate, holm,
    outcome::FastReady,
};
use crate::{cache::TimedKey, samples::Samples};

/// One timed value in both sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTest {
    /// Which.
    pub key: TimedKey,
    /// Of the baseline's session.
    pub stored: Samples,
    /// Of this one.
    pub measured: Samples,
}

/// What the statistics would say of a value, if the sessions were alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice {
    /// Which value.
    pub key: TimedKey,
    /// Measured over stored.
    pub ratio: Ratio,
    /// The p of "slower by more than the smallest effect", after Holm over all values.
    pub p_adjusted: f64,
    /// Whether the interval of this value alone lies above the smallest effect.
    pub looks_slower: bool,
}

impl Comparer {
    /// What the statistics would say, in the order of the tests.
    pub fn advise(&mut self, tests: &[StoredTest]) -> Vec<Advice> {
        let (effect, confidence) = (self.plan.smallest_effect(), self.plan.confidence());
        let arms: Vec<Arms> = tests.iter().map(unpaired).collect();
        let tails = &mut self.tails;
        let p_values: Vec<f64> = arms
            .iter()
            .map(|arms| arms.p(Direction::Worse, effect, tails))
            .collect();
        let adjusted = holm::adjusted(&p_values);
        let all = tests.iter().zip(&arms).zip(adjusted);
        all.filter_map(|((test, arms), p_adjusted)| {
            let ratio = estimate::ratio(&mut self.tails.sums, &arms.base, &arms.head, confidence)?;
            Some(Advice {
                key: test.key.clone(),
                ratio,
                p_adjusted,
                looks_slower: ratio.interval.is_some_and(|interval| interval.low > 1.0 + effect),
            })
        })
        .collect()
    }
}

fn unpaired(test: &StoredTest) -> Arms {
    let logs = |samples: &Samples| samples.iter().map(|s| s.as_secs_f64().ln()).collect();
    Arms {
        base: logs(&test.stored),
        head: logs(&test.measured),
        differences: Vec::new(),
        fast_ready: FastReady {
            base: 0,
            head: 0,
            of: 0,
        },
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{CacheState, comparison::Plan};

    fn advice(stored: &[f64], measured: &[f64]) -> Advice {
        let test = StoredTest {
            key: TimedKey::new("a", CacheState::Cold),
            stored: Samples::from_f64s("stored", stored).unwrap(),
            measured: Samples::from_f64s("measured", measured).unwrap(),
        };
        Comparer::new(Plan::default()).advise(&[test]).remove(0)
    }

    const STORED: [f64; 5] = [0.100, 0.101, 0.102, 0.099, 0.103];

    #[rstest]
    #[case::the_same(&[0.101, 0.100, 0.1025], false)]
    #[case::slower(&[0.130, 0.131, 0.129], true)]
    #[case::one_outlier(&[0.101, 0.100, 0.9], false)]
    #[case::too_few_for_an_interval(&[0.2], false)]
    fn a_value_looks_slower_when_its_whole_interval_does(#[case] measured: &[f64], #[case] slower: bool) {
        assert_eq!(advice(&STORED, measured).looks_slower, slower);
    }

    /// `2 / C(8, 3)`.
    #[test]
    fn few_repeats_never_reach_the_level_of_a_verdict() {
        let found = advice(&STORED, &[0.2, 0.21, 0.22]);
        assert!((found.p_adjusted - 2.0 / 56.0).abs() < 1e-12, "{found:?}");
        assert!((found.ratio.estimate - 2.08).abs() < 0.01, "{found:?}");
    }
}
