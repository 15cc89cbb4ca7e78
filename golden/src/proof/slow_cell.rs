//! The timed tests with and without a fault, on one server whose fault comes and goes (ABBA), judged by both rules.
//!
//! Each cell has a base of its own, made beside its runs under the fault: one base shared by all cells would be as old as
//! the proof in the end, and drift since then would look like the fault.

use std::{collections::BTreeMap, time::Instant};

use audio_api::fault::Stage;
use perf_guard::{
    CacheState, Samples, Seconds, TimedKey,
    comparison::{PairedTest, PairedVerdict, Plan, compare},
};
use run_report::{Arm, Metric};

use super::{
    GridFault,
    place::{FaultError, Place},
    stage_search::{Depth, Probed, Seen, Sight},
    thresholds::{REPEATS, Thresholds, time_of},
};
use crate::{
    cases::Nonce,
    suite::{Context, Sharing, Stop, settle_down},
    timed::{Run, TimedTest, first_arm, key_of, metric_of, paired_test, run_once, stages_on_path},
};

/// After a fault is gone, what it held up is over soon.
const REST_WITHIN: std::time::Duration = std::time::Duration::from_secs(2);

/// How cells are judged.
#[derive(Debug, Clone)]
pub(super) struct Judging<'a> {
    /// The fixed rule.
    pub(super) thresholds: &'a Thresholds,
    /// The statistical rule.
    pub(super) plan: &'a Plan,
    /// All timed values of the suite: they share the error, also where a cell needs but a few.
    pub(super) values: usize,
    /// The longest that a job, and any request, may take.
    pub(super) job_timeout: std::time::Duration,
}

/// Makes the runs and judges them. Without a fault both arms are the same, which makes it a control.
pub(super) async fn probe(
    place: &Place<'_>,
    fault: Option<&GridFault>,
    (tests, depth): (&[TimedTest], Depth),
    judging: &Judging<'_>,
) -> Probed {
    let began = Instant::now();
    let mut server = Toggled {
        place,
        fault,
        base: place.context(judging.job_timeout),
        head: place
            .context(judging.job_timeout)
            .with_limits(judging.thresholds.limits()),
        stands: false,
        fired: Some(0),
    };
    let pairs = match depth {
        Depth::Fixed => REPEATS as usize,
        Depth::Statistical => judging.plan.pairs(),
    };
    let mut tracks = Tracks::default();
    let made = make(&mut server, tests, pairs, &mut tracks).await;
    let lifted = server.lift().await;
    let seen = match made.and(lifted) {
        Err(error) => Err(error.in_words()),
        Ok(()) => judge(&tracks, (tests, depth), judging),
    };
    Probed {
        fired_total: server.fired,
        depth,
        runs: u32::try_from(pairs).unwrap_or(u32::MAX),
        took: began.elapsed(),
        seen,
    }
}

/// Makes pairs of rounds of all tests, the arm that goes first changing from pair to pair, so that drift meets both alike
/// and the fault comes and goes but once in two pairs.
async fn make(
    server: &mut Toggled<'_>,
    tests: &[TimedTest],
    pairs: usize,
    tracks: &mut Tracks,
) -> Result<(), FaultError> {
    for pair in 0..pairs {
        let first = first_arm(pair);
        for arm in [first, first.other()] {
            let ctx = server.at(arm).await?;
            for test in tests {
                tracks.run(ctx, test, arm).await;
            }
        }
    }
    Ok(())
}

/// The runs so far.
#[derive(Debug, Default)]
struct Tracks {
    runs: BTreeMap<(String, CacheState), [Vec<Run>; 2]>,
    failures: Vec<Failure>,
}

/// A run that failed, which ends its test: nothing is retried.
#[derive(Debug)]
struct Failure {
    arm: Arm,
    test: String,
    why: String,
}

impl Tracks {
    /// Each arm has texts of its own, because both share one cache.
    async fn run(&mut self, ctx: &Context, test: &TimedTest, arm: Arm) {
        let nonce = Nonce::random();
        for &cache in &test.states {
            if self.has_failed(&test.name) {
                return;
            }
            match run_once(ctx, test, &nonce).await.ended {
                Ok(run) => {
                    let arms = self.runs.entry((test.name.clone(), cache)).or_default();
                    arms[arm as usize].push(run);
                }
                Err(failed) => {
                    let (Stop::Failed(why) | Stop::Skipped(why)) = failed.stop;
                    let test = test.name.clone();
                    self.failures.push(Failure { arm, test, why });
                }
            }
        }
    }

    fn has_failed(&self, test: &str) -> bool {
        self.failures.iter().any(|failure| failure.test == test)
    }

    fn of(&self, test: &str, cache: CacheState, arm: Arm) -> &[Run] {
        let arms = self.runs.get(&(test.to_owned(), cache));
        arms.map_or(&[][..], |arms| arms[arm as usize].as_slice())
    }

    fn times(&self, (test, cache): (&str, CacheState), arm: Arm, metric: Metric) -> Vec<Seconds> {
        let runs = self.of(test, cache, arm).iter();
        runs.filter_map(|run| time_of(run, metric)).collect()
    }
}

/// One server: as base without the fault, as head with it.
struct Toggled<'a> {
    place: &'a Place<'a>,
    fault: Option<&'a GridFault>,
    base: Context,
    head: Context,
    stands: bool,
    /// How often the fault fired so far; `None` once that is not known any more.
    fired: Option<u64>,
}

