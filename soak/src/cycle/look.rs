//! Looks at the server: its status and its metrics, one after the other.

use std::time::{Duration, Instant};

use audio_client::{CallError, Client, on_behalf_of};
use run_context::{ServerFigures, server_figures};
use serde_json::Value;

/// The longest that a look may take.
const LOOK_WITHIN: Duration = Duration::from_secs(5);
/// A target that nobody reaches for so long is gone.
const GONE_AFTER: Duration = Duration::from_secs(6);
/// The name of the looks on the tape.
pub(super) const PART: &str = "looks";

/// Looks at one server.
#[derive(Debug)]
pub(super) struct Looks {
    client: Client,
    /// Since when nobody reaches it.
    unreached: Option<(Instant, String)>,
}

impl Looks {
    pub(super) fn new(client: &Client) -> Self {
        Self {
            client: client.with_call_timeout(LOOK_WITHIN),
            unreached: None,
        }
    }

    /// What the server says of itself now.
    ///
    /// # Errors
    /// As [`server_figures`].
    pub(super) async fn take(&mut self) -> Result<ServerFigures, CallError> {
        let looked = on_behalf_of(PART, server_figures(&self.client)).await;
        match &looked {
            Err(error) if error.is_transport() => {
                self.unreached
                    .get_or_insert_with(|| (Instant::now(), error.chain()));
            }
            _ => self.unreached = None,
        }
        looked
    }

    /// Why the target is gone; nothing as long as it is there.
    pub(super) fn gone(&self) -> Option<String> {
        let (since, error) = self.unreached.as_ref()?;
        (since.elapsed() >= GONE_AFTER)
            .then(|| format!("the target has not been reached for {GONE_AFTER:?}: {error}"))
    }

    /// The status snapshot as it came.
    ///
    /// # Errors
    /// When it cannot be had.
    pub(super) async fn status(&self) -> Result<Value, CallError> {
        let call = on_behalf_of(PART, self.client.status_as_it_came()).await?;
        Ok(call.done()?.value)
    }
}
