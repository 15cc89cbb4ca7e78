//! Quiet points: the cycles pause, and nothing may be active any more.

use std::time::{Duration, Instant};

use audio_client::{CallError, Client, Outcome, on_behalf_of};
use run_report::{Invariant, Violation};

use super::{
    ledger::{Canceled, Ledger},
    steps::{Cycle, ready},
};

/// The server has so long to come to rest.
pub(super) const REST_WITHIN: Duration = Duration::from_secs(10);
/// Between two looks.
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// Looks again at the canceled jobs of the window: none may have gained a ready segment.
pub(super) async fn look_at_canceled(client: &Client, ledger: &Ledger) {
    for canceled in ledger.take_canceled() {
        let part = Cycle::part(canceled.cycle);
        match on_behalf_of(&part, gained(client, &canceled)).await {
            Ok(Looked::Same) => ledger.held(Invariant::CanceledStays),
            Ok(Looked::Gone) => {}
            Ok(Looked::Gained(text)) => ledger.broken(Violation {
                invariant: Invariant::CanceledStays,
                at_seconds: ledger.elapsed().as_secs_f64(),
                cycle: Some(canceled.cycle),
                job_id: Some(canceled.job.to_string()),
                text: format!("cycle {}: {text}", canceled.cycle),
            }),
            Err(error) => ledger.failed(error.chain()),
        }
    }
}

enum Looked {
    Same,
    /// No longer kept.
    Gone,
    Gained(String),
}

async fn gained(client: &Client, canceled: &Canceled) -> Result<Looked, CallError> {
    let call = client.job(&canceled.job).await?;
    if call.outcome == Outcome::NotFound {
        return Ok(Looked::Gone);
    }
    let manifest = call.done()?.value.manifest;
    let now = ready(&manifest);
    let more: Vec<String> = now.difference(&canceled.ready).map(ToString::to_string).collect();
    if more.is_empty() {
        return Ok(Looked::Same);
    }
    Ok(Looked::Gained(format!(
        "job {} was canceled, and these segments turned ready after that: {}",
        canceled.job,
        more.join(", ")
    )))
}

/// How the server came to rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rest {
    /// Nothing was active any more, so long after the cycles paused.
    After(Duration),
    /// Something stayed active.
    Never(String),
}

/// Judges one look of a quiet point; `None` while there is still time.
pub(super) fn rest(since: Instant, active: Result<u64, &CallError>) -> Option<Rest> {
    let waited = since.elapsed();
    match active {
        Ok(0) => Some(Rest::After(waited)),
        _ if waited < REST_WITHIN => None,
        Ok(active) => Some(Rest::Never(format!(
            "{active} jobs are active {REST_WITHIN:?} after the cycles paused"
        ))),
        Err(error) => Some(Rest::Never(format!(
            "the status cannot be had {REST_WITHIN:?} after the cycles paused: {}",
            error.chain()
        ))),
    }
}
