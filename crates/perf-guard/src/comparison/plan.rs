//! How many runs, how many looks at them, and how much error each look may spend.

use crate::seconds::ValueError;

use super::{MAX_PAIRS, rank_sum, signed_rank};

/// A point at which the runs so far are judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// After so many pairs.
    pub pairs: usize,
    /// Part of the whole error that this look may spend. The parts add up to 1.
    pub share: f64,
}

/// The settings of a comparison, fixed before the first run.
///
/// **Two looks.** Each look applies Holm to all its tests at its own part of the error, and a test is reported when
/// either look rejects. By the union bound the chance of any false report is at most the sum of the parts, whatever
/// the dependence between looks and between tests. The default gives the first look, at half of the runs, a fifth:
/// enough for a slowdown that separates the arms, at little cost to the second.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    smallest_effect: f64,
    error: f64,
    confidence: f64,
    looks: Vec<Look>,
}

/// Part of the error for the look at half of the runs.
const FIRST_SHARE: f64 = 0.2;

impl Default for Plan {
    fn default() -> Self {
        Self {
            smallest_effect: 0.05,
            error: 0.01,
            confidence: 0.95,
            looks: vec![
                Look {
                    pairs: 10,
                    share: FIRST_SHARE,
                },
                Look {
                    pairs: 20,
                    share: 1.0 - FIRST_SHARE,
                },
            ],
        }
    }
}

impl Plan {
    /// Other numbers of pairs: a look at half of them and one at all; with one pair one look only.
    ///
    /// # Errors
    /// Not 1 to [`MAX_PAIRS`].
    pub fn with_pairs(mut self, pairs: usize) -> Result<Self, ValueError> {
        if !(1..=MAX_PAIRS).contains(&pairs) {
            return Err(ValueError::new("runs", pairs, "1 to 100 runs an arm"));
        }
        self.looks = match pairs / 2 {
            0 => vec![Look { pairs, share: 1.0 }],
            half => vec![
                Look {
                    pairs: half,
                    share: FIRST_SHARE,
                },
                Look {
                    pairs,
                    share: 1.0 - FIRST_SHARE,
                },
            ],
        };
        Ok(self)
    }

    /// The smallest slowdown worth knowing, as a part of the base: 0.05 for +5 %. Only more than that is reported.
    ///
    /// # Errors
    /// Negative, not finite, or above 10.
    pub fn with_smallest_effect(mut self, part: f64) -> Result<Self, ValueError> {
        let legal = "0 to 10, as a part of the base's time";
        self.smallest_effect = within("smallest_effect", part, 0.0..=10.0, legal)?;
        Ok(self)
    }

    /// The chance of any false report in a whole suite, in each direction.
    ///
    /// # Errors
    /// Not within 0.000001 to 0.2.
    pub fn with_error(mut self, error: f64) -> Result<Self, ValueError> {
        self.error = within("error", error, 1e-6..=0.2, "0.000001 to 0.2")?;
        Ok(self)
    }

    /// The coverage of the intervals of the ratios.
    ///
    /// # Errors
    /// Not within 0.5 to 0.9999.
    pub fn with_confidence(mut self, confidence: f64) -> Result<Self, ValueError> {
        self.confidence = within("confidence", confidence, 0.5..=0.9999, "0.5 to 0.9999")?;
        Ok(self)
    }

    /// The smallest slowdown worth knowing, as a part of the base.
    #[must_use]
    pub const fn smallest_effect(&self) -> f64 {
        self.smallest_effect
    }

    /// The chance of any false report in a whole suite, in each direction.
    #[must_use]
    pub const fn error(&self) -> f64 {
        self.error
    }

    /// The coverage of the intervals.
    #[must_use]
    pub const fn confidence(&self) -> f64 {
        self.confidence
    }

    /// The looks, in order of time; at least one.
    #[must_use]
    pub fn looks(&self) -> &[Look] {
        &self.looks
    }

