//! Counting over many suites, and what a count says of the rate behind it.

use std::{iter::StepBy, num::NonZero, ops::Range, thread};

use perf_guard::comparison::{Comparer, PairedVerdict, Plan};

use crate::{
    noise::Noise,
    session::{self, Setting},
};

/// Whatever keeps a simulation from its end.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What many suites of one setting gave.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) suites: usize,
    /// Suites with an unchanged test reported as regressed.
    pub(crate) false_alarms: usize,
    /// Suites whose first test, the changed one, was reported as regressed.
    pub(crate) found: usize,
    /// Tests with too little data, of all tests of all suites.
    pub(crate) insufficient: usize,
}

/// Judges `suites` suites, on all cores; the result depends on the seed alone, because each suite has its own.
///
/// # Errors
/// None of the simulated suites should be refused; if one is, its reason.
pub(crate) fn simulate(setting: Setting, suites: usize, seed: u64) -> Result<Tally, Failure> {
    let parts = across_cores(suites, |share| part(setting, share, seed))?;
    let mut all = Tally::default();
    for part in parts {
        all.suites += part.suites;
        all.false_alarms += part.false_alarms;
        all.found += part.found;
        all.insufficient += part.insufficient;
    }
    Ok(all)
}

/// Deals the numbers of suites out to all cores.
///
/// # Errors
/// The first of any core.
pub(crate) fn across_cores<T: Send>(
    suites: usize,
    part: impl Fn(StepBy<Range<usize>>) -> Result<T, Failure> + Sync,
) -> Result<Vec<T>, Failure> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let part = &part;
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores)
            .map(|core| scope.spawn(move || part((core..suites).step_by(cores))))
            .collect();
        let ended = workers.into_iter().map(|worker| worker.join());
        ended.map(|end| end.map_err(|_| "a worker panicked")?).collect()
    })
}

/// The noise of one suite, whichever core draws it.
pub(crate) const fn noise_of(seed: u64, suite: usize) -> Noise {
    Noise::seeded(seed.wrapping_add((suite as u64).wrapping_mul(0xD134_2543_DE82_EF95)))
}

fn part(setting: Setting, suites: impl Iterator<Item = usize>, seed: u64) -> Result<Tally, Failure> {
    let mut comparer = Comparer::new(Plan::default().with_pairs(setting.pairs)?);
    let mut tally = Tally::default();
    for suite in suites {
        let tests = session::suite(setting, &mut noise_of(seed, suite))?;
        let verdicts = comparer.verdicts(&tests)?;
        let is = |wanted| move |verdict: &&PairedVerdict| **verdict == wanted;
        // The first test is the changed one, unless nothing was changed.
        let unchanged = if setting.slowdown > 1.0 {
            &verdicts[1..]
        } else {
            &verdicts[..]
        };
        tally.suites += 1;
        tally.false_alarms += usize::from(unchanged.contains(&PairedVerdict::Regressed));
        tally.found += usize::from(verdicts.first() == Some(&PairedVerdict::Regressed));
        tally.insufficient += verdicts.iter().filter(is(PairedVerdict::Insufficient)).count();
    }
    Ok(tally)
}

/// The 95 % upper bound of a rate after `seen` of `of` (Clopper and Pearson 1934): the rate under which so few are
/// seen with a chance of 5 % only.
pub(crate) fn upper_bound(seen: usize, of: usize) -> f64 {
    let (mut low, mut high) = (seen as f64 / of as f64, 1.0);
    while high - low > 1e-9 {
        let rate = f64::midpoint(low, high);
        if chance_of_at_most(seen, of, rate) > 0.05 {
            low = rate;
        } else {
            high = rate;
        }
    }
    high
}

/// Binomial, by adding up from none; the logarithm of the first term keeps it from vanishing.
fn chance_of_at_most(seen: usize, of: usize, rate: f64) -> f64 {
    let mut log = of as f64 * (-rate).ln_1p();
    let mut sum = log.exp();
    for k in 1..=seen {
        log += ((of + 1 - k) as f64 / k as f64).ln() + rate.ln() - (-rate).ln_1p();
        sum += log.exp();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Mix;

    /// scipy 1.17.1, `beta.ppf(0.95, seen + 1, of - seen)`.
    #[test]
    fn the_upper_bound_is_that_of_another_implementation() {
        for (seen, of, expected) in [
            (0, 5_000, 0.000_598_967),
            (9, 20_000, 0.000_785_129),
            (12, 60, 0.303_809_730),
        ] {
            let found = upper_bound(seen, of);
            assert!((found - expected).abs() < 1e-7, "{seen} of {of}: {found}");
        }
    }

    #[test]
    fn what_doubles_is_found_and_what_stays_is_not() {
        let setting = |slowdown| Setting {
            mix: Mix::ALL[0],
            log_sd: 0.05,
            tests: crate::session::TESTS,
            pairs: 20,
            slowdown,
        };
        let doubled = simulate(setting(2.0), 40, 1).unwrap();
        assert_eq!((doubled.suites, doubled.found, doubled.false_alarms), (40, 40, 0));
        let same = simulate(setting(1.0), 40, 1).unwrap();
        assert_eq!((same.suites, same.found, same.false_alarms), (40, 0, 0));
        assert_eq!(same.insufficient, 0);
    }
}
