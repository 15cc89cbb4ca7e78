//! Runs of two arms, made pair by pair and kept as they came: the verdict is somebody else's.

use std::{
    collections::BTreeMap,
    future::Future,
    time::{Duration, Instant},
};

use perf_guard::{
    CacheState, TimedKey, ValueError,
    comparison::{self, PairedTest, Pairs},
};
use run_report::{Arm, Metric};

use super::{FailedRun, Interleaving, Run, TimedTest, key_of, run_once, schedule};
use crate::{
    cases::Nonce,
    suite::{Context, Event, Progress},
};

/// The two targets. An arm that is asked for may have to be started first.
pub trait Arms {
    /// Why an arm is not there.
    type Error;

    /// The target of an arm.
    ///
    /// # Errors
    /// When it cannot be had.
    fn at(&mut self, arm: Arm) -> impl Future<Output = Result<&Context, Self::Error>> + Send;

    /// Told of a run that failed in an arm.
    ///
    /// # Errors
    /// When it failed because the arm is gone, so that no further run makes sense.
    fn after_failure(&mut self, arm: Arm) -> impl Future<Output = Result<(), Self::Error>> + Send {
        let _ = arm;
        async { Ok(()) }
    }
}

/// Two targets that both stand ready.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Base.
    pub base: &'a Context,
    /// Head.
    pub head: &'a Context,
}

impl Arms for Standing<'_> {
    type Error = std::convert::Infallible;

    async fn at(&mut self, arm: Arm) -> Result<&Context, Self::Error> {
        Ok(match arm {
            Arm::Base => self.base,
            Arm::Head => self.head,
        })
    }
}

/// Whether the runs of a pair submit the same text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    /// The same in both arms, so that the work is the same to the letter.
    Same,
    /// Each arm its own, of the same length: two arms that share a cache would find each other's work there.
    Own,
}

/// How pairs are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pairing {
    /// The order.
    pub interleaving: Interleaving,
    /// The texts.
    pub texts: Texts,
}

/// One run, and when it began.
#[derive(Debug, Clone)]
pub struct PairedRun {
    /// The run.
    pub run: Run,
    /// Since the first run of all.
    pub at: Duration,
}

/// The runs of one test in one cache state, in the order of the pairs.
#[derive(Debug, Clone, Default)]
pub struct PairedTrack {
    /// Of base.
    pub base: Vec<PairedRun>,
    /// Of head.
    pub head: Vec<PairedRun>,
    /// Which arm had the first run, pair by pair.
    pub first: Vec<Arm>,
}

/// A run that failed, which ended its test: nothing is retried.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Name of the test.
    pub test: String,
    /// In which cache state.
    pub cache: CacheState,
    /// In which arm.
    pub arm: Arm,
    /// In which pair, counted from 1.
    pub pair: usize,
    /// Why.
    pub run: FailedRun,
}

/// All runs so far. What cuts a comparison short still finds them here.
#[derive(Debug)]
pub struct PairedRuns {
    began: Instant,
    pairs: usize,
    tracks: BTreeMap<(String, CacheState), PairedTrack>,
    /// Tests that came to an early end.
    pub failures: Vec<Failure>,
}

impl Default for PairedRuns {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            pairs: 0,
            tracks: BTreeMap::new(),
            failures: Vec::new(),
        }
    }
}

impl PairedRuns {
    /// Makes the pairs up to the `until`-th of these tests, without those of which a run has failed.
    ///
    /// # Errors
    /// When an arm cannot be had.
    pub async fn make<A: Arms>(
        &mut self,
        arms: &mut A,
        (tests, until): (&[&TimedTest], usize),
        pairing: Pairing,
        progress: &dyn Progress,
    ) -> Result<(), A::Error> {
        while self.pairs < until {
            self.make_pair(arms, tests, pairing, progress).await?;
            self.pairs += 1;
        }
        Ok(())
    }

    async fn make_pair<A: Arms>(
        &mut self,
        arms: &mut A,
        tests: &[&TimedTest],
        pairing: Pairing,
        progress: &dyn Progress,
    ) -> Result<(), A::Error> {
        let mut nonces = BTreeMap::new();
        for step in schedule::steps(tests, self.pairs, pairing.interleaving) {
            if self.has_failed(&step.test.name) {
                progress.tell(Event::Spared { steps: 1 });
                continue;
            }
            let owner = (pairing.texts == Texts::Own).then_some(step.arm);
            let nonce = nonces
                .entry((step.test.name.as_str(), owner))
                .or_insert_with(Nonce::random);
            self.make_run(arms, step, nonce, progress).await?;
        }
        Ok(())
    }

