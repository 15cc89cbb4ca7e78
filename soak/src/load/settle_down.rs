//! Waiting until the server has come to rest.

use std::time::{Duration, Instant};

use audio_api::StatusSnapshot;
use audio_client::Client;
use run_context::chain;
use serde_json::Value;

const PAUSE: Duration = Duration::from_millis(100);

/// The server's last word.
#[derive(Debug, Clone)]
pub(super) struct LastWord {
    /// As it came.
    pub(super) status: Value,
    /// Read.
    pub(super) read: StatusSnapshot,
}

/// The status at which nothing is active or waits any more, or the last one when the time is over.
///
/// # Errors
/// Why the server does not say how it is.
pub(super) async fn settle_down(client: &Client, within: Duration) -> Result<LastWord, String> {
    let deadline = Instant::now() + within;
    loop {
        let word = last_word(client).await;
        let is_at_rest = |word: &LastWord| word.read.active_jobs == 0 && word.read.queue_len == 0;
        if word.as_ref().is_ok_and(is_at_rest) || Instant::now() >= deadline {
            return word;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What the server says of itself now.
pub(super) async fn last_word(client: &Client) -> Result<LastWord, String> {
    let call = client.status_as_it_came().await.map_err(|error| chain(&error))?;
    let status = call.done().map_err(|error| chain(&error))?.value;
    let read = serde_json::from_value(status.clone())
        .map_err(|error| format!("the status snapshot cannot be read: {error}"))?;
    Ok(LastWord { status, read })
}
