//! What the rules used elsewhere make of the same noise.

use perf_guard::{comparison::Run, median};

use crate::{
    noise::Noise,
    rules::{self, Seen},
    session::{self, Arms, Setting},
    tally::{Failure, across_cores, noise_of},
};

/// Earlier sessions that a prediction interval is built from.
const HISTORY: usize = 20;

/// In how many suites each rule fired on any test, in the order of [`rules::ALL`].
pub(crate) type Fired = [usize; rules::COUNT];

/// Judges `suites` suites by each rule. Whatever is stored comes from other sessions without the slowdown.
///
/// # Errors
/// As for [`crate::tally::simulate`].
pub(crate) fn simulate(setting: Setting, suites: usize, seed: u64) -> Result<Fired, Failure> {
    let parts = across_cores(suites, |share| {
        let mut fired = [0; rules::COUNT];
        for suite in share {
            let seen = suite_of(setting, &mut noise_of(seed, suite))?;
            for (count, rule) in fired.iter_mut().zip(&rules::ALL) {
                *count += usize::from(seen.iter().any(rule.fires));
            }
        }
        Ok(fired)
    })?;
    let add = |mut all: Fired, part: Fired| {
        all.iter_mut().zip(part).for_each(|(all, part)| *all += part);
        all
    };
    Ok(parts.into_iter().fold([0; rules::COUNT], add))
}

fn suite_of(setting: Setting, noise: &mut Noise) -> Result<Vec<Seen>, Failure> {
    let today = session::arms(setting, noise)?;
    let earlier = (0..HISTORY)
        .map(|_| session::arms(setting, noise))
        .collect::<Result<Vec<_>, _>>()?;
    let seen = |(test, (_, head)): (usize, &Arms)| {
        let sessions = earlier.iter().map(|session| seconds(&session[test].0));
        let sessions: Vec<Vec<f64>> = sessions.collect();
        Seen {
            today: seconds(head),
            history: sessions.iter().filter_map(|runs| median(runs)).collect(),
            // The latest of them.
            stored: sessions.last().cloned().unwrap_or_default(),
        }
    };
    Ok(today.iter().enumerate().map(seen).collect())
}

fn seconds(runs: &[Run]) -> Vec<f64> {
    runs.iter().map(|run| run.time.as_secs_f64()).collect()
}
