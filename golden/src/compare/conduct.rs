//! Conducting a comparison: warm-up, the number of runs, the pairs with their looks, and once more what is red. Whatever ends
//! it, the runs that were made are kept.

use std::{collections::BTreeSet, time::Instant};

use perf_guard::{
    TimedKey,
    comparison::{Comparer, ComparisonError, PairedVerdict, Plan, SuiteOutcome},
};
use run_report::{Arm, ArmInfo, Ending, Quiescence};

use super::{
    inputs::CompareInputs,
    runs::{self, Known},
    sides::{SideError, Sides},
};
use crate::{
    cli::{CompareSettings, RunsChoice, ServerSource},
    suite::{Demand, Event, Progress, Silent},
    timed::{Failure, Interleaving, PairedRuns, Pairing, Texts, TimedTest},
};
use run_context::chain;

/// What a comparison saw.
pub(super) struct Seen {
    /// The plan with its number of runs; that of the settings when it was cut short before they were known.
    pub(super) plan: Plan,
    /// Why so many runs.
    pub(super) because: String,
    /// How pairs were made.
    pub(super) pairing: Pairing,
    /// The timed runs.
    pub(super) first: PairedRuns,
    /// Tests that failed in the warm-up already.
    pub(super) warm_up_failures: Vec<Failure>,
    /// What was red, run once more.
    pub(super) second: Option<Second>,
    /// What people should know.
    pub(super) notices: Vec<String>,
    /// The arms, and how they had come to rest, base first.
    pub(super) sides: [(ArmInfo, Quiescence); 2],
    /// How it ended.
    pub(super) ending: Ending,
}

/// What was red, run once more.
pub(super) struct Second {
    /// What was red.
    pub(super) red: BTreeSet<TimedKey>,
    /// The tests that it belongs to, narrowed to it.
    pub(super) tests: Vec<TimedTest>,
    /// Their runs.
    pub(super) runs: PairedRuns,
}

/// What is known so far.
struct Work {
    plan: Plan,
    because: String,
    pairing: Pairing,
    first: PairedRuns,
    warm_up_failures: Vec<Failure>,
    second: Option<Second>,
    notices: Vec<String>,
}

