//! Simulated sessions: what base and head of a suite would have measured, by the kind of noise.

use perf_guard::{
    CacheState, Seconds, TimedKey, ValueError,
    comparison::{PairedTest, Pairs, Run},
};

use crate::noise::Noise;

/// Timed tests of a suite.
pub(crate) const TESTS: usize = 20;

/// What disturbs the times. All of them have the log-normal body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disturbance {
    /// 3 % of the runs take 1.5 to 4 times as long.
    Outliers,
    /// The whole session speeds up or slows down, from anywhere within ±15 % to anywhere else there.
    Drift,
    /// Up to 40 % of the runs of a test are answered from a cache, at a twentieth of the time, and tagged.
    CacheHits,
    /// A neighbour takes the machine for about six runs in a row, 15 % of the time: 1.3 to 2 times as long.
    Bursts,
}

/// A named mix of disturbances.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mix {
    pub(crate) name: &'static str,
    pub(crate) disturbances: &'static [Disturbance],
}

impl Mix {
    pub(crate) const ALL: [Self; 5] = {
        use Disturbance::{Bursts, CacheHits, Drift, Outliers};
        [
            Self {
                name: "body with outliers",
                disturbances: &[Outliers],
            },
            Self {
                name: "session drift",
                disturbances: &[Drift],
            },
            Self {
                name: "cache hits",
                disturbances: &[CacheHits],
            },
            Self {
                name: "bursts",
                disturbances: &[Bursts],
            },
            Self {
                name: "all together",
                disturbances: &[Outliers, Drift, CacheHits, Bursts],
            },
        ]
    };

    fn has(self, disturbance: Disturbance) -> bool {
        self.disturbances.contains(&disturbance)
    }
}

/// What a session is drawn from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) mix: Mix,
    /// Standard deviation of the logarithms of the body.
    pub(crate) log_sd: f64,
    /// How many of the suite's tests are drawn; the session is as long as for all [`TESTS`] of them.
    pub(crate) tests: usize,
    /// Runs of each arm.
    pub(crate) pairs: usize,
    /// Head over base of the first test; the others do not change.
    pub(crate) slowdown: f64,
}

/// One run, before it is known to which arm its factor belongs.
struct Draw {
    log: f64,
    is_hit: bool,
}

/// One session: a round per pair, in a round each test's two runs as neighbours, base first in every other round.
///
/// # Errors
/// Never: every time is finite and above zero.
pub(crate) fn suite(setting: Setting, noise: &mut Noise) -> Result<Vec<PairedTest>, ValueError> {
    let named = arms(setting, noise)?
        .into_iter()
        .enumerate()
        .map(|(i, (base, head))| {
            let key = TimedKey::new(format!("t{i:02}"), CacheState::Cold);
            let pairs = Pairs::new("pairs", base, head)?;
            Ok(PairedTest { key, pairs })
        });
    named.collect()
}

/// The runs of base and of head of one test.
pub(crate) type Arms = (Vec<Run>, Vec<Run>);

/// As [`suite`], before it is named.
///
/// # Errors
/// As [`suite`].
pub(crate) fn arms(setting: Setting, noise: &mut Noise) -> Result<Vec<Arms>, ValueError> {
    let slots = 2 * setting.pairs * TESTS;
    let machine = machine(setting.mix, slots, noise);
    let hit_rates: Vec<f64> = (0..setting.tests).map(|_| 0.4 * noise.uniform()).collect();
    let mut arms = vec![(vec![], vec![]); setting.tests];
    for round in 0..setting.pairs {
        for (test, (base, head)) in arms.iter_mut().enumerate() {
            let slot = 2 * (round * TESTS + test);
            let first = draw(setting, hit_rates[test], machine[slot], noise);
            let second = draw(setting, hit_rates[test], machine[slot + 1], noise);
            let (of_base, of_head) = if round % 2 == 0 {
                (first, second)
            } else {
                (second, first)
            };
            let factor = if test == 0 { setting.slowdown } else { 1.0 };
            base.push(run(&of_base, 1.0)?);
            head.push(run(&of_head, factor)?);
        }
    }
    Ok(arms)
}

/// By how much the machine slows each slot of a session, as a logarithm.
fn machine(mix: Mix, slots: usize, noise: &mut Noise) -> Vec<f64> {
    let reach = 1.15_f64.ln();
    let mut anywhere = || reach * (2.0 * noise.uniform() - 1.0);
    let (from, to) = (anywhere(), anywhere());
    let drift = |slot: usize| from + (to - from) * slot as f64 / slots as f64;
    let mut logs: Vec<f64> = (0..slots)
        .map(|slot| {
            if mix.has(Disturbance::Drift) {
                drift(slot)
            } else {
                0.0
            }
        })
        .collect();
    if mix.has(Disturbance::Bursts) {
        let mut slot = gap(34.0, noise);
        while slot < slots {
            let end = (slot + gap(6.0, noise)).min(slots);
            let slower = (1.3 + 0.7 * noise.uniform()).ln();
            logs[slot..end].iter_mut().for_each(|log| *log += slower);
            slot = end + gap(34.0, noise);
        }
    }
    logs
}

/// Exponential, at least one slot.
fn gap(mean: f64, noise: &mut Noise) -> usize {
    1 + (-mean * noise.uniform().ln()) as usize
}

fn draw(setting: Setting, hit_rate: f64, machine: f64, noise: &mut Noise) -> Draw {
    let mut log = setting.log_sd * noise.normal() + machine;
    if setting.mix.has(Disturbance::Outliers) && noise.uniform() < 0.03 {
        log += (1.5 + 2.5 * noise.uniform()).ln();
    }
    let is_hit = setting.mix.has(Disturbance::CacheHits) && noise.uniform() < hit_rate;
    Draw { log, is_hit }
}

/// A hit does not do the work that was slowed down.
fn run(draw: &Draw, factor: f64) -> Result<Run, ValueError> {
    let seconds = draw.log.exp();
    if draw.is_hit {
        Seconds::new(seconds / 20.0).map(Run::fast_ready)
    } else {
        Seconds::new(seconds * factor).map(Run::worked)
    }
}
