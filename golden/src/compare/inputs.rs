//! What a comparison reads before it starts.

use std::sync::Arc;

use audio_client::TargetProfile;

use crate::{
    cases::CaseSet,
    cli::{CompareSettings, RunsChoice, UsageError},
    run::{InputError, profile_and_cases},
    suite::Demand,
    timed::TimedPlan,
};

/// What a comparison reads before it starts.
#[derive(Debug)]
pub(super) struct CompareInputs {
    /// What the targets are and can do.
    pub(super) profile: Arc<TargetProfile>,
    /// The texts.
    pub(super) cases: CaseSet,
    /// The timed tests, with one repeat.
    pub(super) timed: TimedPlan,
}

impl CompareInputs {
    /// Reads everything.
    ///
    /// # Errors
    /// An input that cannot be used.
    pub(super) fn read(settings: &CompareSettings) -> Result<Self, InputError> {
        let (profile, cases) = profile_and_cases(settings.profile.as_deref(), settings.cases.as_deref())?;
        let takes = |name: &str| settings.takes(name);
        let timed = TimedPlan::new((&cases, &profile), takes, &settings.states, 1);
        Ok(Self {
            profile: Arc::new(profile),
            cases,
            timed,
        })
    }

    /// Refuses a comparison of nothing, and one that would submit more than it may. What a budget allows is seen to later.
    ///
    /// # Errors
    /// What cannot be meant.
    pub(super) fn check(&self, settings: &CompareSettings) -> Result<(), UsageError> {
        if self.timed.tests.is_empty() {
            return Err(UsageError::NoTest(settings.filter.join(" ")));
        }
        let Demand { jobs, characters } = self.demand(settings, settings.plan.pairs());
        match settings.max_characters {
            Some(allowed) if characters > allowed && !matches!(settings.runs, RunsChoice::Budget(_)) => {
                Err(UsageError::TooManyCharacters {
                    planned: characters,
                    jobs,
                    allowed,
                })
            }
            _ => Ok(()),
        }
    }

    /// How many timed values are compared.
    pub(super) fn hypotheses(&self) -> usize {
        self.timed.keys().count()
    }

    /// What both arms submit together, at most, for one pair of every test: with `--confirm` all of it twice, and one server
    /// at a time is warmed at each start.
    pub(super) fn demand_of_pair(&self, settings: &CompareSettings) -> Demand {
        let warm_ups = if settings.one_at_a_time {
            u64::from(settings.warm_up_runs)
        } else {
            0
        };
        let rounds = if settings.confirm { 2 } else { 1 };
        times(self.both_arms(), rounds * (1 + warm_ups))
    }

    /// What both arms submit together, at most, for so many pairs and the warm-up.
    pub(super) fn demand(&self, settings: &CompareSettings, pairs: usize) -> Demand {
        let warm_ups = u64::from(settings.warm_up_runs);
        times(self.both_arms(), warm_ups) + times(self.demand_of_pair(settings), pairs as u64)
    }

    fn both_arms(&self) -> Demand {
        times(self.timed.demand(&self.cases), 2)
    }
}

const fn times(demand: Demand, factor: u64) -> Demand {
    Demand {
        jobs: demand.jobs * factor,
        characters: demand.characters * factor,
    }
}
