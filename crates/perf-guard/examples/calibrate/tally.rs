//! Counting over many suites.

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Mix;

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
