//! What happens while a suite runs, told as it happens. The suite prints nothing itself.

use std::time::Duration;

use run_report::TestResult;

use super::Demand;

/// Something that happened.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// What is going to be done.
    Planned {
        /// Tests and timed runs in all.
        steps: u64,
        /// What they submit.
        demand: Demand,
    },
    /// A test began.
    Began {
        /// Its name, for a timed run with cache state and number.
        name: &'a str,
    },
    /// A test ended.
    Ended {
        /// What came of it.
        result: &'a TestResult,
    },
    /// A timed run ended; its test's result comes with the last one.
    Timed {
        /// Its name, with cache state and number.
        name: &'a str,
    },
    /// A pair of every test that is compared was made.
    Paired {
        /// How many there are now.
        made: usize,
        /// How many there will be.
        planned: usize,
        /// How long the others are going to take, by those so far.
        left: Duration,
    },
    /// Timed runs that are not made after all.
    Spared {
        /// How many.
        steps: u64,
    },
    /// The target is given time to come to rest.
    Draining,
}

/// Somebody who is told.
pub trait Progress: Send + Sync {
    /// Takes notice.
    fn tell(&self, event: Event<'_>);
}

/// Nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn tell(&self, _: Event<'_>) {}
}
