//! Quiet points: the cycles pause, and nothing may be active any more.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use audio_api::SegmentId;
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

#[derive(Debug, PartialEq, Eq)]
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
    Ok(compared(canceled, &ready(&call.done()?.value.manifest)))
}

/// A canceled job by the segments that are ready now.
fn compared(canceled: &Canceled, now: &BTreeSet<SegmentId>) -> Looked {
    let more: Vec<String> = now.difference(&canceled.ready).map(ToString::to_string).collect();
    if more.is_empty() {
        return Looked::Same;
    }
    Looked::Gained(format!(
        "job {} was canceled, and these segments turned ready after that: {}",
        canceled.job,
        more.join(", ")
    ))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(ids: &[&str]) -> BTreeSet<SegmentId> {
        ids.iter().map(|id| SegmentId::from(*id)).collect()
    }

    #[test]
    fn a_canceled_job_may_lose_segments_and_gain_none() {
        let canceled = Canceled {
            cycle: 4,
            job: "job-1".into(),
            ready: segments(&["seg-0000", "seg-0001"]),
        };
        assert_eq!(compared(&canceled, &segments(&["seg-0001"])), Looked::Same);
        let Looked::Gained(text) = compared(&canceled, &segments(&["seg-0001", "seg-0002"])) else {
            panic!("a segment was gained")
        };
        assert!(
            text.contains("job-1") && text.ends_with("after that: seg-0002"),
            "{text}"
        );
    }

    #[test]
    fn a_server_has_its_time_to_come_to_rest_and_no_more() {
        let now = Instant::now();
        assert!(matches!(rest(now, Ok(0)), Some(Rest::After(_))));
        assert_eq!(rest(now, Ok(2)), None);
        let long_ago = now.checked_sub(REST_WITHIN).unwrap();
        let Some(Rest::Never(text)) = rest(long_ago, Ok(2)) else {
            panic!("two jobs stayed")
        };
        assert!(text.starts_with("2 jobs are active"), "{text}");
    }
}
