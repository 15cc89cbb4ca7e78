//! Which timed tests there are, in which cache states, and how often.

use audio_client::{Capability, TargetProfile};
use perf_guard::{CacheState, TimedKey};
use run_report::Metric;

use super::key_of;
use crate::{
    cases::{Case, CaseSet},
    suite::Demand,
};

/// The case that is canceled, and the timed test of that.
const CANCEL: &str = "cancel";
/// The timed test of what a client reads of a finished job, and the case that it reads.
const READING: (&str, &str) = ("reading", "test_2");

/// One timed test.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedTest {
    /// Its name in results.
    pub name: String,
    /// The case that it runs.
    pub case: String,
    /// What it times.
    pub metrics: Vec<Metric>,
    /// In which cache states.
    pub states: Vec<CacheState>,
}

/// All timed tests of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedPlan {
    /// In the order of running.
    pub tests: Vec<TimedTest>,
    /// How often each.
    pub repeats: u32,
    /// Tests that the target cannot run, with the reason.
    pub skipped: Vec<(String, CacheState, String)>,
}

impl TimedTest {
    /// Whether it times how long a cancel takes, and nothing else.
    #[must_use]
    pub fn is_cancel(&self) -> bool {
        self.metrics == [Metric::CancelAck]
    }

    /// Whether it times what is read of a job that has ended.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        self.metrics.contains(&Metric::SegmentFetch)
    }

    /// What the guard keys its times by.
    pub fn keys(&self) -> impl Iterator<Item = TimedKey> {
        let all = self
            .states
            .iter()
            .flat_map(|&cache| self.metrics.iter().map(move |&metric| (metric, cache)));
        all.map(|(metric, cache)| TimedKey::new(key_of(&self.name, metric), cache))
    }

    /// Runs of one repeat, the untimed one that fills the cache included.
    fn runs(&self) -> u64 {
        self.states.len() as u64 + u64::from(self.needs_filling())
    }

    /// Whether nothing but an untimed run fills the cache.
    #[must_use]
    pub fn needs_filling(&self) -> bool {
        self.states == [CacheState::Warm]
    }
}

impl TimedPlan {
    /// The timed tests of these cases that the filter takes and the target can run.
    #[must_use]
    pub fn new(
        (cases, profile): (&CaseSet, &TargetProfile),
        takes: impl Fn(&str) -> bool,
        states: &[CacheState],
        repeats: u32,
    ) -> Self {
        let mut plan = Self {
            tests: Vec::new(),
            repeats,
            skipped: Vec::new(),
        };
        for case in cases.timed().filter(|case| takes(&case.name)) {
            plan.add_case(case, profile, states);
        }
        let cancels = cases
            .get(CANCEL)
            .filter(|_| takes(CANCEL) && states.contains(&CacheState::Cold));
        if let Some(case) = cancels
            && profile.can(Capability::Cancel)
        {
            // Of a canceled job not all is cached, so there is no warm state of this.
            plan.tests.push(TimedTest {
                name: CANCEL.to_owned(),
                case: case.name.clone(),
                metrics: vec![Metric::CancelAck],
                states: vec![CacheState::Cold],
            });
        }
        if takes(READING.0) && states.contains(&CacheState::Cold) && cases.get(READING.1).is_some() {
            plan.tests.push(reading(profile));
        }
        plan
    }

    fn add_case(&mut self, case: &Case, profile: &TargetProfile, states: &[CacheState]) {
        let mut metrics = vec![Metric::SubmitToComplete, Metric::FirstReady];
        if profile.can(Capability::Merged) {
            metrics.push(Metric::MergedFetch);
        }
        let (can, cannot): (Vec<_>, Vec<_>) = states
            .iter()
            .partition(|state| **state == CacheState::Cold || profile.can(Capability::Cache));
        for state in cannot {
            let reason = format!("target profile {} has no cache", profile.name);
            self.skipped.push((case.name.clone(), state, reason));
        }
        if !can.is_empty() {
            self.tests.push(TimedTest {
                name: case.name.clone(),
                case: case.name.clone(),
                metrics,
                states: can,
            });
        }
    }

    /// What it submits.
    #[must_use]
    pub fn demand(&self, cases: &CaseSet) -> Demand {
        let of = |test: &TimedTest| {
            let case = cases.get(&test.case);
            case.map_or(Demand::NONE, |case| {
                Demand::of_case(case, test.runs() * u64::from(self.repeats))
            })
        };
        self.tests.iter().map(of).sum()
    }

    /// Timed runs in all.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.tests
            .iter()
            .map(|test| test.states.len() as u64)
            .sum::<u64>()
            * u64::from(self.repeats)
    }

    /// All keys of the guard.
    pub fn keys(&self) -> impl Iterator<Item = TimedKey> {
        self.tests.iter().flat_map(TimedTest::keys)
    }
}

/// What is read of a finished job takes the same time wherever its audio came from, so there is no warm state of this.
fn reading(profile: &TargetProfile) -> TimedTest {
    let others = [
        (Metric::PlaylistFetch, Capability::Playlist),
        (Metric::StatusFetch, Capability::Status),
    ];
    let others = others.into_iter().filter(|(_, needs)| profile.can(*needs));
    TimedTest {
        name: READING.0.to_owned(),
        case: READING.1.to_owned(),
        metrics: std::iter::once(Metric::SegmentFetch)
            .chain(others.map(|(metric, _)| metric))
            .collect(),
        states: vec![CacheState::Cold],
    }
}