    /// Pairs of the last look: what a whole run has.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.last_look().pairs
    }

    /// The floor of *insufficient*: the smallest number of usable pairs at which the best possible p of a test passes
    /// Holm's strictest step among so many hypotheses at the last look. With fewer, a test cannot be found slower,
    /// however slow it is. Nothing if [`MAX_PAIRS`] are too few.
    #[must_use]
    pub fn floor(&self, hypotheses: usize) -> Option<usize> {
        (1..=MAX_PAIRS).find(|&n| {
            self.can_show(
                Usable {
                    base: n,
                    head: n,
                    pairs: n,
                },
                hypotheses,
            )
        })
    }

    pub(super) fn can_show(&self, usable: Usable, hypotheses: usize) -> bool {
        hypotheses as f64 * usable.best_possible_p() <= self.error_of(self.last_look())
    }

    pub(super) fn error_of(&self, look: Look) -> f64 {
        self.error * look.share
    }

    pub(super) fn last_look(&self) -> Look {
        // There is always one; the fallback only spares a panic, and could reject nothing.
        self.looks
            .last()
            .copied()
            .unwrap_or(Look { pairs: 0, share: 0.0 })
    }
}

/// What is left of a test without its fast-ready runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Usable {
    /// Runs of base.
    pub(super) base: usize,
    /// Runs of head.
    pub(super) head: usize,
    /// Pairs of which both are usable.
    pub(super) pairs: usize,
}

impl Usable {
    /// The smallest combined p that so many runs can give.
    pub(super) fn best_possible_p(self) -> f64 {
        let sum = rank_sum::best_possible(self.base, self.head);
        combined(sum, signed_rank::best_possible(self.pairs))
    }
}

/// Both tests in one p: twice the smaller, by the union bound, so that either may find what the other misses.
/// The rank sum sees more in few runs; the pairs take out drift that both arms share.
pub(super) fn combined(rank_sum: f64, signed_rank: f64) -> f64 {
    (2.0 * rank_sum.min(signed_rank)).min(1.0)
}

fn within(
    field: &str,
    value: f64,
    range: std::ops::RangeInclusive<f64>,
    legal: &'static str,
) -> Result<f64, ValueError> {
    if range.contains(&value) {
        Ok(value)
    } else {
        Err(ValueError::new(field, value, legal))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn the_looks_spend_the_whole_error_and_no_more() {
        for plan in [
            Plan::default(),
            Plan::default().with_pairs(1).unwrap(),
            Plan::default().with_pairs(37).unwrap(),
        ] {
            let spent: f64 = plan.looks().iter().map(|&look| plan.error_of(look)).sum();
            assert!((spent - 0.01).abs() < 1e-15, "{spent}");
            assert!(plan.looks().is_sorted_by(|a, b| a.pairs < b.pairs));
        }
    }

    /// `2 m / C(2n, n) <= 0.008`: with one test C must be 250 (n = 5 gives 252), with 20 tests 5,000 (n = 8 gives
    /// 12,870, n = 7 gives 3,432), with 40 tests 10,000, with 300 tests 75,000 (n = 9 gives 48,620).
    #[rstest]
    #[case::one_test(1, Some(5))]
    #[case::twenty(20, Some(8))]
    #[case::forty(40, Some(8))]
    // The whole error of 0.01 would let 8 pass.
    #[case::sixty_by_the_last_looks_part(60, Some(9))]
    #[case::three_hundred(300, Some(10))]
    fn the_floor_follows_from_the_number_of_hypotheses(
        #[case] hypotheses: usize,
        #[case] floor: Option<usize>,
    ) {
        assert_eq!(Plan::default().floor(hypotheses), floor);
    }

    #[rstest]
    #[case::no_runs(Plan::default().with_pairs(0), "runs is 0, legal is 1 to 100 runs an arm")]
    #[case::too_many(Plan::default().with_pairs(101), "runs is 101, legal is 1 to 100 runs an arm")]
    #[case::nan(
        Plan::default().with_smallest_effect(f64::NAN),
        "smallest_effect is NaN, legal is 0 to 10, as a part of the base's time"
    )]
    #[case::negative(
        Plan::default().with_smallest_effect(-0.1),
        "smallest_effect is -0.1, legal is 0 to 10, as a part of the base's time"
    )]
    #[case::no_error(Plan::default().with_error(0.0), "error is 0, legal is 0.000001 to 0.2")]
    #[case::certain(Plan::default().with_confidence(1.0), "confidence is 1, legal is 0.5 to 0.9999")]
    fn a_plan_that_makes_no_sense_is_refused_by_its_field(
        #[case] plan: Result<Plan, ValueError>,
        #[case] text: &str,
    ) {
        assert_eq!(plan.unwrap_err().to_string(), text);
    }
}
