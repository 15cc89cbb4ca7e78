//! Where an arrival stands when it is asked which faults strike it, and the answer.

use std::time::Duration;

use audio_api::{
    ModelId,
    fault::{Kind, Stage},
};
use tokio_util::sync::CancellationToken;

use super::JobSpec;

/// One arrival at a stage. What is not at hand there is `None`.
#[derive(Debug, Clone, Copy)]
pub struct FaultSite<'a> {
    /// Where.
    pub stage: Stage,
    /// The job that it is about.
    pub job: Option<&'a JobSpec>,
    /// The attempt's model; where none is at hand, rules look at the job's.
    pub model_id: Option<ModelId>,
    /// The segment's place.
    pub segment_index: Option<u32>,
    /// The attempt's number, from 1.
    pub attempt: Option<u32>,
}

impl<'a> FaultSite<'a> {
    /// An arrival about a job, or about none.
    #[must_use]
    pub const fn of_job(stage: Stage, job: Option<&'a JobSpec>) -> Self {
        Self {
            stage,
            job,
            model_id: None,
            segment_index: None,
            attempt: None,
        }
    }
}

/// The rules that strike one arrival, in the order in which they were added. One that ends what the stage was doing is
/// the last: the rules behind it are not asked.
pub type Strikes = Vec<Strike>;

/// One rule striking one arrival.
#[derive(Debug, Clone)]
pub struct Strike {
    /// The rule.
    pub rule_id: String,
    /// The arrival's number among those that the rule matched, from 1: at `http.*` stages the rule's request number.
    pub arrival: u64,
    /// What it does.
    pub kind: Kind,
    /// For a sleep: how long this one lasts, drawn already.
    pub sleep: Duration,
    /// For a leak: how many bytes to leak now.
    pub leak_bytes: u64,
    /// Cancelled when the rule is removed or expires: what it holds up goes on.
    pub released: CancellationToken,
}
