//! How many jobs and characters a test submits, known before it runs, since on some targets both cost money.

use std::{iter::Sum, ops::Add};

use crate::cases::{Case, CaseSet};

/// How many jobs and characters are going to be submitted and accepted, at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Demand {
    /// Jobs.
    pub jobs: u64,
    /// Characters (Unicode scalars) of their texts.
    pub characters: u64,
}

impl Demand {
    /// Nothing.
    pub const NONE: Self = Self {
        jobs: 0,
        characters: 0,
    };

    /// So many jobs of one case.
    #[must_use]
    pub fn of_case(case: &Case, jobs: u64) -> Self {
        Self {
            jobs,
            characters: jobs * case.chars(),
        }
    }

    /// So many jobs of the case of this name, one of those that every set has.
    #[must_use]
    pub fn of(cases: &CaseSet, name: &str, jobs: u64) -> Self {
        Self::of_case(cases.needed(name), jobs)
    }
}

impl Add for Demand {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            jobs: self.jobs + other.jobs,
            characters: self.characters + other.characters,
        }
    }
}

impl Sum for Demand {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::NONE, Add::add)
    }
}
