//! The smallest slowdown that a run could have shown: power of the two tests under log-normal noise.

use std::{collections::HashMap, f64::consts::SQRT_2};

use super::{plan::Usable, tails::Tails};

/// The chance with which the smallest slowdown is found.
pub(super) const POWER: f64 = 0.8;

/// Scale of a normal distribution over its median absolute deviation.
const MAD_TO_SD: f64 = 1.482_602_218_505_602;

/// Spread of logarithms, by the median absolute deviation, so that a few outliers do not count: the ranks do not see
/// how far away those are either.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    /// Standard deviation within an arm.
    pub(super) arms: f64,
    /// Standard deviation of the differences within pairs.
    pub(super) differences: f64,
}

/// Shifts that are found with [`POWER`], in standard deviations; cached, since they depend on the sizes only.
#[derive(Debug, Clone, Default)]
pub(super) struct Shifts(HashMap<(Usable, u64), (Option<f64>, Option<f64>)>);

impl Shifts {
    /// The smallest slowdown, as a ratio, that the two tests together find with a chance of at least [`POWER`] when
    /// their p must be at most `level`; nothing where no slowdown is found.
    pub(super) fn ratio(
        &mut self,
        tails: &mut Tails,
        usable: Usable,
        spread: Spread,
        (smallest_effect, level): (f64, f64),
    ) -> Option<f64> {
        // Each test alone passes at half of the level, because the combined p is twice the smaller one.
        let (sum, signed) = *self.0.entry((usable, level.to_bits())).or_insert_with(|| {
            let sum = rank_sum_shift(tails.sums.untied(usable.base, usable.head), usable, level / 2.0);
            let signed = signed_rank_shift(tails.signs.untied(usable.pairs), usable.pairs, level / 2.0);
            (sum, signed)
        });
        let sum = sum.map(|sds| sds * spread.arms);
        let signed = signed.map(|sds| sds * spread.differences);
        let beyond = sum.into_iter().chain(signed).min_by(f64::total_cmp)?;
        Some((1.0 + smallest_effect) * beyond.exp())
    }
}

impl Spread {
    /// Of two arms and of the differences in their pairs. No deviation at all gives 0.
    pub(super) fn of(base: &[f64], head: &[f64], differences: &[f64]) -> Self {
        let mut deviations = deviations(base);
        deviations.extend(self::deviations(head));
        Self {
            arms: scale(&deviations),
            differences: scale(&self::deviations(differences)),
        }
    }
}

fn deviations(values: &[f64]) -> Vec<f64> {
    let middle = crate::samples::median(values).unwrap_or(0.0);
    values.iter().map(|value| (value - middle).abs()).collect()
}

fn scale(deviations: &[f64]) -> f64 {
    MAD_TO_SD * crate::samples::median(deviations).unwrap_or(0.0)
}

/// The smallest statistic that a test rejects at this level, if any.
fn critical(tail: &[f64], level: f64) -> Option<usize> {
    let first = tail.partition_point(|&p| p > level);
    (first < tail.len()).then_some(first)
}

/// Mean and variance of U when head is shifted: Lehmann, Nonparametrics (1975), chapter 2, section 3. The normal
/// approximation is that of the power only; the critical value is exact.
fn rank_sum_shift(tail: &[f64], usable: Usable, level: f64) -> Option<f64> {
    let critical = critical(tail, level)? as f64;
    let (a, b) = (usable.base as f64, usable.head as f64);
    smallest_shift(|shift| {
        let one = normal_cdf(shift / SQRT_2);
        let two = expected_square(shift);
        let mean = a * b * one;
        let variance = a * b * (one * (1.0 - one) + (a + b - 2.0) * (two - one * one));
        exceeds(critical, mean, variance)
    })
}

/// Mean and variance of W when the differences are shifted: Lehmann, Nonparametrics (1975), chapter 4, section 2.
fn signed_rank_shift(tail: &[f64], pairs: usize, level: f64) -> Option<f64> {
    let critical = critical(tail, level)? as f64;
    let n = pairs as f64;
    smallest_shift(|shift| {
        let (one, two) = (normal_cdf(shift), normal_cdf(SQRT_2 * shift));
        let three = expected_square(2.0 * shift);
        let mean = n * one + n * (n - 1.0) / 2.0 * two;
        let variance = n * one * (1.0 - one)
            + n * (n - 1.0) / 2.0 * (2.0 * (one - two).powi(2) + 3.0 * two * (1.0 - two))
            + n * (n - 1.0) * (n - 2.0) * (three - two * two);
        exceeds(critical, mean, variance)
    })
}

/// `P(statistic >= critical)` for a whole-numbered statistic.
fn exceeds(critical: f64, mean: f64, variance: f64) -> f64 {
    let distance = mean - (critical - 0.5);
    if variance > 0.0 {
        normal_cdf(distance / variance.sqrt())
    } else {
        f64::from(u8::from(distance > 0.0))
    }
}

