//! Conducting a comparison: warm-up, the number of runs, the pairs with their looks, and once more what is red. Whatever ends
//! it, the runs that were made are kept.

use std::{collections::BTreeSet, time::Instant};

use perf_guard::{
    TimedKey,
    comparison::{ComparisonError, Plan},
};
use run_report::{Arm, ArmInfo, Ending, Quiescence};

use super::{
    inputs::CompareInputs,
    pairs,
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
            steps: pairs::runs_of(&active) * self.plan.pairs() as u64,
            demand: inputs.demand(settings, self.plan.pairs()),
        });
        self.first = PairedRuns::default();
        pairs::make(
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
        let outcome = pairs::judge(&self.first, &inputs.timed.tests, &self.plan)?;
        let red = pairs::regressed(&outcome);
        if red.is_empty() {
            return Ok(());
        }
        let tests = pairs::narrowed(&inputs.timed.tests, &red);
        let second = self.second.insert(Second {
            red,
            tests: tests.clone(),
            runs: PairedRuns::default(),
        });
        let active: Vec<&TimedTest> = tests.iter().collect();
        progress.tell(Event::Planned {
            steps: pairs::runs_of(&active) * self.plan.pairs() as u64,
            demand: Demand::NONE,
        });
        pairs::make(
            &mut second.runs,
            sides,
            (active, &tests),
            (&self.plan, self.pairing),
            progress,
        )
        .await
    }
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
