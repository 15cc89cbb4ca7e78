//! Times of the journey's own, by name.

use load_engine::{Catalogue, TrendId};

/// From the first try of a submit to its acceptance, with every wait that a 429 asked for.
pub const SUBMIT_TO_ACCEPTED: &str = "submit_to_accepted";
/// From sending the submit that was accepted to the answer that showed the job ended with audio.
pub const SUBMIT_TO_READY: &str = "submit_to_ready";
/// What looking at intervals adds: [`SUBMIT_TO_READY`] less the time that the server's own manifest gives the job.
pub const POLL_OVERHEAD: &str = "poll_overhead";
/// From the answer that showed the job ready to the last byte of its merged audio.
pub const READY_TO_MERGED: &str = "ready_to_merged";

/// The times of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trends {
    pub(crate) submit_to_accepted: TrendId,
    pub(crate) submit_to_ready: TrendId,
    pub(crate) poll_overhead: TrendId,
    pub(crate) ready_to_merged: TrendId,
}

impl Trends {
    pub(crate) fn enter(catalogue: &mut Catalogue) -> Self {
        Self {
            submit_to_accepted: catalogue.trend(SUBMIT_TO_ACCEPTED),
            submit_to_ready: catalogue.trend(SUBMIT_TO_READY),
            poll_overhead: catalogue.trend(POLL_OVERHEAD),
            ready_to_merged: catalogue.trend(READY_TO_MERGED),
        }
    }
}
