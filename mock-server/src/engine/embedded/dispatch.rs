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

#[cfg(test)]
mod tests {
    use std::{
        cell::{Cell, RefCell},
        rc::Rc,
        task::{Context, Waker},
    };

    use tokio::task::{LocalSet, spawn_local, yield_now};

    use super::*;

    const PATIENT: Duration = Duration::from_secs(60);

    /// Calls that wait for one of `ready` things, and how often they looked.
    #[derive(Default)]
    struct Desk {
        dispatch: Dispatch,
        ready: Cell<usize>,
        looks: Cell<usize>,
        next_event: RefCell<Option<Instant>>,
    }

    impl Desk {
        async fn wait(&self, wait: Duration) -> Option<()> {
            let attempt = || {
                self.looks.set(self.looks.get() + 1);
                let left = self.ready.get().checked_sub(1)?;
                self.ready.set(left);
                Some(())
            };
            self.dispatch
                .wait_for(wait, attempt, || *self.next_event.borrow())
                .await
        }

        fn announce(&self, announcements: usize) {
            self.ready.set(self.ready.get() + announcements);
            self.dispatch.tell(announcing(announcements));
        }
    }

    const fn announcing(announcements: usize) -> Effects {
        Effects {
            lost: Vec::new(),
            announcements,
            alarm: Alarm::Stands,
        }
    }

    /// So many calls that wait, while the next thing to happen by itself is due in `due_in`.
    async fn with_waiting<F: Future>(
        calls: usize,
        due_in: Option<Duration>,
        test: impl FnOnce(Rc<Desk>, Vec<Call>) -> F,
    ) -> F::Output {
        let desk = Rc::new(Desk::default());
        *desk.next_event.borrow_mut() = due_in.map(|due_in| Instant::now() + due_in);
        LocalSet::new()
            .run_until(async {
                let calls = (0..calls)
                    .map(|_| {
                        let desk = Rc::clone(&desk);
                        spawn_local(async move { desk.wait(PATIENT).await })
                    })
                    .collect();
                // Paused time moves on only when every call waits.
                tokio::time::sleep(Duration::from_millis(1)).await;
                desk.looks.set(0);
                test(Rc::clone(&desk), calls).await
            })
            .await
    }

    type Call = tokio::task::JoinHandle<Option<()>>;

    #[tokio::test(start_paused = true)]
    async fn one_announcement_wakes_one_of_many_calls() {
        with_waiting(64, None, async |desk, _calls| {
            desk.announce(1);
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!((desk.ready.get(), desk.looks.get()), (0, 1));
            desk.announce(5);
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!((desk.ready.get(), desk.looks.get()), (0, 6));
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_happens_by_itself_wakes_the_timekeeper_alone() {
        with_waiting(64, Some(Duration::from_secs(1)), async |desk, _calls| {
            tokio::time::sleep(Duration::from_millis(900)).await;
            desk.ready.set(1);
            *desk.next_event.borrow_mut() = None;
            tokio::time::sleep(Duration::from_secs(10)).await;
            assert_eq!((desk.ready.get(), desk.looks.get()), (0, 1));
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_timekeeper_has_a_successor() {
        with_waiting(3, Some(Duration::from_secs(1)), async |desk, mut calls| {
            for call in calls.drain(..2) {
                call.abort();
                yield_now().await;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
            desk.ready.set(1);
            *desk.next_event.borrow_mut() = Some(Instant::now() + Duration::from_millis(500));
            desk.dispatch.alarm.notify_one();
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(desk.ready.get(), 0);
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_dropped_after_it_was_told_passes_it_on() {
        with_waiting(2, None, async |desk, mut calls| {
            desk.announce(1);
            calls.remove(0).abort();
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(desk.ready.get(), 0);
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_announced_between_the_last_look_and_sleep_is_heard_by_every_call() {
        let (dispatch, ready) = (Dispatch::default(), Cell::new(0_usize));
        let take = || ready.get().checked_sub(1).map(|left| ready.set(left));
        let (mut first_looks, mut second_looks) = (0, 0);
        // Both calls have had their last look and neither sleeps yet, when two things are announced.
        let second = dispatch.wait_for(
            PATIENT,
            || {
                second_looks += 1;
                let found = take();
                if second_looks == 2 {
                    ready.set(2);
                    dispatch.tell(announcing(2));
                }
                found
            },
            || None,
        );
        let mut second = Box::pin(second);
        let first = dispatch.wait_for(
            PATIENT,
            || {
                first_looks += 1;
                let found = take();
                if first_looks == 2 {
                    let mut context = Context::from_waker(Waker::noop());
                    assert!(second.as_mut().poll(&mut context).is_ready());
                }
                found
            },
            || None,
        );
        let soon = tokio::time::timeout(PATIENT / 2, first).await;
        assert_eq!((soon, ready.get()), (Ok(Some(())), 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_gives_up_when_its_wait_is_over_and_not_before() {
        let desk = Desk::default();
        let started = Instant::now();
        assert_eq!(desk.wait(Duration::from_millis(250)).await, None);
        assert_eq!(started.elapsed(), Duration::from_millis(250));
        assert_eq!(desk.wait(Duration::ZERO).await, None);
        assert_eq!(started.elapsed(), Duration::from_millis(250));
    }
}
