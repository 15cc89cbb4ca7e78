//! The store in memory: large blobs in a memory file where the system has such files, the rest as bytes.

use bytes::Bytes;

use super::Held;
#[cfg(target_os = "linux")]
use super::arena::Arena;

/// Where blobs are held.
#[derive(Debug)]
pub(super) struct Memory {
    /// `None` where the system has no memory files.
    #[cfg(target_os = "linux")]
    arena: Option<std::sync::Arc<Arena>>,
}

impl Memory {
    #[cfg(target_os = "linux")]
    pub(super) fn new() -> Self {
        let arena = Arena::new().inspect_err(
            |error| tracing::info!(%error, "no memory files here: large audio is copied when it is sent"),
        );
        Self {
            arena: arena.ok().map(Into::into),
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) const fn new() -> Self {
        Self {}
    }

    /// Holds a blob, which for a large one means to copy it: not on a thread that others wait for.
    pub(super) async fn hold(&self, bytes: Bytes) -> Held {
        #[cfg(target_os = "linux")]
        if let Some(arena) = &self.arena
            && Arena::takes(bytes.len())
        {
            let (arena, bytes) = (arena.clone(), bytes.clone());
            let held = tokio::task::spawn_blocking(move || arena.hold(bytes)).await;
            match held.map_err(std::io::Error::other).flatten() {
                Ok(held) => return held,
                Err(error) => tracing::warn!(%error, "could not put audio into the memory file"),
            }
        }
        bytes.into()
    }
}
