//! The tests that check correctness, as data. Timed tests come from the cases, see the timed tests.

use audio_client::Capability;
use futures::future::BoxFuture;

use super::{Demand, Probe, Stop};
use crate::{cases::CaseSet, checks};

/// Beside which others a test may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Beside others of this lane.
    Together,
    /// Alone: it fills limits, sets faults, compares counters, or takes the time.
    Alone,
}

/// Whether a test runs when the guard is proven with a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofPart {
    /// It does: it shows that the fault slows and does not break.
    Runs,
    /// It does not: what it checks has nothing to do with time, and under a fault it would take minutes.
    LeftOut,
    /// It runs in no proof of any kind: it judges a time by a fixed limit, which the servers that a proof runs side by side
    /// would spoil. The timed tests are there for that.
    TimesItself,
}

/// One test.
pub struct TestSpec {
    /// Its name in reports.
    pub name: &'static str,
    /// Beside which others it may run.
    pub lane: Lane,
    /// Whether it runs in a proof.
    pub proof: ProofPart,
    /// What the target has to be able to do.
    pub needs: &'static [Capability],
    /// What it submits at most.
    pub demand: fn(&CaseSet) -> Demand,
    /// The test itself.
    pub run: for<'a> fn(&'a Probe<'a>) -> BoxFuture<'a, Result<(), Stop>>,
}

impl std::fmt::Debug for TestSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestSpec")
            .field("name", &self.name)
            .field("lane", &self.lane)
            .finish_non_exhaustive()
    }
}

/// All tests of correctness, in the order of reports.
#[must_use]
pub fn all() -> Vec<&'static TestSpec> {
    checks::GROUPS.iter().flat_map(|group| group.iter()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_name_stands_once_and_is_none_of_a_case() {
        let mut seen: HashSet<String> = CaseSet::built_in()
            .unwrap()
            .timed()
            .map(|case| case.name.clone())
            .collect();
        for spec in all() {
            assert!(seen.insert(spec.name.to_owned()), "{}", spec.name);
        }
    }

    #[test]
    fn tests_that_set_faults_run_alone() {
        for spec in all()
            .into_iter()
            .filter(|spec| spec.needs.contains(&Capability::Faults))
        {
            assert_eq!(spec.lane, Lane::Alone, "{}", spec.name);
        }
    }
}