/// By bisection, up to 20 standard deviations.
fn smallest_shift(power: impl Fn(f64) -> f64) -> Option<f64> {
    let (mut low, mut high) = (0.0, 20.0);
    if power(high) < POWER {
        return None;
    }
    while high - low > 1e-6 {
        let middle = f64::midpoint(low, high);
        if power(middle) < POWER {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(high)
}

/// `E[cdf(Z + shift)^2]` for standard normal Z: the chance that one shifted value beats two others. By Simpson's rule.
fn expected_square(shift: f64) -> f64 {
    const STEPS: u32 = 320;
    const END: f64 = 8.0;
    let step = 2.0 * END / f64::from(STEPS);
    let at = |i: u32| {
        let z = -END + f64::from(i) * step;
        (-z * z / 2.0).exp() * normal_cdf(z + shift).powi(2)
    };
    let weighted = |i: u32| {
        let weight = match i {
            0 | STEPS => 1.0,
            odd if odd % 2 == 1 => 4.0,
            _ => 2.0,
        };
        weight * at(i)
    };
    (0..=STEPS).map(weighted).sum::<f64>() * step / 3.0 / (2.0 * std::f64::consts::PI).sqrt()
}

fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::comparison::{
        Run,
        arms::{Arms, Direction},
        noise::Noise,
    };
    use crate::seconds::Seconds;

    #[test]
    fn the_normal_distribution_is_that_of_the_tables() {
        for (z, expected) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746),
            (1.959_963_985, 0.975),
            (-2.326_347_874, 0.01),
        ] {
            assert!((normal_cdf(z) - expected).abs() < 1e-9, "{z}");
        }
        // The greatest of three equal values is each of them equally often; far apart it is always the shifted one.
        assert!((expected_square(0.0) - 1.0 / 3.0).abs() < 1e-9);
        assert!((expected_square(20.0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn outliers_do_not_widen_the_spread() {
        let mut noise = Noise::seeded(1);
        let mut base: Vec<f64> = (0..100).map(|_| 0.05 * noise.normal()).collect();
        let head: Vec<f64> = (0..100).map(|_| 0.05 * noise.normal()).collect();
        let differences: Vec<f64> = base.iter().zip(&head).map(|(b, h)| h - b).collect();
        let spread = Spread::of(&base, &head, &differences);
        assert!((0.04..0.06).contains(&spread.arms), "{spread:?}");
        assert!((0.056..0.085).contains(&spread.differences), "{spread:?}");
        base[..3].fill(9.0);
        assert!((Spread::of(&base, &head, &differences).arms / spread.arms - 1.0).abs() < 0.1);
    }

    /// In 1,000 simulated comparisons: a slowdown of the size said is found in 80 % of them, give or take the normal
    /// approximation and three standard errors of the simulation.
    #[rstest]
    #[case::one_test(20, 0.05, 0.0, 0.008)]
    #[case::twenty_tests(20, 0.05, 0.0, 0.000_4)]
    #[case::drift_that_only_the_pairs_see_through(20, 0.05, 0.5, 0.000_4)]
    #[case::few_runs(10, 0.05, 0.0, 0.000_4)]
    #[case::many_runs(40, 0.1, 0.0, 0.000_4)]
    fn the_slowdown_said_to_be_detectable_is_found_in_four_of_five_runs(
        #[case] pairs: usize,
        #[case] sd: f64,
        #[case] drift_sd: f64,
        #[case] level: f64,
    ) {
        let mut tails = Tails::default();
        let usable = Usable {
            base: pairs,
            head: pairs,
            pairs,
        };
        let spread = Spread {
            arms: sd.hypot(drift_sd),
            differences: sd * SQRT_2,
        };
        let ratio = Shifts::default()
            .ratio(&mut tails, usable, spread, (0.05, level))
            .unwrap();
        let mut noise = Noise::seeded(7);
        let found = (0..1_000).filter(|_| {
            let mut arms: [Vec<Run>; 2] = [vec![], vec![]];
            for _ in 0..pairs {
                let drift = drift_sd * noise.normal();
                for (arm, factor) in arms.iter_mut().zip([1.0, ratio]) {
                    let time = factor * (drift + sd * noise.normal()).exp();
                    arm.push(Run::worked(Seconds::new(time).unwrap()));
                }
            }
            let arms = Arms::of((&arms[0], &arms[1]));
            arms.p(Direction::Worse, 0.05, &mut tails) <= level
        });
        let power = found.count() as f64 / 1_000.0;
        assert!((0.74..0.88).contains(&power), "{power} at {ratio}");
    }

    #[test]
    fn too_few_runs_detect_nothing() {
        let mut tails = Tails::default();
        let mut ratio = |n: usize| {
            let usable = Usable {
                base: n,
                head: n,
                pairs: n,
            };
            let spread = Spread {
                arms: 0.05,
                differences: 0.07,
            };
            Shifts::default().ratio(&mut tails, usable, spread, (0.05, 0.000_4))
        };
        assert_eq!(ratio(0), None);
        assert_eq!(ratio(7), None);
        assert!(ratio(8) > ratio(9) && ratio(9) > ratio(20) && ratio(20) > Some(1.05));
    }
}
