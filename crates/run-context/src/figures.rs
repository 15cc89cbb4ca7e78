//! What a server says of itself at one moment.

use std::collections::BTreeMap;

use audio_api::StatusSnapshot;
use audio_client::{CallError, Capability, Client};

/// What a server says of itself at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerFigures {
    /// Its status snapshot.
    pub status: StatusSnapshot,
    /// Its flat metrics; empty where the target has none.
    pub metrics: BTreeMap<String, f64>,
}

/// Asks a server for its status, and for its metrics where it has any.
///
/// # Errors
/// When an answer does not come, or is not what the contract says.
pub async fn server_figures(client: &Client) -> Result<ServerFigures, CallError> {
    let status = client.status().await?.done()?.value;
    let metrics = if client.profile().can(Capability::FlatMetrics) {
        client.flat_metrics().await?.done()?.value
    } else {
        BTreeMap::new()
    };
    Ok(ServerFigures { status, metrics })
}

impl ServerFigures {
    /// Resident memory of the server's process, in bytes.
    #[must_use]
    pub fn resident_bytes(&self) -> Option<f64> {
        self.metric("process_resident_memory_bytes")
    }

    /// Descriptors that the server's process has open.
    #[must_use]
    pub fn open_fds(&self) -> Option<f64> {
        self.metric("process_open_fds")
    }

    /// Threads of the server's process.
    #[must_use]
    pub fn threads(&self) -> Option<f64> {
        self.metric("process_threads")
    }

    /// Pieces of audio that the server has let go so far because its cache was full.
    #[must_use]
    pub fn evictions(&self) -> Option<f64> {
        self.metric("touchstone_blob_evictions_total")
    }

    /// A metric by its name; `None` where the target does not give it, or gives what is no number.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<f64> {
        self.metrics.get(name).copied().filter(|value| value.is_finite())
    }
}
