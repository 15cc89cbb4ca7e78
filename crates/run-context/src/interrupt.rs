//! The wish of others that a run should end.

use std::io;

/// Completes on SIGINT or SIGTERM. To be called within a runtime.
///
/// # Errors
/// When the system gives no handler.
pub(crate) fn interrupt() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    })
}
