//! Watching tests for the first that fails: once one has noticed a fault, the others need not.

use std::sync::atomic::{AtomicBool, Ordering};

use run_report::TestStatus;
use tokio::sync::Notify;

use crate::suite::{Event, Progress};

/// Told of every test; remembers whether one has failed.
#[derive(Debug, Default)]
pub(super) struct FirstNotice {
    noticed: AtomicBool,
    wake: Notify,
}

impl FirstNotice {
    /// Completes once a test has failed.
    pub(super) async fn notice(&self) {
        while !self.noticed.load(Ordering::SeqCst) {
            self.wake.notified().await;
        }
    }
}

impl Progress for FirstNotice {
    fn tell(&self, event: Event<'_>) {
        if let Event::Ended { result } = event
            && result.status == TestStatus::Failed
        {
            self.noticed.store(true, Ordering::SeqCst);
            // A permit is kept for a waiter that is still to come.
            self.wake.notify_one();
        }
    }
}
