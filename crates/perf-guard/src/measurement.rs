//! What a run measured of one timed test in one cache state.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    cache::TimedKey,
    samples::Samples,
    seconds::{Seconds, ValueError},
    stages::StageTimes,
};

/// How often a per-segment stage counts into the job's time: segments over parallel workers, rounded up, at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounds(u32);

impl Rounds {
    /// The work is done once.
    pub const ONE: Self = Self(1);

    /// # Errors
    /// No workers or no segments.
    pub fn new(segments: u32, workers: u32) -> Result<Self, ValueError> {
        let legal = "1 or more";
        match (segments, workers) {
            (0, _) => Err(ValueError::new("segments", 0, legal)),
            (_, 0) => Err(ValueError::new("workers", 0, legal)),
            (s, w) => Ok(Self(s.div_ceil(w))),
        }
    }

    /// The number of rounds, at least 1.
    #[must_use]
    pub fn get(self) -> f64 {
        f64::from(self.0)
    }
}

/// Change of the server's counters while a test was timed; nothing where the target does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CounterDeltas {
    /// Change of the queue's length, in segments.
    pub queue: Option<i64>,
    /// Retries of segments.
    pub retries: Option<i64>,
    /// Uses of the fallback model.
    pub fallback: Option<i64>,
    /// Waits for the merge lock that really waited.
    pub merge_waits: Option<i64>,
}

/// One timed test in one cache state, all its repeats.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Which test and which cache state.
    pub key: TimedKey,
    /// One sample a repeat.
    pub samples: Samples,
    /// Stage medians over the repeats, [`StageTimes::medians`].
    pub stages: StageTimes,
    /// How often per-segment stages count.
    pub rounds: Rounds,
    /// Counters over all repeats together.
    pub counters: CounterDeltas,
    /// When the test itself gives up. A threshold at or beyond it can never fire.
    pub timeout: Seconds,
}
