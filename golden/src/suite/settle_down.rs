//! Coming to rest: the status snapshot before and after, and the wait in between until nothing runs any more.

use std::time::{Duration, Instant};

use audio_client::{CallError, Capability, Outcome};
use serde_json::Value;

use super::{Context, Sharing};

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// How the target was found at the end.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rest {
    /// The last status snapshot, as it came; `None` when there is none to be had.
    pub status: Option<Value>,
    /// Own jobs that have not ended; looked for on a shared target only.
    pub unfinished: Vec<String>,
    /// Why there is no snapshot.
    pub why_none: Option<String>,
    /// Whether the server could not be reached.
    pub unreachable: bool,
}

/// The status snapshot as it came; `None` where the target has none.
///
/// # Errors
/// When it should have one and it cannot be had.
pub async fn snapshot(ctx: &Context) -> Result<Option<Value>, CallError> {
    if !ctx.profile().can(Capability::Status) {
        return Ok(None);
    }
    let call = ctx.client.status_as_it_came().await?;
    Ok(Some(call.done()?.value))
}

/// Waits until nothing runs any more, at most `within`, and takes the snapshot after that.
pub async fn settle_down(ctx: &Context, within: Duration) -> Rest {
    let deadline = Instant::now() + within;
    let mut unfinished = match ctx.sharing {
        Sharing::Alone => Vec::new(),
        Sharing::Shared => ctx.ledger.jobs(),
    };
    loop {
        let mut still = Vec::new();
        for job in unfinished {
            if !has_ended(ctx, &job).await {
                still.push(job);
            }
        }
        unfinished = still;
        let status = snapshot(ctx).await;
        let quiet = match (ctx.sharing, &status) {
            (Sharing::Shared, _) => unfinished.is_empty(),
            (Sharing::Alone, Ok(Some(status))) => active_jobs(status) == Some(0),
            // What cannot be seen cannot be waited for; and without a server there is nothing to wait for.
            (Sharing::Alone, _) => true,
        };
        if quiet || Instant::now() >= deadline {
            return Rest {
                unfinished: unfinished.iter().map(ToString::to_string).collect(),
                unreachable: matches!(&status, Err(error) if error.is_transport()),
                why_none: status.as_ref().err().map(CallError::chain),
                status: status.ok().flatten(),
            };
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn active_jobs(status: &Value) -> Option<u64> {
    status.get("active_jobs")?.as_u64()
}

async fn has_ended(ctx: &Context, job: &audio_api::JobId) -> bool {
    match ctx.client.job(job).await.map(|call| call.outcome) {
        Ok(Outcome::Done(answer)) => answer.manifest.status.is_terminal(),
        Ok(Outcome::NotFound) => true,
        _ => false,
    }
}
