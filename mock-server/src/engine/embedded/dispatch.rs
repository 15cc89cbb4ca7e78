//! Waking the lease calls that wait for a segment: one for each segment that comes due, none in vain.
//!
//! What is due on arrival is announced to one waiting call. What comes due later, or comes back because a lease ends, is
//! looked after by the timekeeper: the one waiting call that sleeps until the next such moment. A call that is dropped
//! passes on what it was told, and the timekeeper's part. So a lease call has to be polled until it ends, or dropped.

use std::time::Duration;

use tokio::{
    sync::{Mutex, Notify},
    time::{Instant, sleep_until},
};

use super::{
    clock::later,
    state::{Alarm, Effects},
};

/// Wakes lease calls.
#[derive(Debug, Default)]
pub(super) struct Dispatch {
    /// A segment is due. One notice wakes one call.
    due: Notify,
    /// Held by the timekeeper.
    timekeeper: Mutex<()>,
    /// The timekeeper has to look again.
    alarm: Notify,
}

impl Dispatch {
    /// Tells everybody what an operation did to them.
    pub(super) fn tell(&self, effects: Effects) {
        for lost in effects.lost {
            lost.cancel();
        }
        for _ in 0..effects.announcements {
            self.due.notify_one();
        }
        if effects.alarm == Alarm::Moved {
            self.alarm.notify_one();
        }
    }

    /// Tries until it gives something, or `wait` is over.
    pub(super) async fn wait_for<T>(
        &self,
        wait: Duration,
        mut attempt: impl FnMut() -> Option<T>,
        set_alarm: impl Fn() -> Option<Instant>,
    ) -> Option<T> {
        if let Some(found) = attempt() {
            return Some(found);
        }
        let start = Instant::now();
        let deadline = later(start, wait);
        while Instant::now() < deadline {
            let due = self.due.notified();
            tokio::pin!(due);
            // In line before the next look, so that nothing is announced between the two unheard.
            due.as_mut().enable();
            if let Some(found) = attempt() {
                return Some(found);
            }
            tokio::select! {
                () = due => {}
                () = self.keep_time(&set_alarm) => {}
                () = sleep_until(deadline) => {}
            }
        }
        attempt()
    }

    /// Becomes the timekeeper when there is none, and returns when something has happened by itself.
    async fn keep_time(&self, set_alarm: impl Fn() -> Option<Instant>) {
        let _timekeeper = self.timekeeper.lock().await;
        loop {
            let Some(until) = set_alarm() else {
                self.alarm.notified().await;
                continue;
            };
            tokio::select! {
                () = sleep_until(until) => return,
                () = self.alarm.notified() => {}
            }
        }
    }
}