/// Why a comparison came to no end.
#[derive(Debug, thiserror::Error)]
pub(super) enum CompareError {
    #[error(transparent)]
    Side(#[from] SideError),
    #[error("{0}")]
    TooFewRuns(String),
    #[error(transparent)]
    Compare(#[from] ComparisonError),
    #[error(transparent)]
    Value(#[from] perf_guard::ValueError),
}

/// Conducts a comparison. It ends early when `interrupted` completes, when the time for all of it is over, and when an arm
/// is gone.
pub(super) async fn conduct(
    settings: &CompareSettings,
    inputs: &CompareInputs,
    progress: &dyn Progress,
    interrupted: impl Future<Output = ()>,
) -> Seen {
    let mut work = Work::new(settings);
    let mut sides = Sides::new(settings, inputs);
    let ending = tokio::select! {
        biased;
        () = interrupted => Ending::Interrupted,
        () = tokio::time::sleep(settings.total_timeout) => Ending::TimedOut {
            error: format!("the comparison did not end within {:?}", settings.total_timeout),
        },
        ended = work.run((settings, inputs), &mut sides, progress) => match ended {
            Ok(()) => Ending::Completed,
            Err(CompareError::TooFewRuns(error)) => Ending::TimedOut { error },
            Err(error) => Ending::CouldNotRun { error: chain(&error) },
        },
    };
    progress.tell(Event::Draining);
    let (ending, sides) = sides.finish(ending).await;
    Seen {
        plan: work.plan,
        because: work.because,
        pairing: work.pairing,
        first: work.first,
        warm_up_failures: work.warm_up_failures,
        second: work.second,
        notices: work.notices,
        sides,
        ending,
    }
}

/// Whether both arms are the same server or the same command: then there is nothing to find.
pub(super) fn is_same_target(settings: &CompareSettings) -> bool {
    settings.base == settings.head
}

impl Work {
    fn new(settings: &CompareSettings) -> Self {
        let one_server = is_same_target(settings) && matches!(settings.base, ServerSource::Url(_));
        let mut notices = Vec::new();
        if is_same_target(settings) {
            notices.push("base and head are the same: anything that this shows is a false alarm".to_owned());
        }
        Self {
            plan: settings.plan.clone(),
            because: "not decided yet".to_owned(),
            pairing: Pairing {
                interleaving: if settings.one_at_a_time {
                    Interleaving::OneAtATime
                } else {
                    Interleaving::SideBySide
                },
                texts: if one_server { Texts::Own } else { Texts::Same },
            },
            first: PairedRuns::default(),
            warm_up_failures: Vec::new(),
            second: None,
            notices,
        }
    }

    async fn run(
        &mut self,
        (settings, inputs): (&CompareSettings, &CompareInputs),
        sides: &mut Sides<'_>,
        progress: &dyn Progress,
    ) -> Result<(), CompareError> {
        let began = Instant::now();
        if !matches!(settings.runs, RunsChoice::Budget(_)) {
            // What cannot come to anything is not begun.
            self.choose_runs((settings, inputs), (began, began))?;
        }
        if !settings.one_at_a_time {
            sides.start_both().await?;
        }
        let warming = Instant::now();
        self.warm_up((settings, inputs), sides).await?;
        if matches!(settings.runs, RunsChoice::Budget(_)) {
            self.choose_runs((settings, inputs), (began, warming))?;
        }
        let active: Vec<&TimedTest> = inputs
            .timed
            .tests
            .iter()
            .filter(|test| {
                !self
                    .warm_up_failures
                    .iter()
                    .any(|failure| failure.test == test.name)
            })
            .collect();
        progress.tell(Event::Planned {
            steps: runs_of(&active) * self.plan.pairs() as u64,
            demand: inputs.demand(settings, self.plan.pairs()),
        });
        self.first = PairedRuns::default();
        make_pairs(
            &mut self.first,
            sides,
            (active, &inputs.timed.tests),
            (&self.plan, self.pairing),
            progress,
        )
        .await?;
        if settings.confirm {
            self.confirm(inputs, sides, progress).await?;
        }
        Ok(())
    }

    /// Untimed runs of everything, in which it also shows whether the arms share a cache.
    async fn warm_up(
        &mut self,
        (settings, inputs): (&CompareSettings, &CompareInputs),
        sides: &mut Sides<'_>,
    ) -> Result<(), CompareError> {
        let tests: Vec<&TimedTest> = inputs.timed.tests.iter().collect();
        let mut warm = PairedRuns::default();
        let until = settings.warm_up_runs as usize;
        warm.make(sides, (&tests, until), self.pairing, &Silent).await?;
        if self.pairing.texts == Texts::Same && shares_a_cache(&warm, &tests) {
            self.pairing.texts = Texts::Own;
            self.notices.push(
                "head found base's work in its cache, so both share one: each arm gets texts of its own"
                    .to_owned(),
            );
        }
        self.warm_up_failures = warm.failures;
        Ok(())
    }

    fn choose_runs(
        &mut self,
        (settings, inputs): (&CompareSettings, &CompareInputs),
        (began, warming): (Instant, Instant),
    ) -> Result<(), CompareError> {
        let spent = inputs.demand(settings, 0).characters;
        let budget = match settings.runs {
            RunsChoice::Budget(budget) => budget,
            RunsChoice::Usual | RunsChoice::Given(_) => settings.total_timeout,
        };
        let left = budget.saturating_sub(began.elapsed());
        let known = Known {
            hypotheses: inputs.hypotheses(),
            pair: warming.elapsed() / settings.warm_up_runs.max(1),
            // What is red may all have to be run once more.
            left: left / if settings.confirm { 2 } else { 1 },
            demand: inputs.demand_of_pair(settings),
            characters: settings
                .max_characters
                .map(|allowed| allowed.saturating_sub(spent)),
        };
        let (plan, because) =
            runs::choose(&self.plan, settings.runs, known).map_err(CompareError::TooFewRuns)?;
        (self.plan, self.because) = (plan, because);
        Ok(())
    }

    async fn confirm(
        &mut self,
        inputs: &CompareInputs,
        sides: &mut Sides<'_>,
        progress: &dyn Progress,
    ) -> Result<(), CompareError> {
        let outcome = judge(&self.first, &inputs.timed.tests, &self.plan)?;
        let red = regressed(&outcome);
        if red.is_empty() {
            return Ok(());
        }
        let tests = narrowed(&inputs.timed.tests, &red);
        let second = self.second.insert(Second {
            red,
            tests: tests.clone(),
            runs: PairedRuns::default(),
        });
        let active: Vec<&TimedTest> = tests.iter().collect();
        progress.tell(Event::Planned {
            steps: runs_of(&active) * self.plan.pairs() as u64,
            demand: Demand::NONE,
        });
        make_pairs(
            &mut second.runs,
            sides,
            (active, &tests),
            (&self.plan, self.pairing),
            progress,
        )
        .await
    }
}

/// Makes all pairs of the tests that are active, and looks at them when the plan says so: a test of which all values
/// have regressed needs no more runs.
async fn make_pairs(
    runs: &mut PairedRuns,
    sides: &mut Sides<'_>,
    (mut active, tests): (Vec<&TimedTest>, &[TimedTest]),
    (plan, pairing): (&Plan, Pairing),
    progress: &dyn Progress,
) -> Result<(), CompareError> {
    let began = Instant::now();
    for look in plan.looks() {
        while runs.pairs() < look.pairs && !active.is_empty() {
            let made = runs.pairs() + 1;
            runs.make(sides, (&active, made), pairing, progress).await?;
            let to_come = u32::try_from(plan.pairs() - made).unwrap_or(u32::MAX);
            let each = began.elapsed() / u32::try_from(made).unwrap_or(1);
            progress.tell(Event::Paired {
                made,
                planned: plan.pairs(),
                left: each * to_come,
            });
        }
        if look.pairs < plan.pairs() {
            let decided = regressed(&judge(runs, tests, plan)?);
            let over = |test: &&TimedTest| test.keys().all(|key| decided.contains(&key));
            let spared: Vec<&TimedTest> = active.iter().copied().filter(over).collect();
            progress.tell(Event::Spared {
                steps: runs_of(&spared) * (plan.pairs() - look.pairs) as u64,
            });
            active.retain(|test| !over(test));
        }
    }
    Ok(())
}

/// What the statistics say of the runs so far.
///
/// # Errors
/// No test, or more runs than planned.
pub(super) fn judge(
    runs: &PairedRuns,
    tests: &[TimedTest],
    plan: &Plan,
) -> Result<SuiteOutcome, CompareError> {
    let paired = runs.to_compare(tests)?;
    Ok(Comparer::new(plan.clone()).compare(&paired)?)
}

fn regressed(outcome: &SuiteOutcome) -> BTreeSet<TimedKey> {
    let red = outcome
        .tests
        .iter()
        .filter(|test| test.verdict == PairedVerdict::Regressed);
    red.map(|test| TimedKey::new(test.name.as_str(), test.cache))
        .collect()
}

/// The tests with anything red, with the metrics and states in which it is.
fn narrowed(tests: &[TimedTest], red: &BTreeSet<TimedKey>) -> Vec<TimedTest> {
    let narrow = |test: &TimedTest| {
        let is_red =
            |metric, cache| red.contains(&TimedKey::new(crate::timed::key_of(&test.name, metric), cache));
        let mut part = test.clone();
        part.states
            .retain(|&cache| test.metrics.iter().any(|&metric| is_red(metric, cache)));
        part.metrics
            .retain(|&metric| test.states.iter().any(|&cache| is_red(metric, cache)));
        part
    };
    let parts = tests.iter().map(narrow);
    parts.filter(|part| !part.states.is_empty()).collect()
}

/// Whether a run of the second arm that should have been cold found the first arm's work.
fn shares_a_cache(warm: &PairedRuns, tests: &[&TimedTest]) -> bool {
    let second_found_it = |test: &&TimedTest| {
        let track = warm.track(&test.name, perf_guard::CacheState::Cold)?;
        // The first pair begins with base.
        let share = |arm| track.of(arm).first().and_then(|run| run.run.cached_share);
        Some(share(Arm::Base) == Some(0.0) && share(Arm::Head)? > 0.0)
    };
    tests.iter().any(|test| second_found_it(test).unwrap_or(false))
}

fn runs_of(tests: &[&TimedTest]) -> u64 {
    2 * tests.iter().map(|test| test.states.len() as u64).sum::<u64>()
}