impl Toggled<'_> {
    async fn at(&mut self, arm: Arm) -> Result<&Context, FaultError> {
        match (arm, self.fault) {
            (Arm::Base, _) => {
                self.lift().await?;
                return Ok(&self.base);
            }
            (Arm::Head, Some(fault)) if !self.stands => {
                self.place.set(fault).await?;
                self.stands = true;
            }
            (Arm::Head, _) => {}
        }
        Ok(&self.head)
    }

    async fn lift(&mut self) -> Result<(), FaultError> {
        if self.stands {
            let fired = self.place.lift().await?;
            self.fired = self.fired.zip(fired).map(|(before, now)| before + now);
            self.stands = false;
            if self.base.sharing == Sharing::Alone {
                settle_down(&self.base, REST_WITHIN).await;
            }
        }
        Ok(())
    }
}

/// The tests with a value whose time passes by this stage, in the cache states that it takes to see them.
pub(super) fn tests_on(stage: Stage, all: &[TimedTest]) -> Vec<TimedTest> {
    let passes = |test: &TimedTest, cache: CacheState| {
        let mut paths = test.metrics.iter().map(|metric| stages_on_path(*metric, cache));
        paths.any(|path| path.contains(&stage))
    };
    let narrowed = all.iter().filter_map(|test| {
        let warm = test.states.contains(&CacheState::Warm) && passes(test, CacheState::Warm);
        let cold = test.states.contains(&CacheState::Cold) && (warm || passes(test, CacheState::Cold));
        let states: Vec<CacheState> = [(cold, CacheState::Cold), (warm, CacheState::Warm)]
            .into_iter()
            .filter_map(|(takes, state)| takes.then_some(state))
            .collect();
        (!states.is_empty()).then(|| TimedTest {
            states,
            ..test.clone()
        })
    });
    narrowed.collect()
}

/// Whether the time of a value passes by this stage.
pub(super) fn is_on_path(key: &TimedKey, stage: Stage) -> bool {
    stages_on_path(metric_of(&key.test), key.cache).contains(&stage)
}

fn judge(
    tracks: &Tracks,
    (tests, depth): (&[TimedTest], Depth),
    judging: &Judging<'_>,
) -> Result<Vec<Seen>, String> {
    if let Some(failure) = tracks.failures.iter().find(|failure| failure.arm == Arm::Base) {
        return Err(format!(
            "without the fault {} failed: {}",
            failure.test, failure.why
        ));
    }
    if tests.is_empty() {
        return Err("no timed test passes this stage".to_owned());
    }
    let regressed = match depth {
        Depth::Fixed => None,
        Depth::Statistical => Some(regressed(tracks, tests, judging)?),
    };
    let all = values(tests).map(|(test, metric, key)| {
        // A test that fails under a fault has noticed it, whatever its times.
        let broke = tracks.has_failed(&test.name);
        let times = |arm| tracks.times((&test.name, key.cache), arm, metric);
        Seen {
            fixed: fixed(&key, times(Arm::Head), broke, judging.thresholds),
            statistical: regressed.as_ref().map(|regressed| Sight {
                caught: broke || regressed.contains(&key),
                base_s: median(times(Arm::Base)),
                measured_s: median(times(Arm::Head)),
            }),
            key,
        }
    });
    Ok(all.collect())
}

fn values(tests: &[TimedTest]) -> impl Iterator<Item = (&TimedTest, Metric, TimedKey)> {
    tests.iter().flat_map(|test| {
        let of_state = move |&cache: &CacheState| {
            let of_metric = move |&metric: &Metric| {
                let key = TimedKey::new(key_of(&test.name, metric), cache);
                (test, metric, key)
            };
            test.metrics.iter().map(of_metric)
        };
        test.states.iter().flat_map(of_state)
    })
}

fn fixed(key: &TimedKey, mut times: Vec<Seconds>, broke: bool, thresholds: &Thresholds) -> Sight {
    let at = thresholds.of(key);
    times.truncate(REPEATS as usize);
    let measured_s = median(times);
    let above = at
        .zip(measured_s)
        .is_some_and(|(at, measured)| measured > at.threshold_s);
    Sight {
        caught: broke || above,
        base_s: at.map(|at| at.baseline_s),
        measured_s,
    }
}

/// What the statistical rule calls slower. The measured values get their share of the error of all values, so that a cell
/// that needs but a few judges no softer than a whole comparison.
fn regressed(tracks: &Tracks, tests: &[TimedTest], judging: &Judging<'_>) -> Result<Vec<TimedKey>, String> {
    let paired: Result<Vec<PairedTest>, _> = values(tests)
        .map(|(test, metric, key)| {
            let arm = |arm| tracks.of(&test.name, key.cache, arm);
            paired_test(test, (metric, key.cache), (arm(Arm::Base), arm(Arm::Head)))
        })
        .collect();
    let paired = paired.map_err(|error| error.to_string())?;
    let measured = paired.len();
    let share = judging.plan.error() * measured as f64 / judging.values.max(measured) as f64;
    let plan = judging.plan.clone().with_error(share);
    let plan = plan.map_err(|error| error.to_string())?;
    let outcome = compare(&paired, &plan).map_err(|error| error.to_string())?;
    let slower = outcome
        .tests
        .into_iter()
        .filter(|test| test.verdict == PairedVerdict::Regressed);
    Ok(slower.map(|test| TimedKey::new(test.name, test.cache)).collect())
}

fn median(times: Vec<Seconds>) -> Option<Seconds> {
    Samples::new(times)
        .ok()
        .map(|samples| samples.median().rounded_to_micros())
}