    async fn make_run<A: Arms>(
        &mut self,
        arms: &mut A,
        step: schedule::Step<'_>,
        nonce: &Nonce,
        progress: &dyn Progress,
    ) -> Result<(), A::Error> {
        let schedule::Step { test, cache, arm } = step;
        let name = format!("{} ({cache}) {} {}", test.name, arm.as_str(), self.pairs + 1);
        progress.tell(Event::Began { name: &name });
        let ctx = arms.at(arm).await?;
        let at = self.began.elapsed();
        let timed = run_once(ctx, test, nonce).await;
        progress.tell(Event::Timed { name: &name });
        let track = self.tracks.entry((test.name.clone(), cache)).or_default();
        match timed.ended {
            Ok(run) => track.enter(arm, PairedRun { run, at }),
            Err(run) => {
                self.failures.push(Failure {
                    test: test.name.clone(),
                    cache,
                    arm,
                    pair: self.pairs + 1,
                    run,
                });
                arms.after_failure(arm).await?;
            }
        }
        Ok(())
    }

    fn has_failed(&self, test: &str) -> bool {
        self.failures.iter().any(|failure| failure.test == test)
    }

    /// How many pairs of every test were made, or would have been but for a failure.
    #[must_use]
    pub const fn pairs(&self) -> usize {
        self.pairs
    }

    /// The runs of a test in a cache state; `None` before the first.
    #[must_use]
    pub fn track(&self, test: &str, cache: CacheState) -> Option<&PairedTrack> {
        self.tracks.get(&(test.to_owned(), cache))
    }

    /// What is to be compared: every metric of these tests in each cache state, also those that did not run.
    ///
    /// # Errors
    /// More pairs than can be compared.
    pub fn to_compare(&self, tests: &[TimedTest]) -> Result<Vec<PairedTest>, ValueError> {
        let mut all = Vec::new();
        for test in tests {
            for &cache in &test.states {
                let track = self.track(&test.name, cache);
                for &metric in &test.metrics {
                    let of = |arm| track.into_iter().flat_map(move |t| t.of(arm)).map(|run| &run.run);
                    all.push(paired_test(
                        test,
                        (metric, cache),
                        (of(Arm::Base), of(Arm::Head)),
                    )?);
                }
            }
        }
        Ok(all)
    }
}

impl PairedTrack {
    fn enter(&mut self, arm: Arm, run: PairedRun) {
        if self.base.len() == self.head.len() {
            self.first.push(arm);
        }
        self.of_mut(arm).push(run);
    }

    /// Pairs of which both runs are there.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.base.len().min(self.head.len())
    }

    /// The runs of an arm that have a partner.
    #[must_use]
    pub fn of(&self, arm: Arm) -> &[PairedRun] {
        let runs = match arm {
            Arm::Base => &self.base,
            Arm::Head => &self.head,
        };
        &runs[..self.pairs()]
    }

    const fn of_mut(&mut self, arm: Arm) -> &mut Vec<PairedRun> {
        match arm {
            Arm::Base => &mut self.base,
            Arm::Head => &mut self.head,
        }
    }
}

/// A metric of a test in both arms, the i-th run beside the i-th; what is left over at the end of the longer arm has no
/// partner and is left out.
///
/// # Errors
/// More pairs than can be compared.
pub fn paired_test<'a>(
    test: &TimedTest,
    (metric, cache): (Metric, CacheState),
    (base, head): (
        impl IntoIterator<Item = &'a Run>,
        impl IntoIterator<Item = &'a Run>,
    ),
) -> Result<PairedTest, ValueError> {
    let key = TimedKey::new(key_of(&test.name, metric), cache);
    let one = |run| to_compare(run, metric, cache);
    let both = base.into_iter().zip(head);
    let (base, head): (Vec<_>, Vec<_>) = both
        .filter_map(|(base, head)| Some((one(base)?, one(head)?)))
        .unzip();
    let pairs = if base.is_empty() {
        Pairs::none()
    } else {
        Pairs::new(&key.to_string(), base, head)?
    };
    Ok(PairedTest { key, pairs })
}

fn to_compare(run: &Run, metric: Metric, cache: CacheState) -> Option<comparison::Run> {
    let sample = run.samples.iter().find(|sample| sample.metric == metric)?;
    Some(comparison::Run {
        time: sample.seconds,
        origin: run.origin(metric, cache),
    })
}
