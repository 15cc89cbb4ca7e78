//! What load is offered, and when.

mod arrivals;
mod ramp;

use std::time::Duration;

pub use arrivals::{Arrival, Arrivals, Spacing};
pub use ramp::{Ramp, RampError, Stage};

/// The pause of a user between two journeys: evenly spread between two times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Think {
    least: Duration,
    most: Duration,
}

impl Think {
    /// No pause.
    pub const NONE: Self = Self {
        least: Duration::ZERO,
        most: Duration::ZERO,
    };

    /// From `least` to `most`; the other way round is taken as meant.
    #[must_use]
    pub fn between(least: Duration, most: Duration) -> Self {
        Self {
            least: least.min(most),
            most: least.max(most),
        }
    }

    /// One pause.
    pub fn sample(&self, rng: &mut fastrand::Rng) -> Duration {
        self.least + (self.most - self.least).mul_f64(rng.f64())
    }
}

/// The load model (Schroeder, Wierman, Harchol-Balter: "Open Versus Closed: A Cautionary Tale", NSDI 2006).
#[derive(Debug, Clone, PartialEq)]
pub enum Load {
    /// Users who wait for their answers: a slow server gets fewer requests.
    Closed {
        /// How many there are, over time.
        users: Ramp,
        /// Their pause between two journeys.
        think: Think,
    },
    /// Arrivals that come whether or not the server keeps up.
    Open {
        /// Arrivals per second, over time.
        rate: Ramp,
        /// How they follow each other.
        spacing: Spacing,
        /// Connections, each of which carries one journey at a time. Opened before the start.
        users: usize,
        /// How many due arrivals may wait for a free connection; what comes beyond is dropped and counted.
        backlog: usize,
    },
}

impl Load {
    /// How long it is offered.
    #[must_use]
    pub fn lasts(&self) -> Duration {
        match self {
            Self::Closed { users, .. } => users.lasts(),
            Self::Open { rate, .. } => rate.lasts(),
        }
    }

    /// The most users at any time.
    #[must_use]
    pub fn most_users(&self) -> usize {
        match self {
            Self::Closed { users, .. } => users.highest().ceil() as usize,
            Self::Open { users, .. } => *users,
        }
    }
}
